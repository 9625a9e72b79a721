import type { Migration } from './schema.ts'

/**
 * Everything but `manifest.first_seen`, `image_tags.listed`, `done_command` and `sync_history` can be rebuilt from git, GitHub and the registries: losing
 * the store costs requests, never a release.
 */
export const migrations: readonly Migration[] = [
  {
    step: 1,
    name: 'the first walk',
    sql: `
      create table delivery (
        guid text primary key,
        event text not null,
        payload text not null,
        received_at timestamptz not null default now(),
        done_at timestamptz
      );
      create index delivery_open on delivery (received_at) where done_at is null;

      create table repository (
        id bigint primary key,
        installation bigint not null,
        name text not null,
        default_branch text not null,
        archived boolean not null,
        -- the commit that files and configuration were read from; null: not read yet
        head text,
        -- counts each time that the default branch may have moved; the head is current while both are the same
        doubts int not null default 0,
        settled_doubts int,
        -- the version of the reader; what an older one has read counts as not read
        reader int,
        -- what parseConfiguration said; null: the commit has no configuration
        configuration jsonb,
        configuration_blob text,
        -- the last configuration that could be read, and only for the keys of agents; null: there is none any more
        readable jsonb
      );

      create table repository_file (
        repository bigint not null references repository on delete cascade,
        path text not null,
        blob text not null,
        primary key (repository, path)
      );
      create index repository_file_blob on repository_file (blob);

      -- one row per blob for ever: an unchanged file is read once in its life
      create table reading (
        blob text primary key,
        version int not null,
        reading jsonb not null
      );
      -- the images that its automated workloads follow, by the last plan
      create table followed_image (
        repository bigint not null references repository on delete cascade,
        image text not null,
        primary key (repository, image)
      );
      create index followed_image_image on followed_image (image);

      create table image_tags (
        image text primary key,
        answer jsonb not null,
        etag text,
        -- since when the list has each tag
        listed jsonb,
        read_at timestamptz not null
      );
      -- what a tag was proved to be, and when we first and last saw it so
      create table manifest (
        image text not null,
        tag text not null,
        digest text not null,
        -- where the list of its registry says so
        created text,
        first_seen timestamptz not null,
        last_seen timestamptz not null,
        primary key (image, tag, digest)
      );
      -- what a digest is: read once, true for ever
      create table image_content (
        digest text primary key,
        content jsonb not null
      );

      create table release (
        repository bigint not null references repository on delete cascade,
        branch text not null,
        plan jsonb not null,
        -- what we wrote for this plan; null: not written yet
        head text,
        parent text,
        tree text,
        pull int,
        -- whether that was open when it was last looked at
        open boolean not null default false,
        -- when the open pull request was last edited; and what it will be edited to, and since when just that is wanted
        edited_at timestamptz,
        next jsonb,
        -- since when and why it may not open a pull request yet
        held jsonb,
        -- labels and reviewers that its pull request is still to be given, once
        opening jsonb,
        -- title and body as we wrote them last; and why it cannot be written
        text jsonb,
        problem text,
        -- the default branch's head that the plan was made for
        planned_at text,
        -- the default branch's head for which all of this was last found in order
        settled_at text,
        doubts int not null default 0,
        primary key (repository, branch)
      );
      create index release_head on release (repository, head);

      create table comment (
        id bigint primary key,
        repository bigint not null,
        number int not null,
        author bigint not null,
        author_type text not null,
        login text not null,
        body text not null,
        created_at timestamptz not null
      );
      create table done_command (
        comment bigint not null,
        line int not null,
        done_at timestamptz not null default now(),
        primary key (comment, line)
      );

      -- what the agent of a cluster said last; whether it is connected only its bot's process knows
      create table agent (
        repository bigint not null references repository on delete cascade,
        cluster text not null,
        key text not null,
        connected_since timestamptz,
        last_seen timestamptz not null,
        state jsonb,
        primary key (repository, cluster)
      );

      create table sync_history (
        repository bigint not null references repository on delete cascade,
        cluster text not null,
        -- by the agent's clock
        finished_at timestamptz not null,
        commit text not null,
        result text not null,
        counts jsonb not null,
        primary key (repository, cluster, finished_at)
      );

      -- the last that GitHub was told of a cluster
      create table deployment (
        repository bigint not null references repository on delete cascade,
        cluster text not null,
        commit text not null,
        id bigint not null,
        -- what was told: the sync that began, and a digest of the report
        syncing text,
        report text,
        primary key (repository, cluster)
      );
      -- the pull request that brought a failing commit is told once
      create table told_failure (
        repository bigint not null references repository on delete cascade,
        cluster text not null,
        commit text not null,
        primary key (repository, cluster, commit)
      );

      -- a pull request whose effect on live clusters is asked for
      create table diff_pull (
        repository bigint not null references repository on delete cascade,
        number int not null,
        -- counts each time that it may have changed; what was seen is current while both are the same
        doubts int not null default 1,
        settled_doubts int,
        seen jsonb,
        -- the newest head is also a column, for those that look for changes
        head text,
        -- our one comment: its id and text
        comment jsonb,
        primary key (repository, number)
      );
      create table live_diff (
        repository bigint not null,
        pull int not null,
        cluster text not null,
        head text not null,
        base text not null,
        asked_at timestamptz,
        result jsonb,
        -- our check run on the head
        run jsonb,
        primary key (repository, pull, cluster),
        foreign key (repository, pull) references diff_pull on delete cascade
      );
    `,
  },
  {
    step: 2,
    name: 'fruitless look-ups',
    sql: `
      -- what a registry did not show of an image, and when it is asked again
      create table fruitless_lookup (
        image text not null,
        -- a tag or a digest
        reference text not null,
        answer jsonb not null,
        tries int not null,
        again_at timestamptz not null,
        primary key (reference, image)
      );
      create index fruitless_lookup_image on fruitless_lookup (image);
    `,
  },
  {
    step: 3,
    name: 'words of people',
    sql: `
      -- what people have said, and would say by taking a release back, of moving a container of a workload to a tag
      create table release_word (
        repository bigint not null references repository on delete cascade,
        cluster text not null,
        -- a digest of container and tag, and one of the container; null where only the first is known
        move text not null,
        spot text,
        refusal jsonb not null,
        said_at timestamptz not null,
        primary key (repository, cluster, move)
      );
      -- what was kept with each release until now
      insert into release_word
      select repository, change->>'cluster', left(encode(sha256(spot || '\\x00' || convert_to(change->>'to', 'utf8')), 'hex'), 12),
        left(encode(sha256(spot), 'hex'), 8), refusal, now()
      from release, jsonb_array_elements(plan->'refused') as refused (of),
        lateral (select of->'change', of->'refusal') as one (change, refusal),
        lateral (select convert_to(change->'use'->>'workload', 'utf8') || '\\x00' ||
          convert_to(change->'use'->>'container', 'utf8')) as place (spot)
      on conflict do nothing;
    `,
  },
  {
    step: 4,
    name: 'doubted tags',
    sql: `
      -- when somebody told of a push of the tag: what was seen of it before may no longer be so
      alter table manifest add column doubted_at timestamptz;
    `,
  },
  {
    step: 5,
    name: 'pull requests that were looked over',
    sql: `
      -- the open pull requests and their heads, when each had our check; null: one had none, or nobody looked
      alter table repository add column looked_over text;
    `,
  },
]

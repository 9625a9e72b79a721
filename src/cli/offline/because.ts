import type { RankedTag } from '../../core/image/newest.ts'
import type { HeldBack } from '../../core/image/releasable.ts'
import type { TagPolicy, WhyNotAllowed } from '../../core/image/tag-policy.ts'
import type { SkippedBecause } from '../../core/release/plan.ts'

/** Why an image is left as it is, and where that can be changed, how. */
export function skippedText(because: SkippedBecause): string {
  switch (because.kind) {
    case 'outside-clusters':
      return 'its file is in the path of no cluster of .github/lotse.yaml'
    case 'ignored-file':
      return `its file fits \`${because.pattern}\` of release.ignore`
    case 'not-automated':
      return 'not automated'
    case 'never-automated':
      return because.message
    case 'ignored':
      return 'annotated to be ignored'
    case 'locked':
      return `locked${because.by === undefined ? '' : ` by ${because.by}`}${because.message === undefined ? '' : `: ${because.message.trim()}`}`
    case 'digest-pinned':
      return 'pinned to a digest'
    case 'broken-policy':
      return `its policy cannot be read: ${because.message}`
    case 'order-by-created':
      return 'its policy orders tags by their created time, and not all of them say one; `semver:` needs none'
    case 'no-number':
      return `its policy orders tags by number, and ${because.tag} is none`
    case 'registry-unknown':
      return 'its registry has not answered'
    case 'registry-refused':
      return `its registry cannot be read: ${because.message}`
    case 'image-absent':
      return 'its registry has no such image'
    case 'no-allowed-tag':
      return `no tag matches ${because.policy}`
    case 'platforms-unknown':
      return `what ${because.tag} runs on cannot be read`
    case 'held-back':
      return `${because.tag} is held back: ${heldBackText(because.because)}`
    case 'older-than-current':
      return `the newest tag that matches, ${because.newest}, is older than the current one`
    case 'up-to-date':
      return 'up to date'
  }
}

function heldBackText(because: HeldBack['because']): string {
  switch (because.kind) {
    case 'platforms-missing':
      return `it does not run on ${because.platforms.join(', ')}, as the current image does`
    case 'created-missing':
      return 'it does not say when it was created'
    case 'too-young':
      return `it is too young until ${because.until}`
  }
}

/** Why a tag stands where it stands. `alone`: no other one matches. */
export function standingText({ standing }: RankedTag, policy: TagPolicy, alone: boolean): string {
  switch (standing.kind) {
    case 'newest':
      return alone ? 'the only one that matches' : 'the newest that matches'
    case 'older':
      return `older than ${standing.than}`
    case 'equal':
      return `${sameText[policy.kind]} ${standing.to}, whose name decides`
    case 'created-unknown':
      return 'matches, but when it was created is not known'
    case 'no-number':
      return 'matches, but is not a number, and then the policy releases nothing'
    case 'undecided':
      return 'matches, but another one may be newer'
    case 'not-allowed':
      return notAllowedText[standing.because]
  }
}

const sameText: Readonly<Record<TagPolicy['kind'], string>> = {
  semver: 'the same version as',
  glob: 'as old as',
  regexp: 'as old as',
  numerical: 'the same number as',
  alphabetical: 'the same text as',
}

const notAllowedText: Readonly<Record<WhyNotAllowed, string>> = {
  latest: 'says nothing about what is in it: only the policy that is exactly this word allows it',
  attachment: 'a signature or the like of the image with this digest',
  'no-version': 'is not a version',
  prerelease: 'a pre-release, and the policy names none',
  'no-match': 'does not match',
}

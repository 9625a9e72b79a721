#!/bin/sh
# Runs a command with DATABASE_URL of a private PostgreSQL that lives exactly as long as the command:
#   scripts/with-postgres.sh npm run test:all
set -eu

[ $# -gt 0 ] || { echo "usage: $0 COMMAND [ARGUMENT…]" >&2; exit 2; }

initdb=$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1)
[ -n "$initdb" ] || initdb=$(command -v initdb || true)
[ -n "$initdb" ] || {
  echo "no PostgreSQL server found: install one (Debian: apt-get install postgresql; macOS: brew install postgresql)" >&2
  exit 1
}
bin=$(dirname "$initdb")
folder=$(mktemp -d "${TMPDIR:-/tmp}/lotse-postgres.XXXXXX")
mkdir "$folder/socket"

# A server refuses to run as root.
as_owner() {
  if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"; else "$@"; fi
}
[ "$(id -u)" != 0 ] || chown -R postgres:postgres "$folder"

stop() {
  as_owner "$bin/pg_ctl" -D "$folder/data" -m immediate -s stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap stop EXIT
child=
trap '[ -z "$child" ] || kill "$child" 2>/dev/null; exit 130' INT
trap '[ -z "$child" ] || kill "$child" 2>/dev/null; exit 143' TERM HUP

port=$(node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
cd "$folder"
as_owner "$bin/initdb" -D "$folder/data" -A trust -U postgres -E UTF8 --no-locale --no-sync >/dev/null
as_owner "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -s -w start \
  -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder/socket -c fsync=off -c max_connections=300" || {
  cat "$folder/log" >&2
  exit 1
}
cd "$OLDPWD"

# In the background, for a shell heeds no signal while it waits for a command in the foreground.
DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres" "$@" <&0 &
child=$!
wait "$child"

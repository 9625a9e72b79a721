#!/bin/sh
# lifeline.sh FOLDER PROGRAM [ARGUMENT…]
#
# Runs a program that lives no longer than whoever holds the other end of our standard input: when that end closes, by
# a process that closes it, exits, crashes or is killed with -9, the program is killed. No process can say goodbye after
# kill -9, but its end of a pipe closes in any case. FOLDER, when not empty, is removed after the program's end.
#
# Wants to be the leader of a process group: what the program has started is in it, and ends too.
folder=$1
shift

# A handler and not '', which would be handed down.
trap : TERM
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
{
  trap : TERM
  read -r _ <&3
  kill -s KILL "$program"
  kill -s TERM -- "-$$"
} >/dev/null 2>&1 &
watch=$!

# `Killed`, said to a reader that is gone, would end us here.
exec 2>/dev/null
wait "$program"
code=$?
# The signal to the group ends our waiting, too.
while kill -s 0 "$program"; do
  wait "$program"
  code=$?
done
kill -s KILL "$watch"
[ -z "$folder" ] || rm -rf "$folder"
exit "$code"

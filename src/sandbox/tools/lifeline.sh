#!/bin/sh
# lifeline.sh SIGNAL FOLDER PROGRAM [ARGUMENT…]
#
# Runs a program that lives no longer than whoever holds the other end of our standard input: when that end closes, by
# a process that closes it, exits, crashes or is killed with -9, the program gets SIGNAL. No process can say goodbye
# after kill -9, but its end of a pipe closes in any case. FOLDER, when not empty, is removed after the program's end.
signal=$1
folder=$2
shift 2

exec 3<&0
"$@" </dev/null 3<&- &
program=$!
{
  read -r _ <&3
  kill -s "$signal" "$program"
} >/dev/null 2>&1 &
watch=$!

wait "$program"
code=$?
kill -s KILL "$watch" 2>/dev/null
[ -z "$folder" ] || rm -rf "$folder"
exit "$code"

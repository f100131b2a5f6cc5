# bash completions.bash DIRECTORY LINE...: what bash proposes at the end of each line, by the script there.
# After "line" comes what was found, a line each.
#
# An inner bash on a terminal of its own reads the lines as if they were typed, so that it cuts them into words itself.

DIRECTORY=$1
shift

cat >"$TMPDIR/inner.bash" <<INNER
. '$DIRECTORY/twilio-webhooks.bash'
compopt() { return 1; } # so that the script finds the files itself
spy() {
  _twilio_webhooks "\$@" 2>>'$TMPDIR/found'
  printf '%s\n' "\${COMPREPLY[@]}" >>'$TMPDIR/found'
  COMPREPLY=()
}
complete -F spy twilio-webhooks
INNER

: >"$TMPDIR/found"
{
  for line; do
    printf "echo line >>'%s/found'\n%s\t\001#\n" "$TMPDIR" "$line"
  done
  echo exit
} >"$TMPDIR/typed"
script -qec "bash --rcfile '$TMPDIR/inner.bash' -i" /dev/null <"$TMPDIR/typed" >"$TMPDIR/shown"
cat "$TMPDIR/found"

# zsh -f completions.zsh DIRECTORY LINE...: what zsh proposes at the end of each line, by the functions there.
# After "line" comes what was found, a line each: the word, a tab, its text. Errors are lines, too.
#
# An inner zsh on a terminal of its own completes; there compadd prints what it was to add.

export DIRECTORY=$1 # of completions
shift
zmodload zsh/zpty
zpty inner zsh -f -i

# Reads until the inner shell has said so. Its terminal echoes what is typed, where the word is in two pieces.
await() {
  local said= chunk=
  while zpty -r inner chunk; do
    said+=$chunk
    [[ $said == *"$1"* ]] && break
  done
  REPLY=$said
}

cat >$TMPDIR/inner.zsh <<'INNER'
PROMPT= COLUMNS=200
unset zle_bracketed_paste
fpath=($DIRECTORY $fpath)
autoload -U compinit
compinit -D -u
bindkey '^I' complete-word
zstyle ':completion:*' verbose yes
compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
    builtin compadd "$@"
    return
  fi
  local -a found texts
  local -i at=$@[(I)-d]
  ((at)) && texts=("${(@P)${@[at + 1]}}")
  builtin compadd -A found -D texts "$@"
  local -i i
  for ((i = 1; i <= $#found; i++)); do
    print -r -- "$found[i]"$'\t'"$texts[i]" >>$TMPDIR/found
  done
  (($#found))
}
finish() {
  zle kill-whole-line
  print -r -- "com""pleted"
}
zle -N finish
bindkey '^X^F' finish
INNER

zpty -w inner "source $TMPDIR/inner.zsh; print rea''dy"
await ready
for line; do
  : >$TMPDIR/found
  zpty -w -n inner "$line"$'\t\x18\x06'
  await completed
  print line
  cat $TMPDIR/found
  print -r -- $REPLY | grep -aE '^[^ ]*(_twilio-webhooks|_arguments|compadd|zsh):' || :
done
zpty -d inner

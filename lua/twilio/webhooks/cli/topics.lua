--- Help that holds for every command, by topic: `twilio-webhooks help exit` shows one topic, the man
-- page all of them. A topic is a list of paragraphs; a paragraph that is a table has rows.

local topics = {
  {
    name = "flags", title = "FLAGS OF EVERY COMMAND", flags = true,
    text = {},
  },
  {
    name = "credentials", title = "CREDENTIALS",
    text = {
      "The account's sid and token (TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN), or an API key "
        .. "(TWILIO_API_KEY, TWILIO_API_SECRET). They come from the environment, a file, standard input "
        .. "or a command:",
      {
        { "--credentials-file FILE", "lines such as TWILIO_AUTH_TOKEN=..., or a JSON object; refused if "
          .. "others can read or write it; - is standard input" },
        { "--credentials-command CMD", "the output of a program, in the same format: pass, vault, op" },
      },
      "No argument takes a credential: everybody on the machine can read a command line, and the shell "
        .. "keeps it in its history. TWILIO_WEBHOOKS_BASE_URL, TWILIO_EDGE and TWILIO_REGION say where "
        .. "the API is. TWILIO_SERVICE_SID replaces --service.",
    },
  },
  {
    name = "exit", title = "EXIT STATUS",
    text = {
      {
        { "0", "done, or there was nothing to do" },
        { "1", "failed, also in part" },
        { "2", "a mistake on the command line or in a file: nothing was sent" },
        { "3", "unknown: a webhook may have been made" },
        { "4", "credentials are missing, or were refused" },
        { "5", "refused: a stale plan, a journal that another uses, too many changes without --yes" },
        { "6", "there are changes, with --expect-no-changes" },
        { "129, 130, 143", "ended by SIGHUP (its terminal closed), by Ctrl-C (SIGINT), by SIGTERM" },
      },
    },
  },
  {
    name = "formats", title = "OUTPUT",
    text = {
      "Data goes to standard output, everything else to standard error. Only -o chooses the format, in a "
        .. "pipe as on a terminal:",
      {
        { "table", "for people: aligned; nothing for an empty list" },
        { "json", "what the API answered: a list, or one object if the command is about one; [] if empty" },
        { "jsonl", "one object a line, after a first line with the kind and the version" },
        { "tsv", "a line of names, then a line of values for each item; a tab is \\t, a line end \\n, a "
          .. "backslash \\\\; commas separate the elements of a list" },
      },
      "Control characters are escaped in all of them. Colour and progress are for terminals; NO_COLOR and "
        .. "TERM=dumb switch colour off, CLICOLOR_FORCE switches it on.",
    },
  },
}

for _, topic in ipairs(topics) do topics[topic.name] = topic end

function topics.names()
  local names = {}
  for i, topic in ipairs(topics) do names[i] = topic.name end
  return names
end

return topics

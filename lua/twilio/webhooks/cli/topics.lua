--- What holds for every command, as texts by topic: `twilio-webhooks help exit` shows one, the man
-- page all. A topic is a list of paragraphs; a table is one of rows.

local topics = {
  {
    name = "flags", title = "FLAGS OF EVERY COMMAND", flags = true,
    text = {},
  },
  {
    name = "credentials", title = "CREDENTIALS",
    text = {
      "The account's: TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; or an API key: TWILIO_API_KEY and "
        .. "TWILIO_API_SECRET. From the environment, or from a file, standard input or a command:",
      {
        { "--credentials-file FILE", "lines such as TWILIO_AUTH_TOKEN=..., or a JSON object; refused if "
          .. "others can read or write it; - is standard input" },
        { "--credentials-command CMD", "the same from a program: pass, vault, op" },
      },
      "Never an argument: everybody on the machine can read a command line, and the shell writes it "
        .. "into its history. TWILIO_WEBHOOKS_BASE_URL, TWILIO_EDGE and TWILIO_REGION say where "
        .. "the API is; TWILIO_SERVICE_SID stands for --service.",
    },
  },
  {
    name = "exit", title = "EXIT STATUS",
    text = {
      {
        { "0", "done, or there was nothing to do" },
        { "1", "failed, also in part" },
        { "2", "a mistake on the command line or in a file: nothing was sent" },
        { "3", "it cannot be told whether a webhook was made" },
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
      "Data goes to standard output, all else to standard error. The format is what -o says, in a pipe "
        .. "as on a terminal:",
      {
        { "table", "for people: aligned; nothing at all for an empty list" },
        { "json", "what the API answered: a list, or one object where a command is about one; [] if empty" },
        { "jsonl", "one object a line, after a first line with the kind and the version" },
        { "tsv", "a line of names, then a line of values for each; a tab is \\t, a line end \\n, a backslash "
          .. "\\\\, the elements of a list have commas between" },
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

-- The tables of doc/cli.md, from what `twilio-webhooks help` says.

local lists = require "tools.books.lists"
local topics = require "twilio.webhooks.cli.topics"

-- Its table: a text's only element that is a list of rows.
local function rows_of(topic)
  for _, paragraph in ipairs(topics[topic].text) do
    if type(paragraph) == "table" then return paragraph end
  end
end

local function exit_table()
  return { "status", "meaning", "more" }, lists.map(rows_of "exit", function(row)
    return { row[1], row[2], nil }
  end)
end

local function formats_table()
  return { "`-o`", "what it gives" }, lists.map(rows_of "formats", function(row)
    return { lists.code(row[1]), (row[2]:gsub("%[%]", "`[]`"):gsub("\\%S", lists.code):gsub("``", "")) }
  end)
end

return {
  ["exit statuses"] = { exit_table },
  ["formats of output"] = { formats_table },
}

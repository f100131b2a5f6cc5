-- What the specs about the books ask of a Markdown file: its fenced blocks, its headings,
-- and those tables that say by a comment in front of them whose fields they list:
--
--   <!-- fields: twilio.webhooks.Err -->

local files = require "spec.support.files"

local markdown = {}

markdown.read = files.read

--- The files that a reader is meant to read: path after path.
function markdown.books()
  local paths = {}
  local pipe = assert(io.popen "ls README.md CONTRIBUTING.md SECURITY.md CHANGELOG.md doc/*.md")
  for path in pipe:lines() do paths[#paths + 1] = path end
  pipe:close()
  return paths
end

--- Its fenced blocks, each `language`, `marks` (what else its info string says), `line`, `text`.
function markdown.blocks(text)
  local blocks, open, number = {}, nil, 0
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do
    number = number + 1
    local language, marks = line:match("^%s*```(%S*)%s*(.-)%s*$")
    if not language then
      if open then open.text = open.text .. line .. "\n" end
    elseif open then
      blocks[#blocks + 1], open = open, nil
    else
      open = { language = language, marks = marks, line = number, text = "" }
    end
  end
  assert(not open, "a block does not end")
  return blocks
end

--- The text without its fenced blocks.
function markdown.prose(text)
  return (("\n" .. text):gsub("\n```.-\n```", "\n"))
end

--- The names in the first column of each marked table: the mark's words, joined, to a set.
function markdown.tables(text)
  local tables = {}
  for mark, rows in text:gmatch("<!%-%- fields: (.-) %-%->\n\n?(|.-)\n\n") do
    local names = tables[mark] or {}
    for first in rows:gmatch("[^\n]+") do
      for name in first:match("^|([^|]*)|"):gmatch("`([%w_%.]+)`") do names[name] = true end
    end
    tables[mark] = names
  end
  return tables
end

--- What its headings name in code, such as `client:go(fn, ...)`: a list of texts.
function markdown.named(text)
  local named = {}
  for heading in ("\n" .. text):gmatch("\n#+ ([^\n]+)") do
    for code in heading:gmatch("`([^`]+)`") do named[#named + 1] = code end
  end
  return named
end

return markdown

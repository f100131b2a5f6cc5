-- The words by which webhooks.verify refuses a request, and what each means: a list of them, and a
-- table.

local plain = require "twilio.webhooks.plain"
local refusal = require "twilio.webhooks.incoming.refusal"
local upvalue = require "tools.books.upvalue"

local meanings = { invalid = "an option is not what it should be; the message names it" }
for word, message in pairs(upvalue(refusal, "MESSAGES")) do
  if word ~= "missing_event_type" then meanings[word] = message end -- that is of webhooks.event
end

return { words = plain.names(meanings), meanings = meanings }

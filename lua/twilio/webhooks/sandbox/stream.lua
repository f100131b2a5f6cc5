-- The window's stream of server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html
-- A reader gets what the feed still has, the webhooks that exist, and then each item as it comes. A
-- reader that returns with the number of its last item gets the items after it, if they are still
-- here. A reader that fell behind gets everything from the beginning.
--
-- For each reader it keeps only the number of its last item, and the piece that is being written. It
-- drops a reader that does not read for some seconds.

local cqueues = require "cqueues"
local json = require "twilio.webhooks.sandbox.json"

local stream = {}

local PIECE_BYTES = 65536    -- that are written at a time, but for a single item
local TEXT_BYTES = 16384     -- of a body, or an answer: the rest is cut off
local WRITE_SECONDS = 10     -- for a reader that does not read
local QUIET_SECONDS = 15     -- after which a comment shows whether the reader is there
local BEHIND_SECONDS = 1     -- until a reader that fell behind gets all again
local MAX_WEBHOOKS = 5000    -- that are sent to begin with, the newest
local WEBHOOKS_AT_ONCE = 100
local RETRY = "retry: 1000\n\n" -- milliseconds until a reader comes back

-- --- events as text -----------------------------------------------------------

-- Without half a character at its end.
local function cut(text)
  if #text <= TEXT_BYTES then return text end
  return text:sub(1, (utf8.offset(text, 0, TEXT_BYTES + 1) or TEXT_BYTES + 1) - 1)
end

-- The same with its long texts cut, which `cut` in it then tells, and no more of the headers
-- than the list.
local function shorten(line)
  local entry = json.decode(line)
  entry.headers = nil
  for _, name in ipairs { "body", "body_hex" } do
    if entry[name] then entry[name] = cut(entry[name]) end
  end
  entry.cut = true
  return json.encode(entry)
end

local function with_answer(line, answer)
  return ('%s,"answer":%s}'):format(line:sub(1, -2), json.encode(cut(answer)))
end

-- JSON has no line ends but escaped ones: one line of data is enough.
local function format_event(kind, data, id)
  return ("event: %s\n%sdata: %s\n\n"):format(kind, id and ("id: %s\n"):format(id) or "", data)
end

-- Written once for all readers.
local function text_of(item, run)
  if item.text then return item.text end
  local line = #item.line > 2 * TEXT_BYTES and shorten(item.line) or item.line
  if item.answer then line = with_answer(line, item.answer) end
  item.text = format_event(item.kind, line, ("%s-%d"):format(run, item.number))
  item.line, item.answer = nil, nil
  return item.text
end

-- --- writing ----------------------------------------------------------------

-- Gathers pieces; `write(bytes)` says whether the reader took them.
local Pieces = {}
Pieces.__index = Pieces

function Pieces:flush()
  local bytes = table.concat(self.parts)
  self.parts, self.bytes = {}, 0
  if bytes ~= "" then self.alive = self.alive and self.write(bytes) end
  return self.alive
end

function Pieces:put(text)
  table.insert(self.parts, text)
  self.bytes = self.bytes + #text
  return self.bytes < PIECE_BYTES or self:flush()
end

local function new_pieces(socket)
  local function write(bytes) return socket:xwrite(bytes, "bn", WRITE_SECONDS) and true or false end
  return setmetatable({ write = write, parts = {}, bytes = 0, alive = true }, Pieces)
end

-- --- what a reader gets -----------------------------------------------------

-- Items up to that number, from the one after `position`. Gives the new position; or nil, and
-- whether the reader is gone: if not, it has fallen behind.
local function put_items(self, pieces, position, last)
  while position < last do
    local item = self.feed:item(position + 1)
    if not item then return nil, false end
    if not pieces:put(text_of(item, self.run)) then return nil, true end
    position = position + 1
  end
  if not pieces:flush() then return nil, true end
  return position
end

-- The newest, in the order of their age. One that changes meanwhile is shown as it is when
-- its turn comes; the item of its change follows.
local function put_webhooks(self, pieces)
  local webhooks = self.api:webhooks()
  local batch = json.list()
  for i = math.max(1, #webhooks - MAX_WEBHOOKS + 1), #webhooks do
    batch[#batch + 1] = webhooks[i]
    if #batch == WEBHOOKS_AT_ONCE or i == #webhooks then
      if not pieces:put(format_event("webhooks", json.encode(batch))) then return false end
      batch = json.list()
    end
  end
  return pieces:put(format_event("live", json.encode { total = #webhooks }))
end

-- All from the beginning: what was, what exists, and that all is there. Gives the position
-- from which to go on; or nil, as above.
local function begin(self, pieces)
  local last = self.feed.last
  if not pieces:put(format_event("hello", json.encode(self.about))) then return nil, true end
  local position, gone = put_items(self, pieces, math.max(0, self.feed.first - 1), last)
  if not position then return nil, gone end
  if not put_webhooks(self, pieces) or not pieces:flush() then return nil, true end
  return position
end

-- The number that the reader came back with, if all after it is here.
local function resume(self, last_id)
  local run, number = (last_id or ""):match("^(%w+)%-(%d+)$")
  number = math.tointeger(tonumber(number))
  return run == self.run and number and self.feed:has_all_after(number) and number or nil
end

-- Until something comes, or the reader ends its connection: it has no more to say. Whether
-- it is there.
local function await(self, socket, pieces, position)
  if self.feed.last > position then return true end
  local reading = { pollfd = socket:pollfd(), events = "r" }
  local ready = cqueues.poll(self.feed.changed, reading, QUIET_SECONDS)
  if ready == reading then return false end
  return ready == self.feed.changed or pieces:put ": quiet\n\n" and pieces:flush()
end

local function follow(self, socket, last_id)
  local pieces, position, gone = new_pieces(socket), resume(self, last_id), false
  while not gone do
    if not position then
      position, gone = begin(self, pieces)
      if not position and not gone then cqueues.sleep(BEHIND_SECONDS) end
    elseif await(self, socket, pieces, position) then
      position, gone = put_items(self, pieces, position, self.feed.last)
    else
      gone = true
    end
  end
end

-- --- the module -------------------------------------------------------------

-- Writes the stream to a socket until its reader is gone: after the `head` of the response, for
-- a reader that has the item `last_id`, or none. `self`: feed, api, run and about, as window.new
-- has them.
function stream.serve(self, socket, head, last_id)
  if socket:xwrite(head .. RETRY, "bn", WRITE_SECONDS) then follow(self, socket, last_id) end
end

return stream

-- The window's content as it happens: the last items, limited in number and bytes, for any number
-- of readers. A reader has no queue: it asks for the items after its last one, and a slow reader
-- learns that it has missed some.

local condition = require "cqueues.condition"

local feed = {}

local Feed = {}
Feed.__index = Feed

-- The size of an item beside its texts.
local ITEM_BYTES = 200

local function drop_oldest(self)
  self.bytes = self.bytes - self.items[self.first].bytes
  self.items[self.first] = nil
  self.first = self.first + 1
end

-- `kind`: a word. `line`: JSON. `answer`: the body of the API's, for a request that got one.
-- (stream.lua puts `text` in the place of both.) The newest stays, whatever its size.
function Feed:add(kind, line, answer)
  local bytes = ITEM_BYTES + #line + #(answer or "")
  self.last, self.bytes = self.last + 1, self.bytes + bytes
  self.items[self.last] = { number = self.last, kind = kind, line = line, answer = answer, bytes = bytes }
  while self.first < self.last and (self.last - self.first >= self.most or self.bytes > self.most_bytes) do
    drop_oldest(self)
  end
  self.changed:signal()
end

-- Are all items after that number still here?
function Feed:has_all_after(number)
  return number >= self.first - 1 and number <= self.last
end

-- The item of that number; nil if it is gone, or yet to come.
function Feed:item(number)
  return self.items[number]
end

-- `most` items and `most_bytes` are kept. `changed` is for cqueues.poll.
function feed.new(most, most_bytes)
  return setmetatable({
    items = {}, first = 1, last = 0, bytes = 0,
    most = most, most_bytes = most_bytes, changed = condition.new(),
  }, Feed)
end

return feed

--- An iterator over a list of any length. It asks for a page once the items of the page before are
-- given, and holds only one. Each page is a call of the client, with its policy.

local calls = require "twilio.webhooks.calls"
local in_turn = require "twilio.webhooks.calls.in_turn"

local listing = {}

local Listing = {}
Listing.__index = Listing
Listing.__name = "twilio.webhooks.listing"

-- How many of the last pages it remembers, at least, to notice a circle.
local REMEMBERED = 256

local function remember(self, page)
  if self.newer_count == REMEMBERED then
    self.older, self.newer, self.newer_count = self.newer, {}, 0
  end
  self.newer[page], self.newer_count = true, self.newer_count + 1
end

-- The items whose sids are not in the set of the page before, since a new item may move another to the
-- next page; and the set of the sids of all items.
local function without(items, seen)
  local list, sids = {}, {}
  for _, item in ipairs(items) do
    if not seen[item.sid] then list[#list + 1] = item end
    sids[item.sid] = true
  end
  return list, sids
end

-- Notes why it has stopped, and gives the reason as results.
local function fail(self, message, err)
  self.message, self.err = message, err
  return nil, message, err
end

local function refuse(self, kind, why)
  local message = ("%s: %s"):format(self.operation, why)
  return fail(self, message, { kind = kind, message = message, operation = self.operation,
    attempts = 0, sent = "no", retryable = kind == "timeout" })
end

-- Reads the next page. True, or nil, message, err.
local function read_page(life, self, stop)
  local client, page = self.client, self.page
  local left = stop - client.core.now()
  if client.closed then return refuse(self, "canceled", "the client was closed meanwhile") end
  if self.newer[page] or self.older[page] then
    return refuse(self, "parse", "its pages go round in a circle")
  end
  if left <= 0 then return refuse(self, "timeout", "no item within the deadline: its pages are empty") end
  self.params.page = page
  local items, info, err = calls.run(client, self.operation, self.params, left, nil, life)
  if not items then return fail(self, info, err) end
  remember(self, page)
  if self.path then remember(self, self.path) end
  self.path = nil
  self.items, self.seen = without(items, self.seen)
  self.place, self.info, self.page = 0, info, info.next_page
  self.message, self.err = nil, nil
  return true
end

-- The next item of the page that was read last; nil at its end.
local function take(self)
  local place = self.place + 1
  local item = self.items[place]
  self.place = item and place or self.place
  return item
end

-- The next item; reads pages as needed. `life`: see calls/record.lua.
local function advance(life, self, stop)
  local item = take(self)
  while not item do
    if not self.page then
      self.items, self.seen, self.place, self.finished = {}, {}, 0, true
      return nil
    end
    local read, message, err = read_page(life, self, stop)
    if not read then return nil, message, err end
    item = take(self)
  end
  return item
end

-- The next item if others may ask meanwhile: one caller at a time reads a page.
local function advance_in_turn(self, stop)
  local item, message, err = in_turn.all(self.client, { self }, stop, advance, self, stop)
  if item ~= false then
    return item, message, err
  elseif not self.client.waiting:may_wait() then
    return fail(self, select(2, self.client.waiting:canceled(self.operation)))
  elseif self.client.core.now() >= stop then
    return refuse(self, "timeout", "another caller waits for the page")
  end
  error("another coroutine waits for the next page of this iterator", 0)
end

--- The next item; nil at the end (`finished` is then true); or nil, message, err if a page cannot be
-- read. `message` and `err` are fields, too, to look at after a loop. The next call asks for that
-- page again.
function Listing:__call()
  local item = take(self)
  if item then return item end
  if self.finished then return nil end
  if not self.params then return nil, self.message, self.err end
  local client = self.client
  local stop = client.core.now() + self.deadline
  if client.closed then return advance(nil, self, stop) end
  return advance_in_turn(self, stop)
end

function Listing:__tostring()
  return ("twilio.webhooks.listing (%s)"):format(self.operation)
end

--- A new one. Sends nothing.
-- @tparam table client
-- @tparam string operation that lists, and takes `page`
-- @tparam table|nil params a copy; nil if they were refused, for `message` and `err`
-- @tparam number deadline seconds for each item that is not there yet
-- @tparam number size items on a page, if the parameters do not say
function listing.new(client, operation, params, deadline, size, message, err)
  local self = setmetatable({
    client = client, operation = operation, params = params, deadline = deadline,
    page = "first",               -- to be asked for next; nil after the last
    path = nil,                   -- of the first page, to notice that a page names it again
    items = {}, place = 0,        -- of the page that was read last, and how many of them were given
    seen = {},                    -- set of their sids
    newer = {}, older = {}, newer_count = 0, -- sets of pages that were read
    finished = false, message = message, err = err, info = nil,
  }, Listing)
  if not params then return self end
  if params.page_size == nil and params.PageSize == nil then params.page_size = size end
  params.page, params.Page = params.page or params.Page or "first", nil
  local request, refusal, problems = calls.request(client, operation, params)
  if not request then
    self.params, self.message, self.err = nil, refusal, problems
    return self
  end
  self.page, self.path = params.page, request.url:match "^%a+://[^/]*(/.*)$"
  return self
end

return listing

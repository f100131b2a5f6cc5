--- How fast a client may send. Pure: moments go in, seconds to wait come out.
--
-- A 429 pauses all of a client's requests. From then on they keep to a rate. Each 429 multiplies it
-- by 0.7, and it climbs while there is none. A client without `rate` that never got a 429 never waits.

local pace = {}

local Pace = {}
Pace.__index = Pace

local FALL = 0.7
-- The factor by which the rate climbs in a second.
local CLIMB = 1.05
-- Requests a second: a rate never falls below this, and the first fall begins at this or more.
local LEAST = 0.1
local FIRST = 5
-- The factor by which the count of the busiest second fades in a second.
local FADE = 0.9
-- Seconds of pause after a 429 without Retry-After, plus up to as much at random; and the most that a
-- Retry-After counts, so that a wrong one does not stop a client for good.
local PAUSE = 0.5
local PAUSE_MOST = 3600
-- How often a second a 429 that says "at once" is believed. A client that always asks again at once is
-- itself the load that the API complains about.
local AT_ONCE = 10

--- A new one.
-- @tparam[opt] number most requests a second
function pace.new(most)
  return setmetatable({
    most = most,
    rate = nil,     -- at the moment `fell`; nil for none
    fell = 0,
    free = 0,       -- moment from which the next request may be sent; 0 if none has to wait
    second = 0,     -- the beginning of the second whose requests are counted
    count = 0,      -- in it
    peak = 0,       -- in the busiest second; it fades
    ceiling = nil,  -- a rate that has climbed to this ends
    excused = 0,    -- refusals that said "at once", since the moment excused_since
    excused_since = 0,
  }, Pace)
end

-- Requests a second; nil for no bound.
local function rate_now(self, now)
  if not self.rate then return self.most end
  local rate = self.rate * CLIMB ^ (now - self.fell)
  if rate < self.ceiling then return rate end
  self.rate = nil
  return self.most
end

--- May a request have to wait?
function Pace:is_bound(now)
  return self.free > now or rate_now(self, now) ~= nil
end

--- Seconds until the next request may be sent.
function Pace:delay(now)
  return math.max(self.free - now, 0)
end

--- Counts a request that is sent, if nothing bounds the pace.
function Pace:note(now)
  if now - self.second >= 1 then
    self.peak = math.max(self.count, self.peak) * FADE ^ (now - self.second)
    self.second, self.count = now, 0
  end
  self.count = self.count + 1
end

--- Counts a request that is sent, if nothing bounds the pace; else false.
function Pace:pass(now)
  if self.rate or self.most or self.free > now then return false end
  self.free = 0
  self:note(now)
  return true
end

--- Counts a request that is sent.
function Pace:sent(now)
  self:note(now)
  local rate = rate_now(self, now)
  if rate then self.free = math.max(self.free, now) + 1 / rate end
end

-- Does the refusal say that nothing has to wait, and may be believed?
local function is_excused(self, now, retry_after)
  if retry_after ~= 0 then return false end
  if now - self.excused_since >= 1 then self.excused, self.excused_since = 0, now end
  self.excused = self.excused + 1
  return self.excused <= AT_ONCE
end

--- Notes that a request was answered by 429.
-- @tparam number now
-- @tparam number sent the moment when it was sent; one that was sent before the last fall
--   changes no rate
-- @tparam number|nil retry_after 0: at once, and as fast as before, ten times a second
-- @tparam number random from 0 to 1
function Pace:refused(now, sent, retry_after, random)
  if is_excused(self, now, retry_after) then return end
  if retry_after == 0 then retry_after = nil end
  if retry_after then self.free = math.max(self.free, now + math.min(retry_after, PAUSE_MOST)) end
  if self.rate and sent < self.fell then return end
  local from = rate_now(self, now) or math.max(self.count, self.peak, FIRST)
  if not self.rate then self.ceiling = self.most or from end
  self.rate, self.fell = math.max(from * FALL, LEAST), now
  if not retry_after then self.free = math.max(self.free, now + PAUSE * (1 + random)) end
end

return pace

--- The hook for OpenResty, and nginx with its Lua module, in every phase that allows ngx.sleep.
-- nginx cannot wait for a foreign descriptor, so this looks after 1 ms, and at intervals of up to
-- 20 ms while nothing comes.

-- Seconds between two looks. nginx would take fewer than SHORTEST for 0.
local SHORTEST, LONGEST = 0.001, 0.020

-- Phases in which nginx's Lua module does not let code wait.
local NO_WAIT = {}
for phase in ("init init_worker set header_filter body_filter log balancer ssl_session_store exit_worker")
  :gmatch "%S+" do NO_WAIT[phase] = true end

local function get_phase()
  if not rawget(_G, "ngx") then error("webhooks.wait.openresty works in nginx alone", 0) end
  return ngx.get_phase()
end

return {
  wait = function(_, _, seconds, idle)
    ngx.sleep(math.max(math.min(seconds, LONGEST, SHORTEST * 2 ^ math.min(idle, 10)), SHORTEST))
  end,
  longest = LONGEST,
  check = function()
    local phase = get_phase()
    if not NO_WAIT[phase] then return end
    error("nginx lets nobody wait in the phase " .. phase
      .. ": call the client in a function for ngx.timer.at", 0)
  end,
  gate = function()
    local semaphore = require "ngx.semaphore".new()
    return {
      wait = function(_, seconds) semaphore:wait(seconds) end,
      signal = function() semaphore:post(1) end,
    }
  end,
  -- True if nginx quits or reloads: it keeps a worker until all its work has ended.
  leaving = function() return ngx.worker.exiting() end,
}

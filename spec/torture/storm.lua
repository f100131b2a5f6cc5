-- A helper of busted's: the collector works as hard as it can while the specs run, so that
-- what C code keeps without a reference is gone at once. STORM says how; see tools/unit.
--
--   incremental   a cycle begins where one has ended, and each step is as small as it gets
--   generational  a collection of the young for every hundredth of growth, of all for as much
--   hook          collects everything, every so many instructions of each coroutine

local storms = {}

-- Instructions between two collections, each of which takes milliseconds here, with busted
-- in memory: spec/torture/host.c collects before every single one, in small states.
local INTERVAL = 1000

-- Each Lua has the names that it has; 5.4 counts steps in powers of two.
function storms.incremental()
  if _VERSION == "Lua 5.4" then
    collectgarbage("incremental", 1, 400, 4)
  else
    collectgarbage("setpause", 1)
    collectgarbage("setstepmul", 200)
  end
end

function storms.generational()
  collectgarbage("generational", 1, 1)
end

function storms.hook()
  if jit then jit.off() end -- compiled code calls no hook
  local function collect() collectgarbage() end
  debug.sethook(collect, "", INTERVAL)
  local create = coroutine.create
  function coroutine.create(f) -- luacheck: ignore 122 (a test's own process)
    local thread = create(f)
    if not jit then debug.sethook(thread, collect, "", INTERVAL) end
    return thread
  end
end

for name in assert(os.getenv "STORM", "STORM says which"):gmatch "%S+" do storms[name]() end

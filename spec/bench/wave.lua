-- wave.lua COUNT BASE_URL: as many creates in flight at once, to a server that answers late, twice. Prints
-- the MiB of resident memory before, while they wait, after, and once the client is closed. LuaJIT
-- also says what is left where the C library gives back what it keeps (malloc_trim). Every answer is
-- checked.

local account = require "spec.bench.account"

local has_ffi, ffi = pcall(require, "ffi")
if has_ffi then ffi.cdef "int malloc_trim(size_t pad);" end

local count = tonumber(arg[1])

-- MiB. A page has 4 KiB on every machine on which this is run.
local function resident()
  local file = assert(io.open("/proc/self/statm"))
  local pages = file:read("*l"):match("^%d+ (%d+)")
  file:close()
  return pages / 256
end

local function say(moment)
  collectgarbage()
  collectgarbage()
  local now = resident()
  local trimmed = ""
  if has_ffi and not moment:find "^in flight" then
    ffi.C.malloc_trim(0)
    trimmed = (", trimmed %.1f"):format(resident())
  end
  print(("%s: %.1f MiB%s"):format(moment, now, trimmed))
end

local client = account.client(arg[2], count)
account.create(client, account.channel)
say "before"
for wave = 1, 2 do
  for i = 1, count do client:go(account.create, client, ("CH%032x"):format(i)) end
  local settled = os.time() + 4 -- all are sent by then, and none is answered
  while os.time() < settled do client:step(0.05) end
  say("in flight, wave " .. wave)
  assert(client:run())
  say("after wave " .. wave)
end
client:close()
say "closed"

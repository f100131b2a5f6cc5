-- The sandbox's program, for Lua 5.4 and cqueues.
--
--   lua5.4 server.lua [--host HOST] [--port PORT] [--latency SECONDS] [--seed NUMBER]
--                     [--channels NUMBER] [--conversations NUMBER] [--addresses NUMBER]
--                     [--alias BASE] [--fault NAME,OPTION=VALUE,...] [--fault ...]
--                              serves until Ctrl-C, logs to stdout
--   lua5.4 server.lua -        as started by sandbox.lua: settings are a line of JSON on
--                              stdin, for which it asks; the end of stdin ends the process
--
-- What it does is in process.lua. Here is what can be said before that is loaded.

local here = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."
package.path = ("%s/../../../?.lua;%s"):format(here, package.path)

local NEEDS = "the sandbox needs %s (apt-get install %s, or luarocks --lua-version 5.4 install %s): %s"

local LIBRARIES = {
  { name = "cqueues", package = "lua-cqueues", rock = "cqueues" },
  { name = "cjson", package = "lua-cjson", rock = "lua-cjson" },
}

-- Names the one that is missing, and why. The first line has no places that were searched.
local function check_needs()
  if _VERSION ~= "Lua 5.4" then error("the sandbox needs Lua 5.4, and this is " .. _VERSION, 0) end
  for _, library in ipairs(LIBRARIES) do
    local loaded, why = pcall(require, library.name)
    if not loaded then
      why = tostring(why):match("^[^\n]*"):gsub(":$", "")
      error(NEEDS:format(library.rock, library.package, library.rock, why), 0)
    end
  end
end

local function main(...)
  check_needs()
  local process = require "twilio.webhooks.sandbox.process"
  if ... == "-" then process.run_for_parent() else process.run_by_hand { ... } end
end

local ok, problem = xpcall(main, tostring, ...)
if not ok and ... == "-" then
  print("error " .. problem:gsub("%s+", " ")) -- in one line, for the parent
elseif not ok then
  io.stderr:write(problem, "\n")
end
os.exit(ok and 0 or 1)

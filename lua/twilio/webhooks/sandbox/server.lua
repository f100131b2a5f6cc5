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

local NEEDS = "the sandbox needs Lua 5.4 with cqueues and lua-cjson "
  .. "(apt-get install lua5.4 lua-cqueues lua-cjson, or "
  .. "luarocks --lua-version 5.4 install cqueues lua-cjson): "

local function load_process()
  if _VERSION ~= "Lua 5.4" then error("this is " .. _VERSION, 0) end
  require "cqueues" -- by its own name, if it is missing
  return require "twilio.webhooks.sandbox.process"
end

local function main(...)
  local loaded, process = pcall(load_process)
  if not loaded then error(NEEDS .. process:match("^[^\n]*"), 0) end
  if ... == "-" then process.run_for_parent() else process.run_by_hand { ... } end
end

local ok, problem = xpcall(main, tostring, ...)
if not ok and ... == "-" then
  print("error " .. problem:gsub("%s+", " ")) -- in one line, for the parent
elseif not ok then
  io.stderr:write(problem, "\n")
end
os.exit(ok and 0 or 1)

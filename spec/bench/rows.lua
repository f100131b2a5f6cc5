-- What is measured: a row for each program and way to run it, in the order of the tables.
--
--   key       what other rows and the code name it by
--   group     "one": one create after the other; "many": with {n} in flight
--   label     what the tables say
--   program   a command line: @ stands for the number of calls and the base URL, {bare} and
--             {multi} for the C programs, {n} for the number in flight
--   lua       the directory below build/ whose module the program finds
--   needs     a Lua module that this Lua has to have, or a Python one
--   calls     how many calls are counted, if not 128 and 768: few and many
--   ours      shown as such
--   compiled  makes machine code while it runs, for long: its instructions are not counted

local rows = {}

local function add(row)
  rows[#rows + 1] = row
  rows[row.key] = row
end

-- As people write it.
local function named(lua)
  return lua == "luajit" and "LuaJIT" or (lua:gsub("lua", "Lua "))
end

rows.named = named

local LUAS = { "lua5.4", "lua5.3", "lua5.1", "luajit" }

local function ours(group, label, program, luas)
  for _, lua in ipairs(luas) do
    add { key = program .. " " .. lua, group = group, label = ("twilio-webhooks, %s, %s"):format(label, named(lua)),
      lua = lua, ours = true, program = ("%s spec/bench/%s.lua @%s"):format(lua, program, group == "many" and " {n}" or "") }
  end
end

local function other(group, label, lua, needs, program)
  add { key = label .. " " .. lua .. " " .. group, group = group, label = label .. ", " .. named(lua), lua = lua,
    needs = needs, program = ("%s spec/bench/others/%s.lua @%s"):format(lua, program, group == "many" and " {n}" or "") }
end

local function vendor(group, in_flight)
  add { key = "node " .. group, group = group, label = "twilio for Node", compiled = true, lua = "lua5.4", node = true,
    program = "node spec/bench/node/create.js @" .. in_flight }
end

-- --- one create after the other --------------------------------------------------------------

add { key = "plain", group = "one", label = "libcurl", lua = "lua5.4", program = "{bare} @" }
add { key = "reference", group = "one", label = "libcurl + lua-cjson (the reference)", lua = "lua5.4",
  program = "{bare} @ decode" }
add { key = "parsed", group = "one", label = "the same, the URL given parsed", lua = "lua5.4",
  program = "{bare} @ decode handle" }
add { key = "headers", group = "one", label = "the same, and its headers ready-made", lua = "lua5.4",
  program = "{bare} @ decode handle header" }
add { key = "leanest", group = "one", label = "the same, and the path apart (the leanest)", lua = "lua5.4",
  program = "{bare} @ decode handle header target cached" }
ours("one", "function", "create", LUAS)
ours("one", "client", "client", { "lua5.4", "luajit" })
add { key = "go 1", group = "one", label = "twilio-webhooks, client:go, Lua 5.4", lua = "lua5.4", ours = true,
  program = "lua5.4 spec/bench/concurrent.lua @ 1" }
add { key = "map 1", group = "one", label = "twilio-webhooks, client:map, Lua 5.4", lua = "lua5.4", ours = true,
  program = "lua5.4 spec/bench/workers.lua @ 1" }
other("one", "Lua-cURL 0.3 (v3)", "lua5.4", "cURL", "luacurl3")
for _, lua in ipairs { "lua5.1", "luajit" } do other("one", "lua-curl", lua, "curl", "luacurl") end
for _, lua in ipairs { "lua5.1", "luajit" } do other("one", "lua-http", lua, "http.client", "luahttp") end
for _, lua in ipairs { "lua5.4", "luajit" } do
  other("one", "luasocket, a connection each", lua, "socket.http", "luasocket")
end
add { key = "python", group = "one", label = "twilio for Python", lua = "lua5.4", python = true, calls = { 16, 64 },
  program = "python3 spec/bench/python/create.py @" }
vendor("one", "")

-- --- many in flight ----------------------------------------------------------------------------

add { key = "multi", group = "many", label = "libcurl's multi + lua-cjson (the reference)", lua = "lua5.4",
  program = "{multi} @ {n}" }
add { key = "leanest multi", group = "many", label = "the same, all of it lean, and epoll (the leanest)", lua = "lua5.4",
  program = "{multi} @ {n} lean" }
ours("many", "client:map", "workers", LUAS)
ours("many", "client:go", "concurrent", { "lua5.4", "luajit" })
other("many", "Lua-cURL 0.3 (v3)", "lua5.4", "cURL", "luacurl3")
for _, lua in ipairs { "lua5.1", "luajit" } do other("many", "lua-http", lua, "http.client", "luahttp") end
vendor("many", " {n}")

-- --- those that the other tables are about -----------------------------------------------------

--- With the newest libcurl: one after the other, then in flight.
rows.NEWEST = { "reference", "leanest", "create lua5.4", "client lua5.4", "multi", "leanest multi", "workers lua5.4",
  "concurrent lua5.4", "workers luajit" }
--- Over TLS.
rows.TLS = { "reference", "leanest", "create lua5.4", "client lua5.4", "multi", "leanest multi", "workers lua5.4",
  "workers luajit" }
--- By number in flight, and the names in the plot.
rows.IN_FLIGHT = { "multi", "leanest multi", "workers lua5.4", "workers luajit", "concurrent lua5.4" }
rows.NUMBERS = { 1, 4, 16, 64, 256, 1000, 5000 }

--- Leaves only those, by their keys.
function rows.only(keys)
  local left = {}
  for _, key in ipairs(keys) do left[#left + 1] = rows[key] end
  for i = 1, #rows do rows[i] = left[i] end
end

return rows

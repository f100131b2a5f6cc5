-- One source for Lua 5.1 to 5.5 and LuaJIT: the names of all of them are known
-- here, and the tests, which run on each, show whether a use is guarded.
std = "max"
max_line_length = 110
include_files = { "**/*.lua", "**/*.rockspec", ".luacheckrc", ".busted", "tools/commandline",
  "tools/reference" }
exclude_files = { "build/**", "lua_modules/**", ".luarocks/**" }

-- A row of a table of cases is one line where it can be.
files["spec"] = { std = "max+busted", max_line_length = 128 }
-- Definitions: functions without bodies, tables that only have fields, types in one line.
files["library"] = { ignore = { "212", "241" }, max_line_length = false }
files["**/*.rockspec"] = { std = "+rockspec" }
-- What nginx's Lua module offers.
files["lua/twilio/webhooks/guard/openresty.lua"] = { globals = { "ngx" } }
files["lua/twilio/webhooks/loops/openresty.lua"] = { read_globals = { "ngx" } }
files["lua/twilio/webhooks/waiting"] = { read_globals = { "ngx" } }
files["lua/twilio/webhooks/client.lua"] = { read_globals = { "ngx" } }
files["lua/twilio/webhooks/transport/init.lua"] = { globals = { "ngx" } }
files["examples/openresty"] = { read_globals = { "ngx" } }
files["spec/support/worker.lua"] = { globals = { "ngx" } }

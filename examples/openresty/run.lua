-- Runs nginx.conf as it stands, on this machine alone: with a sandbox in the place of the API,
-- until Ctrl-C. With --api in your account, see ../account.lua; for its own proxy nginx then
-- needs the upstream block of nginx.conf.
--
--   lua5.4 examples/openresty/run.lua       any Lua will do; nginx brings its own
--
-- nginx finds this module where it is installed for LuaJIT, or by LUA_PATH and LUA_CPATH.

local here = arg[0]:match "^.*/" or "./"
local account, sandbox = dofile(here .. "../account.lua").find { "service_sid" }

-- What chat.lua asks of its environment. With --api the credentials are there already.
local environment = {
  CHAT_API = account.base_url or os.getenv "TWILIO_WEBHOOKS_BASE_URL" or "https://ip-messaging.twilio.com",
  TWILIO_SERVICE_SID = account.service_sid,
  TWILIO_ACCOUNT_SID = account.account_sid,
  TWILIO_AUTH_TOKEN = account.auth_token,
}

local words = { "unset LD_PRELOAD; PATH=$PATH:/usr/sbin" }
for name, value in pairs(environment) do
  words[#words + 1] = ("%s='%s'"):format(name, (value:gsub("'", "'\\''")))
end
words[#words + 1] = ("nginx -p '%s' -c nginx.conf -e stderr"):format((here:gsub("'", "'\\''")))

print [[
In another shell:

  curl -X POST http://127.0.0.1:8391/wait/general          the channel's webhook, by libcurl
  curl -X POST http://127.0.0.1:8391/subrequest/general    the same by nginx's own proxy
]]
io.stdout:flush()
os.execute(table.concat(words, " "))
if sandbox then sandbox:stop() end

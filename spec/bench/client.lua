-- client.lua COUNT BASE_URL: as many creates by a client, one after the other, each waited
-- for. Every answer is checked.

local account = require "spec.bench.account"

local client = account.client(arg[2])
for _ = 1, tonumber(arg[1]) do account.create(client, account.channel) end
client:close()

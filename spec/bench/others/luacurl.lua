-- luacurl.lua COUNT BASE_URL: as many creates with lua-curl 0.3, a binding of libcurl's
-- easy interface, over one handle.

local curl = require "curl"
local job = require "spec.bench.others.job"

local answer
local easy = curl.easy_init()
easy:setopt(curl.OPT_URL, arg[2] .. job.path)
easy:setopt(curl.OPT_POST, 1)
easy:setopt(curl.OPT_HTTPHEADER, { "Accept: application/json", "Authorization: " .. job.authorization, "Expect:" })
easy:setopt(curl.OPT_NOSIGNAL, 1)
easy:setopt(curl.OPT_WRITEFUNCTION, function(bytes)
  answer[#answer + 1] = bytes
  return #bytes
end)

-- The binding has no getinfo, which would tell the status: it is in the header.
local status
easy:setopt(curl.OPT_HEADERFUNCTION, function(line)
  status = line:match("^HTTP/%S+ (%d+)") or status
  return #line
end)

for _ = 1, tonumber(arg[1]) do
  local form = job.form(job.values(), curl.escape)
  answer, status = {}, nil
  easy:setopt(curl.OPT_POSTFIELDS, form)
  easy:setopt(curl.OPT_POSTFIELDSIZE, #form)
  local ok, why = easy:perform()
  assert(ok, why)
  job.check(status, table.concat(answer))
end

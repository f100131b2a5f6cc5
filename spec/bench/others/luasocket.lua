-- luasocket.lua COUNT BASE_URL: as many creates with luasocket's http, which opens a
-- connection for each request.

local http = require "socket.http"
local ltn12 = require "ltn12"
local job = require "spec.bench.others.job"

local url = arg[2] .. job.path

for _ = 1, tonumber(arg[1]) do
  local form = job.form(job.values(), job.escape)
  local answer = {}
  local _, status = assert(http.request {
    method = "POST",
    url = url,
    headers = {
      ["accept"] = "application/json",
      ["authorization"] = job.authorization,
      ["content-type"] = job.content_type,
      ["content-length"] = #form,
    },
    source = ltn12.source.string(form),
    sink = ltn12.sink.table(answer),
  })
  job.check(status, table.concat(answer))
end

-- luahttp.lua COUNT BASE_URL [IN_FLIGHT]: as many creates with lua-http, on cqueues. Its
-- requests open a connection each, so this uses the interface below them, and keeps a
-- connection for each of those in flight.

local cqueues = require "cqueues"
local client = require "http.client"
local new_headers = require "http.headers".new
local util = require "http.util"
local job = require "spec.bench.others.job"

local host, port, prefix = arg[2]:match("^http://([^:/]+):(%d+)(.*)$")
local left = tonumber(arg[1])

local function create(connection)
  local form = job.form(job.values(), util.encodeURIComponent)
  local headers = new_headers()
  headers:append(":method", "POST")
  headers:append(":scheme", "http")
  headers:append(":authority", host .. ":" .. port)
  headers:append(":path", prefix .. job.path)
  headers:append("accept", "application/json")
  headers:append("authorization", job.authorization)
  headers:append("content-type", job.content_type)
  headers:append("content-length", tostring(#form))
  local stream = assert(connection:new_stream())
  assert(stream:write_headers(headers, false))
  assert(stream:write_body_from_string(form))
  local answer = assert(stream:get_headers())
  job.check(answer:get(":status"), assert(stream:get_body_as_string()))
end

local function create_many()
  local connection = assert(client.connect { host = host, port = tonumber(port), tls = false })
  while left > 0 do
    left = left - 1
    create(connection)
  end
  connection:close()
end

local loop = cqueues.new()
for _ = 1, tonumber(arg[3] or 1) do loop:wrap(create_many) end
assert(loop:loop())

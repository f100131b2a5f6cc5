-- luacurl3.lua COUNT BASE_URL [IN_FLIGHT]: as many creates with Lua-cURL 0.3 (Lua-cURLv3), a
-- binding of libcurl's easy and multi interfaces: over one handle, or so many in flight.

local curl = require "cURL"
local job = require "spec.bench.others.job"

local in_flight = tonumber(arg[3])
local left = tonumber(arg[1])

local function open()
  local transfer = {}
  transfer.easy = curl.easy {
    url = arg[2] .. job.path,
    post = true,
    httpheader = { "Accept: application/json", "Authorization: " .. job.authorization, "Expect:" },
    nosignal = true,
    writefunction = function(bytes) transfer.answer[#transfer.answer + 1] = bytes end,
  }
  return transfer
end

local function prepare(transfer)
  left = left - 1
  transfer.answer = {}
  transfer.easy:setopt_postfields(job.form(job.values(), function(text) return transfer.easy:escape(text) end))
end

local function check(transfer)
  job.check(transfer.easy:getinfo_response_code(), table.concat(transfer.answer))
end

local function one_after_the_other()
  local transfer = open()
  while left > 0 do
    prepare(transfer)
    transfer.easy:perform()
    check(transfer)
  end
end

local function together()
  local multi, transfers, unanswered = curl.multi(), {}, left
  multi:setopt_maxconnects(in_flight)

  local function begin(transfer)
    if left == 0 then return end
    prepare(transfer)
    multi:add_handle(transfer.easy)
  end

  local function finish_all()
    while true do
      local easy, ok, why = multi:info_read()
      if easy == 0 then return end
      assert(ok, why)
      local transfer = transfers[easy]
      check(transfer)
      multi:remove_handle(easy)
      unanswered = unanswered - 1
      begin(transfer)
    end
  end

  for _ = 1, in_flight do
    local transfer = open()
    transfers[transfer.easy] = transfer
    begin(transfer)
  end
  while unanswered > 0 do
    multi:perform()
    finish_all()
    if unanswered > 0 then multi:wait() end
  end
end

if in_flight then together() else one_after_the_other() end

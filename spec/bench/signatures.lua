-- Random requests, signed by the openssl command: webhooks.verify has to take each, and to
-- refuse it once something in it is changed. Then the same of the vendor's client for Node, if
-- npm can get it: where it judges otherwise, the request has to be of a kind whose difference
-- is known, which is counted and named.
--
--   make bench-signatures [COUNT=100000]
--   tools/env build/lua5.4 lua5.4 spec/bench/signatures.lua [COUNT] [--openssl]   without Node

local cjson = require "cjson"
local signature = require "twilio.webhooks.signature"
local signed_requests = require "spec.support.signed_requests"
local webhooks = require "twilio.webhooks"

local COUNT = tonumber(arg[1]) or 100000
local WITH_NODE = arg[2] ~= "--openssl"
local NODE = "spec/bench/node"

-- --- here -------------------------------------------------------------------

local function verifies(request, changes)
  local verified, reason, message = webhooks.verify(signed_requests.options(request, changes))
  assert(reason ~= "invalid", message)
  return verified == true
end

-- Judges the request as it is and with a change, and writes both for others to judge.
local function judge(request, file)
  local changes = signed_requests.changes(request)
  assert(verifies(request), "refused here: " .. request.text)
  assert(not verifies(request, changes), "verified here though it was changed: " .. request.text)
  if not file then return end
  for _, one in ipairs { {}, changes } do
    file:write(cjson.encode { key = request.key, algorithm = request.algorithm, url = one.url or request.url,
      body = one.body or request.body, signature = one.signature or request.signature }, "\n")
  end
end

-- --- the vendor's client ----------------------------------------------------

-- What its difference is, by the request.
local KNOWN = {
  { "the URL has a fragment, which is no part of a request; there it is signed with the rest",
    function(request) return request.url:find("#", 1, true) end },
  { "ws and wss: their own port is 80 and 443; there it is 80",
    function(request) return request.url:find "^wss:" and request.text:find "^wss://[^/?]*:443" end },
  { "characters from U+E000 on beside some beyond U+FFFF: bytes are sorted; there it is the units of UTF-16",
    function(request) return request.has_other_order end },
}

local function difference_of(request)
  for i, row in ipairs(KNOWN) do
    if row[2](request) then return i end
  end
end

local function has_node()
  local command = "{ [ -e %s/node_modules/twilio ] || (cd %s && npm ci >&2); } && node -e 0"
  local ran = os.execute(command:format(NODE, NODE))
  return ran == true or ran == 0
end

local function compare(requests, path)
  local pipe = assert(io.popen(("node %s/verify.js <%s"):format(NODE, path)))
  local counts, agreed = {}, 0
  for _, request in ipairs(requests) do
    local right, changed = pipe:read "*l" == "1", pipe:read "*l" == "1"
    assert(not changed, "verified there though it was changed: " .. request.text)
    local known = difference_of(request)
    if right then agreed = agreed + 1
    else counts[assert(known, "refused there: " .. request.text)] = (counts[known] or 0) + 1 end
  end
  pipe:close()
  print(("vendor's client for Node: the same for %d, and for all that were changed"):format(agreed))
  for i, row in ipairs(KNOWN) do print(("  refused there, %d: %s"):format(counts[i] or 0, row[1])) end
end

-- --- the program ------------------------------------------------------------

local seed = os.time()
math.randomseed(seed)
local with_node = WITH_NODE and has_node()
local path = with_node and os.tmpname()
local file = path and assert(io.open(path, "wb"))
local requests = signed_requests.signed(COUNT, signature.sha256, function(batch)
  for _, request in ipairs(batch) do judge(request, file) end
end)
print(("openssl: %d requests verified as it signed them, and refused with a change (seed %d)"):format(COUNT, seed))
if with_node then
  file:close()
  compare(requests, path)
  os.remove(path)
elseif WITH_NODE then
  print "(left out: the vendor's client, for want of Node or npm)"
end

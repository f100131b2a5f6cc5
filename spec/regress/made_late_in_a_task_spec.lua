-- A create was sent again while others were under way, and the list then showed the webhook of its first
-- attempt too. It raised an error of Lua's, as it asked for the form of a call whose result was taken.

local webhooks = require "twilio.webhooks"
local cqueues = require "cqueues"
local example = require "spec.support.example"
local socket = require "cqueues.socket"

local SIDS = { ("WH%032x"):format(1), ("WH%032x"):format(2) }

local function body_of(sid)
  return ('{"sid":"%s","type":"webhook","date_created":"%s","configuration":{"url":"https://example.com/hook",'
    .. '"method":"POST","filters":["onMessageSent"]}}'):format(sid, os.date "!%Y-%m-%dT%H:%M:%SZ")
end

local function answer(status, body)
  return ("HTTP/1.1 %s\r\nDate: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"):format(status,
    os.date "!%a, %d %b %Y %H:%M:%S GMT", #body, body)
end

-- An API that loses the first create, and makes its webhook once the second one comes. It is slow to
-- answer for another channel.
local function serve(api, connection)
  connection:setmode("b", "bn")
  connection:onerror(function(_, _, why) return why end)
  local line = connection:read "*L"
  if line:find("/slow/", 1, true) then return cqueues.sleep(60) end
  local method = line:match "^%u+"
  local length = 0
  repeat
    local header = connection:read "*L"
    length = tonumber(header:lower():match "^content%-length: *(%d+)") or length
  until header == "\r\n"
  if length > 0 then connection:read(length) end
  if method == "POST" then
    api.posts = api.posts + 1
    if api.posts == 2 then connection:write(answer("201 Created", body_of(SIDS[2]))) end
  else
    local listed = api.posts == 2 and body_of(SIDS[1]) .. "," .. body_of(SIDS[2]) or ""
    connection:write(answer("200 OK", '{"meta":{},"webhooks":[' .. listed .. "]}"))
  end
  connection:flush()
  connection:close()
end

describe("a create that is made late, after it was sent again", function()
  it("is indeterminate in a loop, and both are candidates", function()
    local loop, api, failure = cqueues.new(), { posts = 0 }, nil
    local listener = assert(socket.listen("127.0.0.1", 0))
    local _, _, port = listener:localname()
    loop:wrap(function()
      while true do
        local connection = listener:accept()
        loop:wrap(function() serve(api, connection) end)
      end
    end)
    loop:wrap(function()
      local client = assert(webhooks.new(example.webhook {
        base_url = "http://127.0.0.1:" .. port, wait = webhooks.wait.cqueues, deadline = 30,
        configuration = { url = "https://example.com/hook", filters = { "onMessageSent" } },
      }))
      cqueues.running():wrap(function() client:create_webhook { channel_sid = "slow" } end)
      local _, message, err = client:create_webhook {}
      failure = err or message
      client:close()
    end)
    while not failure do assert(loop:step()) end
    listener:close()
    assert.equal("indeterminate", failure.kind)
    local sids = {}
    for i, candidate in ipairs(failure.candidates) do sids[i] = candidate.sid end
    table.sort(sids)
    assert.same(SIDS, sids)
  end)
end)

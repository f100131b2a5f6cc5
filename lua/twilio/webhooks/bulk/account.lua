--- The account of a client's requests, and the time that each may take. A run must know both before
-- it goes on with a journal. Sends nothing.

local forms = require "twilio.webhooks.bulk.forms"

local account = {}

local BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

-- The first bytes of a text in base64.
local function begin_of(text, count)
  local bits, value, bytes = 0, 0, {}
  for character in text:gmatch "." do
    local digit = BASE64:find(character, 1, true)
    if not digit or #bytes == count then break end
    value, bits = (value * 64 + digit - 1) % 16777216, bits + 6
    if bits >= 8 then
      bits = bits - 8
      bytes[#bytes + 1] = string.char(math.floor(value / 2 ^ bits) % 256)
    end
  end
  return table.concat(bytes)
end

-- The account's sid in a header of HTTP Basic; nil if the header has a key's sid, or is another one.
local function account_in(header)
  local text = header and header:match "^Basic (.*)$"
  return text and begin_of(text, 35):match "^(AC%x+):" or nil
end

--- For requests to a channel or conversation: the account, or nil if the credentials do not name
-- it; and the seconds of one request. Or nil, nil, message, err.
function account.of(client, url)
  local parent = forms.parent(url)
  if not parent then return nil, nil, "the plan has a URL that is no channel's" end
  local call, request, err = client.handle:prepare("list_webhooks", parent)
  if not call then return nil, nil, request, err end
  return account_in(request.headers.Authorization), request.timeout
end

return account

-- Random requests as a webhook may send them, what of each is signed, written a second time as
-- the API's page says it, and the signatures that the openssl command has for that.

local signed_requests = {}

local FORM = "application/x-www-form-urlencoded"

local random = math.random

local function one_of(list)
  return list[random(#list)]
end

-- --- texts ------------------------------------------------------------------

local CHARACTERS = { "a", "b", "Z", "0", " ", "+", "%", "&", "=", "~", "/", "'", "@", ":", ";", "?", "#", "\195\164",
  "\226\130\172", "\239\188\129", "\240\159\152\128", "\0", "\n", "" }

local function text()
  local parts = {}
  for i = 1, random(0, 6) do parts[i] = one_of(CHARACTERS) end
  return table.concat(parts)
end

-- In any of the spellings that a form may have.
local function encode(value)
  return (value:gsub("[^%w]", function(c)
    if c == " " and random(2) == 1 then return "+" end
    return (random(2) == 1 and "%%%02X" or "%%%02x"):format(c:byte())
  end))
end

local function encode_pair(pair)
  if pair[2] == "" and random(2) == 1 then return encode(pair[1]) end
  return encode(pair[1]) .. "=" .. encode(pair[2])
end

-- --- URLs -------------------------------------------------------------------

local SCHEMES = { "https", "https", "https", "http", "HTTPS", "wss" }
local PORTS = { https = "443", http = "80", wss = "443" }
local USERS = { "", "", "", "u:p@", "u%40x:p%3A@", "u@", "u:@" }
local HOSTS = { "example.com", "EXAMPLE.com", "[2001:db8::1]", "[::1]", "127.0.0.1", "h", "xn--4ca.de" }
local PATHS = { "", "/", "/hook", "/it's/a(b)", "/a;b:c@d/~e", "/a%2Fb%20c", "/%c3%a4", "/\195\164" }
local QUERIES = { "", "", "?a=1&b=2", "?", "?a=it's&b=x:y/z", "?u=http://x:1/@", "?a=%27&b=+%20", "?a&a=&=a" }

-- A request's URL, and the same as it was signed: as it is, or with the other port.
local function new_url(addition)
  local scheme, port = one_of(SCHEMES), one_of { "", "", ":8443", ":443", ":80" }
  local start, rest = scheme .. "://" .. one_of(USERS) .. one_of(HOSTS), one_of(PATHS) .. one_of(QUERIES)
  if addition then rest = rest .. (rest:find("?", 1, true) and "&" or "?") .. addition end
  local other = port ~= "" and "" or ":" .. PORTS[scheme:lower()]
  local fragment = random(20) == 1 and "#f?x=1" or ""
  return start .. port .. rest .. fragment, start .. (random(2) == 1 and port or other) .. rest
end

-- --- what is signed ---------------------------------------------------------

-- All names and values after each other: sorted, and each of a name's values once. `before`:
-- which of two texts is the first.
local function sorted_text(list, before)
  local names, values = {}, {}
  for _, pair in ipairs(list) do
    if not values[pair[1]] then
      values[pair[1]] = {}
      names[#names + 1] = pair[1]
    end
    values[pair[1]][pair[2]] = true
  end
  table.sort(names, before)
  local parts = {}
  for _, name in ipairs(names) do
    local texts = {}
    for value in pairs(values[name]) do texts[#texts + 1] = value end
    table.sort(texts, before)
    for _, value in ipairs(texts) do parts[#parts + 1] = name .. value end
  end
  return table.concat(parts)
end

local function before_in_bytes(a, b)
  for i = 1, math.min(#a, #b) do
    if a:byte(i) ~= b:byte(i) then return a:byte(i) < b:byte(i) end
  end
  return #a < #b
end

-- UTF-16 has the characters from U+E000 on after those that take four bytes in UTF-8.
local function before_in_utf16(a, b)
  local late = { ["\238"] = "\250", ["\239"] = "\251" }
  return before_in_bytes(a:gsub("[\238\239]", late), b:gsub("[\238\239]", late))
end

-- --- requests ---------------------------------------------------------------

local function new_list()
  local list = {}
  for i = 1, random(0, 8) do
    list[i] = i > 1 and random(3) == 1 and { list[i - 1][1], text() } or { text(), text() }
    if i > 1 and random(10) == 1 then list[i] = list[i - 1] end
  end
  return list
end

local function to_form(list)
  local parts = {}
  for i, pair in ipairs(list) do parts[i] = encode_pair(pair) end
  return table.concat(parts, random(10) == 1 and "&&" or "&")
end

local function to_params(list)
  local params = {}
  for _, pair in ipairs(list) do
    local before = params[pair[1]]
    if before == nil then params[pair[1]] = pair[2]
    elseif type(before) == "table" then before[#before + 1] = pair[2]
    else params[pair[1]] = { before, pair[2] } end
  end
  return params
end

local function new_form()
  local list = new_list()
  local request = { content_type = one_of { FORM, FORM .. "; charset=utf-8", "Application/X-WWW-Form-URLencoded" } }
  local received, signed = new_url()
  request.url, request.body = received, to_form(list)
  if random(4) == 1 then request.params = to_params(list) end
  request.text = signed .. sorted_text(list, before_in_bytes)
  request.has_other_order = signed .. sorted_text(list, before_in_utf16) ~= request.text
  return request
end

local function new_json(sha256)
  local body = ('{"Body":"%s","n":%d}'):format(text():gsub("%c", ""), random(100))
  local received, signed = new_url("bodySHA256=" .. sha256(body) .. (random(2) == 1 and "&z=1" or ""))
  return { url = received, body = body, content_type = "application/json", text = signed }
end

local function new_get()
  local received, signed = new_url(to_form(new_list()))
  return { url = received, text = signed, body = random(2) == 1 and "" or nil }
end

--- A request: url, body, content_type and params, as verify takes them, and `text`, which is
-- signed. `has_other_order`: another program, that sorts by UTF-16, would sign another text.
-- @tparam function sha256 of the body, in hexadecimal digits
function signed_requests.new(sha256)
  local kind = random(6)
  if kind == 1 then return new_json(sha256) end
  return kind == 2 and new_get() or new_form()
end

-- --- openssl ----------------------------------------------------------------

local DIGESTS = { HMAC_SHA1 = "sha1", HMAC_SHA256 = "sha256" }
local BATCH = 500 -- files that one openssl reads, and so requests with one key

local BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function to_base64(hex)
  local bytes = {}
  for digits in hex:gmatch "%x%x" do bytes[#bytes + 1] = tonumber(digits, 16) end
  local parts = {}
  for i = 1, #bytes, 3 do
    local count = math.min(3, #bytes - i + 1)
    local bits = bytes[i] * 65536 + (bytes[i + 1] or 0) * 256 + (bytes[i + 2] or 0)
    for place = 0, 3 do
      local index = math.floor(bits / 2 ^ (18 - 6 * place)) % 64 + 1
      parts[#parts + 1] = place <= count and BASE64:sub(index, index) or "="
    end
  end
  return table.concat(parts)
end

local function output_of(command)
  local pipe = assert(io.popen("unset LD_PRELOAD; " .. command))
  local output = pipe:read "*a"
  pipe:close()
  return output
end

local function hex(value)
  return (value:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

-- Sets the signatures of those requests, which have one key, by one openssl.
local function sign_batch(directory, requests)
  local names = {}
  for i, request in ipairs(requests) do
    local file = assert(io.open(directory .. "/" .. i, "wb"))
    file:write(request.text)
    file:close()
    names[i] = tostring(i)
  end
  local command = "cd %s && openssl dgst -%s -mac HMAC -macopt hexkey:%s -r %s"
  local first, count = requests[1], 0
  for line in output_of(command:format(directory, DIGESTS[first.algorithm], hex(first.key), table.concat(names, " ")))
    :gmatch "[^\n]+" do
    local digest, name = line:match "^(%x+) %*?(%d+)$"
    requests[tonumber(name)].signature, count = to_base64(digest), count + 1
  end
  assert(count == #requests, "openssl has not signed all of them")
end

--- So many requests, each with `key`, `algorithm` and the `signature` that openssl gives.
function signed_requests.signed(count, sha256, on_batch)
  local directory = output_of "mktemp -d":match "%S+"
  local all = {}
  while #all < count do
    local batch = {}
    local key, algorithm = text() .. "k" .. random(1e6), one_of { "HMAC_SHA1", "HMAC_SHA256" }
    for i = 1, math.min(BATCH, count - #all) do
      batch[i] = signed_requests.new(sha256)
      batch[i].key, batch[i].algorithm = key, algorithm
    end
    sign_batch(directory, batch)
    for _, request in ipairs(batch) do all[#all + 1] = request end
    if on_batch then on_batch(batch) end
  end
  os.execute("rm -r " .. directory)
  return all
end

-- --- to verify --------------------------------------------------------------

--- What webhooks.verify takes for it, with another signature, URL or body if these are given.
function signed_requests.options(request, changes)
  local options = { url = request.url, body = request.body, content_type = request.content_type,
    params = request.params, signature = request.signature, auth_token = request.key }
  if request.algorithm == "HMAC_SHA256" then
    options.auth_token, options.shared_keys = nil, { K = request.key }
    options.settings = "key=K,algorithm=HMAC_SHA256"
  end
  for name, value in pairs(changes or {}) do options[name] = value end
  return options
end

-- Another letter in the place of one of the text's letters or digits; nil where it has none.
local function changed(value)
  local places = {}
  for place in value:gmatch "()%w" do places[#places + 1] = place end
  if not places[1] then return nil end
  local place = one_of(places)
  return value:sub(1, place - 1) .. (value:sub(place, place) == "q" and "r" or "q") .. value:sub(place + 1)
end

--- Changes that must make it another request: of its signature, or of its URL, or
-- of its body.
function signed_requests.changes(request)
  local which = random(3)
  if which == 1 then
    local place = random(#request.signature - 2) -- the last digit has bits that say nothing
    local digit = request.signature:sub(place, place)
    return { signature = request.signature:sub(1, place - 1) .. (digit == "x" and "y" or "x")
      .. request.signature:sub(place + 1) }
  end
  local body = which == 2 and not request.params and request.body and not request.body:find "%%" and changed(request.body)
  if body then return { body = body } end
  return { url = request.url:gsub("^(%w+://)", "%1q@") }
end

return signed_requests

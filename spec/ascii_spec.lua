-- csrc/ascii.h, by what uses it: bytes are looked at eight at a time, and what is left one by one.
-- So each byte is tried at each place of a text that is longer than that.

local core = require "twilio.webhooks.core"
local example = require "spec.support.example"
local webhooks = require "twilio.webhooks"

local LONG = 19 -- two words and some

-- Calls fn(text, byte) with each byte from `first` on at each place of a text of "a".
local function each(first, fn)
  for byte = first, 255 do
    for place = 0, LONG - 1 do
      fn(("a"):rep(place) .. string.char(byte) .. ("a"):rep(LONG - 1 - place), byte)
    end
  end
end

local function request(fields)
  return core.request("create_webhook", example.webhook(fields))
end

describe("ascii", function()
  it("has letters, digits and -._~ as what is not encoded", function()
    each(1, function(text)
      local expected = text:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end)
      local made = assert(request { extra = { Note = text } })
      assert.equal("Note=" .. expected, made.body:match "[^&]*$")
    end)
  end)

  it("knows control characters", function()
    each(0, function(text, byte)
      local is_control = byte < 32 or byte == 127
      assert.equal(is_control, request { user_agent = text } == nil, byte)
    end)
  end)

  it("knows hexadecimal digits", function()
    for byte = 0, 255 do
      for place = 0, 31 do
        local sid = "IS" .. ("0"):rep(place) .. string.char(byte) .. ("f"):rep(31 - place)
        local is_hex = string.char(byte):find "^%x$" ~= nil
        assert.equal(is_hex, request { service_sid = sid } ~= nil, byte)
      end
    end
    for _, sid in ipairs { "IS", "IS" .. ("0"):rep(31), "IS" .. ("0"):rep(33), "CH" .. ("0"):rep(32) } do
      assert.is_nil((request { service_sid = sid }))
    end
  end)

  it("lowers letters, and nothing else", function()
    local headers
    local client = assert(webhooks.new(example.params { transport = function()
      return { status = 201, headers = headers, body = example.answer_json() }
    end }))
    local names = {}
    each(33, function(text, byte)
      if byte < 127 and byte ~= (":"):byte() then names[#names + 1] = text:gsub("a", "A", 4) end
    end)
    for i = 1, #names, 100 do
      headers = {}
      local expected = {}
      for j = i, math.min(i + 99, #names) do
        headers[names[j]] = tostring(j)
        expected[names[j]:lower()] = true
      end
      local _, info = assert(client:create_webhook(example.webhook()))
      for name in pairs(expected) do assert.truthy(info.headers[name], name) end
    end
    client:close()
  end)
end)

describe("headers of one answer after another", function()
  it("have each its own names and values", function()
    local lists = {
      { "A", "B", "C" }, { "A", "B", "C" }, { "B", "A" }, { "Aa", "b", "C", "D" }, {}, { "A" }, { "AB", "B", "C", "D" },
    }
    local many = {}
    for i = 1, 40 do many[i] = "X-" .. i end
    lists[#lists + 1], lists[#lists + 2] = many, { "X-2", "X-1", "A" }
    local headers
    local client = assert(webhooks.new(example.params { transport = function()
      return { status = 201, headers = headers, body = example.answer_json() }
    end }))
    for round = 1, 3 do
      for i, list in ipairs(lists) do
        headers = {}
        local expected = {}
        for j, name in ipairs(list) do
          headers[name] = ("%d.%d.%d"):format(round, i, j)
          expected[name:lower()] = headers[name]
        end
        local _, info = assert(client:create_webhook(example.webhook()))
        for name, value in pairs(expected) do assert.equal(value, info.headers[name]) end
        for name in pairs(info.headers) do assert.truthy(expected[name], name) end
      end
    end
    client:close()
  end)
end)

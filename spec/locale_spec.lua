-- Whatever locale the host sets, before the module is loaded or after: forms are written and
-- answers are read with a point, also where the locale's decimal point has two bytes. The
-- locales are made by tools/run.

local child = require "spec.support.child"
local markdown = require "spec.support.markdown"

-- In a process of its own, where `set` sets the locale.
local CODE = [[
  local function set()
    if not os.setlocale("%s") then print "no locale" os.exit(0) end
  end
  %s
  local core = require "twilio.webhooks.core"
  local example = require "spec.support.example"
  local client = assert(core.open(example.webhook { timeout = 2.5 }))
  %s
  local function answered(json)
    local call, request = client:prepare("create_webhook", { extra = { share = 0.5, small = 1e-7, large = 1.5e300 } })
    assert(request.timeout == 2.5)
    call:answer { status = 201, body = '{"sid":"WH' .. ("a"):rep(32) .. '","n":' .. json .. "}" }
    local hook, _, err = call:result()
    return request.body:match "Large.*", hook and hook.n, err
  end
  for _ = 1, 2 do
    local body, n, err = answered "[1,2.5,3, -4e-2, 5]"
    assert(n, err and err.message)
    assert(#n == 5 and n[1] == 1 and n[2] * 2 == 5 and n[3] == 3 and n[4] * 100 == -4 and n[5] == 5)
    io.write(body, "\n")
    local _, message = client:request("create_webhook", { timeout = -2.5 })
    assert(not message:find "[^\32-\126]", message)
    %s
  end
]]

local function run(locale, early, late, between)
  return child.run(CODE:format(locale, early, late, between),
    { LOCPATH = os.getenv "TEST_LOCALES", ASAN_OPTIONS = "detect_leaks=0" })
end

local BODY = "Large=1.5e%2B300&Share=0.5&Small=1e-07\n"

describe("the locale", function()
  for _, locale in ipairs { "de_DE.UTF-8", "ps_AF.UTF-8" } do
    -- { when, code before the module is loaded, code after, code between two calls }
    local rows = {
      { "before the module is loaded", "set()", "", "" },
      { "after it", "", "set()", "" },
      { "between two calls", "", "", "set()" },
      { "before, and set back between two calls", "set()", "", 'os.setlocale "C"' },
    }
    for _, row in ipairs(rows) do
      it(("%s may be set %s"):format(locale, row[1]), function()
        local output = run(locale, row[2], row[3], row[4])
        if output:find "no locale\n" then pending("the locale " .. locale .. " is not here") end
        assert.equal(BODY .. BODY, output)
      end)
    end

    it(locale .. " is left to the host", function()
      local output = run(locale, "set()", "", "io.write((os.setlocale()):match '^[^;]*', ' ')")
      if output:find "no locale\n" then pending("the locale " .. locale .. " is not here") end
      local name = locale:gsub("%p", "%%%0")
      assert.truthy(output:find("^[^\n]*\n" .. name .. " [^\n]*\n" .. name .. " $"), output)
    end)
  end

  it("is never set by the core", function()
    for _, path in ipairs { "csrc/core.c", "csrc/answer/json.c", "csrc/api/form.c" } do
      assert.is_nil(markdown.read(path):find("setlocale%("), path)
    end
  end)
end)

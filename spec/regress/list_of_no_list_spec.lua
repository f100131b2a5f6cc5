-- An answer to list_webhooks whose `webhooks` is an object, or has nulls among its
-- elements, was read as a shorter list than it is, and a client would have created what it
-- did not see.

local core = require "twilio.webhooks.core"
local example = require "spec.support.example"

local HOOK = example.answer_json()

local function list(webhooks)
  local client = core.open(example.params())
  local call = client:prepare("list_webhooks", {})
  call:answer { status = 200, body = ('{"meta":{},"webhooks":%s}'):format(webhooks:gsub("H", HOOK)) }
  return call:result()
end

describe("a list of webhooks", function()
  for _, webhooks in ipairs { "{}", '{"a":H}', '{"1":H}', "[null,H]", "[H,null,H]", "[H,H,null,H,null,H]",
    "[H,H,H,null,null,null,null,null,H]" } do
    if webhooks ~= "{}" then -- which cjson cannot tell from an empty list
      it("is not " .. webhooks, function()
        local found, message, err = list(webhooks)
        assert.is_nil(found)
        assert.equal("parse", err.kind, message)
        assert.is_false(err.retryable)
      end)
    end
  end

  it("may be empty, and of any length", function()
    assert.same({}, (list "[]"))
    assert.equal(3, #list "[H,H,H]")
  end)
end)

-- webhooks.verify over random requests, against the signatures of the openssl command. More of
-- them, and the vendor's own client: make bench-signatures.

local signature = require "twilio.webhooks.signature"
local signed_requests = require "spec.support.signed_requests"
local webhooks = require "twilio.webhooks"

local COUNT = tonumber(os.getenv "SIGNATURES" or 2000)

describe("random requests #plain", function()
  it(("(%d) that openssl has signed are verified, and what is changed in them is refused"):format(COUNT), function()
    math.randomseed(1)
    local kinds = {}
    signed_requests.signed(COUNT, signature.sha256, function(batch)
      for _, request in ipairs(batch) do
        local verified, reason = webhooks.verify(signed_requests.options(request))
        assert.is_true(verified, ("%s for %q"):format(tostring(reason), request.text))
        verified, reason = webhooks.verify(signed_requests.options(request, signed_requests.changes(request)))
        assert.is_nil(verified, request.text)
        assert.truthy(reason == "mismatch" or reason == "body_mismatch" or reason == "malformed_signature", reason)
        kinds[request.params and "params" or request.content_type or "none"] = true
      end
    end)
    assert.is_true(kinds.params and kinds.none and kinds["application/json"])
  end)
end)

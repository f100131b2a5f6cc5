-- An apply made two webhooks for a row: the connection broke, two lists showed nothing, the client sent
-- the create again, and then the server processed the first.

local support = require "spec.support.bulk"

describe("a row whose create is processed after two lists", function()
  after_each(support.stop)

  it("has one webhook", function()
    local server, client = support.start({ faults = { { "drop_late", operation = "create", seconds = 2.5, times = 1 } } },
      { deadline = 30 })
    local outcome = assert(support.apply(support.rows(1), client, support.path(), { margin = 4 }))
    assert.same({ 1, 1, true }, { outcome.created, outcome.adopted, outcome.complete })
    assert.equal(1, #server:webhooks())
  end)
end)

-- A short day of spec/day.lua, which has three clients and an API that is moved, restarted and slowed.

local child = require "spec.support.child"

describe("three clients of a bad API", function()
  it("end with one webhook for each that was told #plain", function()
    local output = child.program("spec/day.lua", "300")
    assert.truthy(output:find("\na good day\n$"), output)
  end)
end)

-- The merge sort of bulk, with so little memory that it has to use its file.

local sorted = require "twilio.webhooks.bulk.sorted"

describe("a sorter", function()
  local function read_all(sorter)
    local list = {}
    for line in sorter:read() do list[#list + 1] = line end
    return list
  end

  local function fill(sorter, count)
    local expected = {}
    for i = 1, count do
      local line = ("%08x row %d"):format(i * 7919 % 10007, i)
      assert.is_true(sorter:add(line))
      expected[i] = line
    end
    table.sort(expected)
    return expected
  end

  for _, memory in ipairs { 3 * 1024 * 1024, 2000, 100 } do -- none, tens and a hundred of sorted runs
    it("gives lines in order, and again, in " .. memory .. " bytes", function()
      local sorter = sorted.new(memory)
      local expected = fill(sorter, 1000)
      assert.same(expected, read_all(sorter))
      assert.same(expected, read_all(sorter))
      sorter:close()
    end)
  end

  it("gives nothing where nothing was added", function()
    local sorter = sorted.new(100)
    assert.same({}, read_all(sorter))
    sorter:close()
  end)

  it("gives nothing once it is closed", function()
    local sorter = sorted.new(100)
    fill(sorter, 100)
    sorter:close()
    assert.same({}, read_all(sorter))
  end)
end)

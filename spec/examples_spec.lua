-- Every example runs as it stands, with no account, and says what it should.

local child = require "spec.support.child"

-- { file, what it prints }
local examples = {
  { "create_webhook", { "Configuration%.RetryCount=2\n", "\ncreated WH%x+\n", 'url = "dummy"' } },
  { "ensure_webhook", { "run 1: created (WH%x+)\n", "run 2: found (WH%x+)\n" } },
  { "list_and_prune", { "deleted\tWH%x+\thttps://old.example.com/a\n", "kept\tWH%x+\thttps://new.example.com/a\n",
    "deleted\tWH%x+\thttps://old.example.com/b\n" } },
  { "conversations", { "created\tWH%x+\thttps://example.com/hook\n", "updated\tWH%x+\thttps://example.com/other\n",
    "listed\t1\n", "deleted\ttrue\n" } },
  { "cqueues", { "created WH%x+ https://example.com/[123]\n.*created WH.*created WH", "meanwhile: true\n" } },
  { "luv", { "created\tWH%x+\thttps://example.com/[123]\n.*created\tWH.*created\tWH", "all have ended\ttrue\n",
    "meanwhile: true\n" } },
}

describe("example", function()
  for _, row in ipairs(examples) do
    it(row[1] .. " runs", function()
      local output = child.program("examples/" .. row[1] .. ".lua", "")
      for _, pattern in ipairs(row[2]) do assert.truthy(output:find(pattern), output) end
    end)
  end

  it("of each file in examples/ is here", function()
    local pipe = io.popen "ls examples/*.lua"
    local count = 0
    for path in pipe:lines() do
      if path ~= "examples/account.lua" then count = count + 1 end
    end
    pipe:close()
    assert.equal(#examples, count)
  end)
end)

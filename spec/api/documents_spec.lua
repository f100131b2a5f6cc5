-- The documents in doc/ and library/ against the code's tables: what tools/reference makes is what
-- stands there; what is prose there (the operations, the options' defaults, the limits) says what the code
-- says. #once: it is about no interpreter.

local child = require "spec.support.child"
local core = require "twilio.webhooks.core"
local markdown = require "spec.support.markdown"
local shell = require "spec.support.shell"

local reference = markdown.read "doc/reference.md"

-- What stands behind `#define NAME`, as a number.
local function constant(path, name)
  local text = assert(markdown.read(path):match("\n#define " .. name .. " +([%d%.%*%(%) ]+)"), name)
  return assert((loadstring or load)("return " .. text))()
end

-- The reference's row of that first cell: its other cells, or nil.
local function row_of(first)
  local line = ("\n" .. reference):match("\n| " .. first:gsub("%p", "%%%0") .. " | ([^\n]*) |\n")
  local cells = {}
  for cell in ((line or "") .. " | "):gmatch "(.-) ?| " do cells[#cells + 1] = cell end
  return line and cells
end

describe("the documents #once", function()
  local scratch

  setup(function()
    scratch = shell.output "mktemp -d":gsub("\n", "")
    shell.output(child.program_command("tools/reference", scratch))
  end)
  teardown(function() shell.output("rm -r " .. scratch) end)

  for _, path in ipairs { "doc/bulk.md", "doc/cli.md", "doc/reference.md", "library/twilio/webhooks.lua" } do
    it("have in " .. path .. " what tools/reference makes", function()
      shell.output(("diff -u '%s' '%s/%s' >&2"):format(path, scratch, path))
    end)
  end

  it("name every operation, with its method, status and whether it is of one item", function()
    for _, operation in ipairs(core.describe().operations) do
      local text = reference:match("\n### `webhooks%." .. operation.name .. "%(params%)`\n\n([^\n]+)")
      assert(text, operation.name)
      local method, path, status = text:match "^`(%u+) …(/[^`]*)`, (%d+)"
      assert.same({ operation.method, operation.on_item, operation.status },
        { method, path:find "/{sid}$" ~= nil, tonumber(status) })
    end
  end)

  it("say of each option which variable of the environment stands for it", function()
    local count = 0
    for name, variable in markdown.read "csrc/api/options.c":gmatch '\n  {"([%l_]+)", %l+, "?([%u_]+)' do
      local row = row_of("`" .. name .. "`") or row_of "`ca_file`, `ca_path`"
      if variable == "NULL" then assert.is_nil(row[2]:find "TWILIO_", name)
      else assert.equal(variable, row[2]:match "^`([%u_]+)`", name) end
      count = count + 1
    end
    assert.equal(#core.describe().options, count)
  end)

  it("say of the options that are numbers what they are bounded by, and their defaults", function()
    local MOST = constant("csrc/api/options.c", "TIMEOUT_MAX")
    for name, default in pairs { timeout = "TIMEOUT_DEFAULT", connect_timeout = "CONNECT_TIMEOUT_DEFAULT" } do
      assert.same({ ("number, 0.001 to %d"):format(MOST), ("%d"):format(constant("csrc/api/options.c", default)) },
        { row_of("`" .. name .. "`")[1], row_of("`" .. name .. "`")[2] })
    end
    assert.equal(2 ^ 30, constant("csrc/api/options.c", "RESPONSE_MAX_MAX"))
    assert.equal(2 ^ 20, constant("csrc/net/request.h", "TW_RESPONSE_MAX"))
    assert.same({ "number, 1 to 2^30", "2^20" }, { row_of "`max_response_bytes`"[1], row_of "`max_response_bytes`"[2] })
  end)

  local KIB = 1024
  for _, limit in ipairs {
    { "a form", "64 KiB", { "csrc/net/request.h", "TW_FORM_MAX", 64 * KIB } },
    { "a path, a host", "4096, 1024 bytes", { "csrc/net/request.h", "TW_PATH_MAX", 4096 },
      { "csrc/net/request.h", "TW_BASE_MAX", 1024 } },
    { "a parameter's name", "128 bytes", { "csrc/api/form.h", "TW_NAME_MAX", 128 } },
    { "fields in `extra`", "64", { "csrc/api/given.h", "TW_EXTRA_MAX", 64 } },
    { "headers of your own", "16, and 16 KiB", { "csrc/net/request.h", "TW_HEADERS_MAX", 16 },
      { "csrc/net/request.h", "TW_LINE_MAX", 16 * KIB } },
    { "problems that are listed", "32", { "csrc/api/problem.h", "TW_PROBLEMS_MAX", 32 } },
    { "an answer's header", "64 KiB, 256 lines", { "csrc/net/request.h", "TW_HEAD_MAX", 64 * KIB },
      { "csrc/net/request.h", "TW_HEAD_LINES_MAX", 256 } },
    { "depth of its JSON", "32", { "csrc/answer/json.h", "TW_JSON_DEPTH_MAX", 32 } },
  } do
    it("say the limit of " .. limit[1], function()
      assert.equal(limit[2], row_of(limit[1])[1])
      for i = 3, #limit do assert.equal(limit[i][3], constant(limit[i][1], limit[i][2])) end
    end)
  end
end)

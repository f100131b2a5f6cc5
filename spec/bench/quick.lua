-- The bench does not rot: run.lua with two rows and few calls writes a page and a plot, whose
-- shape is compared with what it should be. Its figures are not: nothing passes or fails by them.

local shell = require "spec.support.shell"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

if shell.run "command -v valgrind" ~= 0 then
  print "not here: the bench, which needs valgrind"
  os.exit(1)
end

local directory = shell.output "mktemp -d":match "%S+"
local status, said = shell.run(("lua5.4 spec/bench/run.lua --quick '%s'"):format(directory))
assert(status == 0, said)
local page, plot = read(directory .. "/README.md"), read(directory .. "/create.svg")
shell.run(("rm -rf '%s'"):format(directory))

local found = 0
for line in page:gmatch "\n| ([^\n]+)" do
  local label, instructions, spread, ratio = line:match "^(.-) +| +(%d+) | +([%d.]+) | +([%d.]+) |"
  if label then
    found = found + 1
    assert(tonumber(instructions) > 50000 and tonumber(ratio) > 0 and spread, line)
  end
end
assert(found == 2, "the page has " .. found .. " rows with figures, not 2:\n" .. page)
assert(page:find "\n| libcurl %+ lua%-cjson %(the reference%) +| the same bytes", "what is sent was not compared:\n" .. page)
assert(page:find "\nNothing was left out%.\n", "a row was left out:\n" .. page)
assert(plot:find "^<svg " and plot:find "</svg>\n$" and plot:find 'class="ours"' and plot:find 'class="bare"', plot)
print "the bench writes its page"

-- report.lua DIRECTORY UNREACHABLE: what was run and what was not, from the directory that
-- `run` has filled: gcov.json, hits/ and lines.
--
-- UNREACHABLE has a line for each place that no test can run, "file: its text: reason".
-- Such a line, its branches too, is left out of the count; one that is run after all,
-- or is not there any more, fails.

local cjson = require "cjson"

local directory, unreachable_path = arg[1], arg[2]

-- Percent, at least. The aim is 100 of lines.
local LINES, BRANCHES = 99.9, 95

local function read_lines(path)
  local lines = {}
  for line in io.lines(path) do lines[#lines + 1] = line end
  return lines
end

local function trimmed(text) return (text:match("^%s*(.-)%s*$")) end

-- file -> line -> { count, branches = { count, ... } }
local files = {}

local function line_of(file, number)
  files[file] = files[file] or {}
  files[file][number] = files[file][number] or { count = 0, branches = {} }
  return files[file][number]
end

-- --- C --------------------------------------------------------------------------

for text in io.lines(directory .. "/gcov.json") do
  for _, file in ipairs(cjson.decode(text).files) do
    local name = file.file:match("csrc/[%w_/]+%.[ch]$")
    for _, line in ipairs(name and file.lines or {}) do
      local entry = line_of(name, line.line_number)
      entry.count = entry.count + line.count
      for i, branch in ipairs(line.branches) do
        entry.branches[i] = (entry.branches[i] or 0) + branch.count
      end
    end
  end
end

-- --- Lua ------------------------------------------------------------------------

local function hits_of(file)
  local handle = io.open(directory .. "/hits/" .. file:match("^lua/(.*)"):gsub("/", ","), "rb")
  if not handle then return "" end
  local bytes = handle:read("*a")
  handle:close()
  return bytes
end

local hits = {}
for _, text in ipairs(read_lines(directory .. "/lines")) do
  local file, number = text:match("^(%S+) (%d+)$")
  hits[file] = hits[file] or hits_of(file)
  number = tonumber(number)
  line_of(file, number).count = (hits[file]:byte(number + 1) or 0)
end

-- --- what cannot be run -----------------------------------------------------------

local excused = {} -- file -> text of the line -> entry
local wrong = 0

for _, text in ipairs(read_lines(unreachable_path)) do
  local file, line, reason = text:match("^(%S+): (.*): ([^:]+)$")
  if file then
    excused[file] = excused[file] or {}
    excused[file][line] = { reason = reason }
  elseif text ~= "" and text:sub(1, 1) ~= "#" then
    print("unreachable: not understood: " .. text)
    wrong = wrong + 1
  end
end

local function is_missed(line)
  if line.count == 0 then return true end
  for _, count in ipairs(line.branches) do
    if count == 0 then return true end
  end
  return false
end

-- --- the report -------------------------------------------------------------------

local names = {}
for name in pairs(files) do names[#names + 1] = name end
table.sort(names)

local total = { c = { 0, 0, 0, 0 }, lua = { 0, 0, 0, 0 } } -- lines run, lines, branches run, branches

local function count(sum, line)
  if line.count > 0 then sum[1] = sum[1] + 1 end
  sum[2] = sum[2] + 1
  for _, times in ipairs(line.branches) do
    if times > 0 then sum[3] = sum[3] + 1 end
    sum[4] = sum[4] + 1
  end
end

for _, name in ipairs(names) do
  local source = read_lines(name)
  local numbers = {}
  for number in pairs(files[name]) do numbers[#numbers + 1] = number end
  table.sort(numbers)
  for _, number in ipairs(numbers) do
    local line = files[name][number]
    local text = trimmed(source[number] or "")
    local excuse = excused[name] and excused[name][text]
    if excuse then
      excuse.seen = true
      excuse.missed = excuse.missed or is_missed(line)
    else
      count(total[name:match("%a+$") == "lua" and "lua" or "c"], line)
      local taken = 0
      for _, times in ipairs(line.branches) do taken = taken + (times > 0 and 1 or 0) end
      if line.count == 0 then print(("%s:%d: never run: %s"):format(name, number, text)) end
      if line.count > 0 and taken < #line.branches then
        print(("%s:%d: %d of %d branches: %s"):format(name, number, taken, #line.branches, text))
      end
    end
  end
end

for name, lines in pairs(excused) do
  for text, excuse in pairs(lines) do
    if not excuse.missed then
      local why = excuse.seen and "is run after all" or "is not there"
      print(("unreachable: %s: %s: %s"):format(name, text, why))
      wrong = wrong + 1
    end
  end
end

local function percent(part, whole) return whole == 0 and 100 or 100 * part / whole end

for _, kind in ipairs { "c", "lua" } do
  local sum = total[kind]
  print(("%-4s %5d of %5d lines (%.2f %%), %d of %d branches (%.2f %%)"):format(
    kind, sum[1], sum[2], percent(sum[1], sum[2]), sum[3], sum[4], percent(sum[3], sum[4])))
  if percent(sum[1], sum[2]) < LINES or percent(sum[3], sum[4]) < BRANCHES then
    print(("%s: fewer than %g %% of lines, %g %% of branches"):format(kind, LINES, BRANCHES))
    wrong = wrong + 1
  end
end
if wrong > 0 then print(wrong .. " complaints, in lines with \"unreachable:\" or \"fewer than\"") end
os.exit(wrong == 0)

-- The page: tables and plots of what run.lua has measured, put between the marks of README.md.

local chart = require "spec.bench.chart"
local count = require "spec.bench.count"
local files = require "spec.support.files"

local BEGIN, END = "<!-- begin: written by make bench -->", "<!-- end -->"
local SOURCE = "spec/bench/README.md"

local page = {}

local read, write = files.read, files.write

-- A figure, or a hyphen.
local function figure(format, value)
  return value and format:format(value) or "-"
end

local function ratio(value, base)
  return value and base and ("%.2f"):format(value / base) or "-"
end

-- A Markdown table, its first column to the left and padded, the others to the right; as text,
-- all to the left.
local function table_of(lines, is_text)
  local widths, text = {}, {}
  for _, line in ipairs(lines) do
    for i, cell in ipairs(line) do widths[i] = math.max(widths[i] or 3, utf8.len(cell)) end
  end
  local function pad(cell, i)
    local space = (" "):rep(widths[i] - utf8.len(cell))
    return (i == 1 or is_text) and cell .. space or space .. cell
  end
  for n, line in ipairs(lines) do
    local cells = {}
    for i, cell in ipairs(line) do cells[i] = pad(cell, i) end
    text[#text + 1] = "| " .. table.concat(cells, " | ") .. " |"
    if n == 1 then
      for i, width in ipairs(widths) do
        cells[i] = (i == 1 or is_text) and ("-"):rep(width) or ("-"):rep(width - 1) .. ":"
      end
      text[#text + 1] = "| " .. table.concat(cells, " | ") .. " |"
    end
  end
  return table.concat(text, "\n") .. "\n"
end

local function cost_of(results, key)
  local values = results.cost[key]
  if values and #values > 0 then return count.spread(values) end
end

-- --- tables ----------------------------------------------------------------------------------------

local function create_table(results, group, title, reference, leanest)
  local lines = { { title, "instructions", "± %", "÷ reference", "÷ leanest", "system calls", "µs of CPU", "MiB at most" } }
  local base, least = cost_of(results, reference), cost_of(results, leanest)
  for _, row in ipairs(results.rows) do
    if row.group == group then
      local cost, spread = cost_of(results, row.key)
      local peak = results.peak[row.key]
      lines[#lines + 1] = { row.label, figure("%.0f", cost), figure("%.1f", spread), ratio(cost, base), ratio(cost, least),
        figure("%.1f", results.calls[row.key]), figure("%.0f", results.cpu[row.key]), figure("%.1f", peak and peak / 1024) }
    end
  end
  return table_of(lines)
end

-- Two sets of figures of the rows that are listed, each with its ratio to its own reference. `many`: how
-- many are in flight, where they are many.
local function two_tables(results, keys, many, title, first, second)
  local lines = { { title, first.name, "÷ reference", second.name, "÷ reference" } }
  for _, key in ipairs(keys) do
    local row = results.rows[key]
    if row then
      local reference = row.group == "one" and "reference" or "multi"
      lines[#lines + 1] = { row.label .. (row.group == "many" and (", %d in flight"):format(many) or ""),
        figure("%.0f", first.of(key)), ratio(first.of(key), first.of(reference)),
        figure("%.0f", second.of(key)), ratio(second.of(key), second.of(reference)) }
    end
  end
  return table_of(lines)
end

local function newest_table(results)
  return two_tables(results, results.rows.NEWEST, results.many, "instructions of a create",
    { name = "libcurl " .. results.curl, of = function(key) return (cost_of(results, key)) end },
    { name = "libcurl " .. results.newest_version, of = function(key) return results.newest[key] end })
end

local function tls_table(results)
  return two_tables(results, results.rows.TLS, results.many_over_tls, "instructions of a create over TLS",
    { name = "warm", of = function(key) return results.warm[key] end },
    { name = "cold", of = function(key) return results.cold[key] end })
end

local function in_flight_table(results)
  local head = { "instructions of a create, by number in flight" }
  for _, number in ipairs(results.rows.NUMBERS) do head[#head + 1] = tostring(number) end
  local lines = { head }
  for _, key in ipairs(results.rows.IN_FLIGHT) do
    local row = results.rows[key]
    if row then
      local line = { row.label }
      for _, number in ipairs(results.rows.NUMBERS) do
        line[#line + 1] = figure("%.0f", (results.in_flight[number] or {})[key])
      end
      lines[#lines + 1] = line
    end
  end
  return table_of(lines)
end

local function held_table(results)
  local lines = { { "memory of requests in flight", "in flight", "KiB for each" } }
  for _, held in ipairs(results.held) do
    lines[#lines + 1] = { held.label, tostring(held.number), ("%.1f"):format(held.kib) }
  end
  return table_of(lines)
end

local function frame_table(results)
  local lines = { { "1,000 creates at once, 30 steps a second", "longest step, ms", "middle, ms", "nothing to do, µs" } }
  for _, frame in ipairs(results.frame) do
    lines[#lines + 1] = { ("%s, %s"):format(frame.place, frame.lua),
      ("%.1f"):format(frame.longest), ("%.1f"):format(frame.middle), ("%.2f"):format(frame.idle * 1000) }
  end
  return table_of(lines)
end

local function wall_table(results)
  local lines = { { "wall time over TLS, answers 20 ms late", "÷ libcurl's multi", "± %" } }
  for _, wall in ipairs(results.wall) do
    lines[#lines + 1] = { wall.label, ("%.3f"):format(wall.ratio), figure("%.1f", wall.spread) }
  end
  return table_of(lines)
end

local function sent_table(results)
  local lines = { { "what a create sends", "beside what the reference sends" } }
  for _, row in ipairs(results.rows) do
    lines[#lines + 1] = { ("%s%s"):format(row.label, row.group == "many" and ", in flight" or ""), results.sent[row.key] }
  end
  return table_of(lines, true)
end

-- --- plots -----------------------------------------------------------------------------------------

local function panel(results, group, title, reference)
  local items = {}
  for _, row in ipairs(results.rows) do
    local cost = row.group == group and cost_of(results, row.key)
    if cost then
      local class = row.ours and "ours" or row.program:find "^{" and "bare" or "other"
      items[#items + 1] = { label = row.label, value = cost, class = class }
    end
  end
  return { title = title, base = cost_of(results, reference), items = items }
end

local function create_plot(results)
  local panels = {}
  for _, p in ipairs { panel(results, "one", "one create after the other", "reference"),
    panel(results, "many", results.many .. " in flight", "multi") } do
    if p.base then panels[#panels + 1] = p end
  end
  return chart.bars("Instructions of one create, in thousands",
    ("http, libcurl %s; the same request, verified; in grey, beside each: the ratio to the reference"):format(results.curl),
    panels, 420000)
end

local NAMES = { multi = "libcurl's multi, perform and poll", ["leanest multi"] = "the leanest: sockets and epoll",
  ["workers lua5.4"] = "client:map, Lua 5.4", ["workers luajit"] = "client:map, LuaJIT",
  ["concurrent lua5.4"] = "client:go, Lua 5.4" }

local function in_flight_plot(results)
  local series = {}
  for _, key in ipairs(results.rows.IN_FLIGHT) do
    local values = {}
    for number, costs in pairs(results.in_flight) do values[number] = costs[key] end
    series[#series + 1] = { label = NAMES[key], values = values }
  end
  return chart.lines("Instructions of one create, in thousands, by number in flight",
    ("http, libcurl %s; each with its answer decoded"):format(results.curl), results.rows.NUMBERS, "in flight", series)
end

-- --- all of it -------------------------------------------------------------------------------------

local function head(results)
  return ("Commit %s, %s: %s, %s cores, which other work kept busy at a load of %s; libcurl %s%s, %s.\n"):format(
    results.commit, results.date, results.cpu_name, results.cores, results.load, results.curl,
    results.newest_version and " (Debian's newest: " .. results.newest_version .. ")" or "", results.versions)
end

local function left_out(results)
  if #results.left_out == 0 then return "Nothing was left out.\n" end
  local lines = { "Left out:\n" }
  for _, entry in ipairs(results.left_out) do
    lines[#lines + 1] = ("- %s: %s"):format(entry.what, entry.why:gsub("%s+", " "))
  end
  return table.concat(lines, "\n") .. "\n"
end

--- What stands between the marks.
function page.tables(results)
  local parts = { head(results), "![Instructions of one create](create.svg)\n",
    create_table(results, "one", "one create after the other", "reference", "leanest") }
  local function add(condition, make, image)
    if not condition then return end
    parts[#parts + 1] = image
    parts[#parts + 1] = make(results)
  end
  if results.cost.multi then
    parts[#parts + 1] = create_table(results, "many", results.many .. " in flight", "multi", "leanest multi")
  end
  add(next(results.in_flight), in_flight_table, "![Instructions by number in flight](in-flight.svg)\n")
  add(next(results.warm), tls_table)
  add(next(results.newest), newest_table)
  add(results.wall[1], wall_table)
  add(results.frame[1], frame_table)
  add(results.held[1], held_table)
  add(next(results.sent), sent_table)
  parts[#parts + 1] = left_out(results)
  return table.concat(parts, "\n")
end

--- Writes README.md, with what stands between the marks anew, and the plots into a directory.
function page.write(results, directory)
  local text = read(SOURCE)
  local _, from = text:find(BEGIN, 1, true)
  local to = text:find(END, 1, true)
  assert(from and to, SOURCE .. " has not both marks")
  write(directory .. "/create.svg", create_plot(results))
  if next(results.in_flight) then write(directory .. "/in-flight.svg", in_flight_plot(results)) end
  write(directory .. "/README.md", text:sub(1, from) .. "\n\n" .. page.tables(results) .. "\n" .. text:sub(to))
end

return page

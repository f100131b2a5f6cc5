-- The plots, as SVG text that reads well beside a light page and a dark one. Widths of text are
-- estimated: nothing is measured by a font.

local chart = {}

local WIDTH = 800
local STYLE = [[
  <style>
    text { font: 13px system-ui, "Segoe UI", "Helvetica Neue", Helvetica, Arial, sans-serif; fill: #1f2328 }
    .page { fill: #ffffff }
    .title { font-size: 15px; font-weight: 600 } .faint { fill: #59636e; font-size: 12px }
    .axis { stroke: #d1d9e0; stroke-width: 1 } .mark { stroke: #59636e; stroke-width: 1; stroke-dasharray: 3 3 }
    .ours { fill: #1f6feb } .bare { fill: #6e7781 } .other { fill: #b6bec8 }
    .cut { stroke: #ffffff; stroke-width: 3; fill: none }
    .line { fill: none; stroke-width: 2; stroke-linejoin: round }
    .s1 { stroke: #6e7781 } .s2 { stroke: #afb8c1 } .s3 { stroke: #1f6feb } .s4 { stroke: #8250df } .s5 { stroke: #bf8700 }
    .d1 { fill: #6e7781 } .d2 { fill: #afb8c1 } .d3 { fill: #1f6feb } .d4 { fill: #8250df } .d5 { fill: #bf8700 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .page { fill: #0d1117 } .faint { fill: #9198a1 }
      .axis { stroke: #3d444d } .mark { stroke: #9198a1 }
      .ours { fill: #4493f8 } .bare { fill: #9198a1 } .other { fill: #4b535d } .cut { stroke: #0d1117 }
      .s1 { stroke: #9198a1 } .s2 { stroke: #5c646e } .s3 { stroke: #4493f8 } .s4 { stroke: #ab7df8 } .s5 { stroke: #d29922 }
      .d1 { fill: #9198a1 } .d2 { fill: #5c646e } .d3 { fill: #4493f8 } .d4 { fill: #ab7df8 } .d5 { fill: #d29922 }
    }
  </style>
]]

local function escape(text)
  return (text:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }))
end

-- Lines of SVG, gathered.
local function canvas()
  local lines = {}
  local self = {}

  function self.add(format, ...)
    lines[#lines + 1] = "  " .. format:format(...)
  end

  function self.text(x, y, text, class, anchor)
    self.add('<text x="%.1f" y="%.1f"%s%s>%s</text>', x, y, class and (' class="%s"'):format(class) or "",
      anchor and (' text-anchor="%s"'):format(anchor) or "", escape(text))
  end

  function self.line(x1, y1, x2, y2, class)
    self.add('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>', x1, y1, x2, y2, class)
  end

  function self.finish(height, title)
    return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">\n')
      :format(WIDTH, height, WIDTH, height, escape(title)) .. STYLE
      .. ('  <rect class="page" width="%d" height="%d" rx="6"/>\n'):format(WIDTH, height)
      .. table.concat(lines, "\n") .. "\n</svg>\n"
  end

  return self
end

--- Thousands, as a figure of three digits or so.
function chart.thousands(value)
  return ("%.0f"):format(value / 1000):reverse():gsub("(%d%d%d)(%d)", "%1,%2"):reverse()
end

-- --- bars ------------------------------------------------------------------------------------------

local LABELS, BARS, ROW = 320, 330, 23
local VALUES, RATIOS = 720, 775 -- where they end

-- Two white strokes through a bar that is longer than can be shown.
local function cut(c, x, y)
  for i = 0, 1 do c.add('<path class="cut" d="M %.1f %.1f l -6 %d"/>', x - 24 - 9 * i, y - 2, ROW - 2) end
end

local function bar(c, item, y, scale, most, base)
  local is_long = item.value > most
  local width = (is_long and most or item.value) * scale
  c.text(LABELS, y + 13, item.label, nil, "end")
  c.add('<rect x="%d" y="%.1f" width="%.1f" height="%d" rx="2" class="%s"/>', LABELS + 10, y, width, ROW - 6, item.class)
  if is_long then cut(c, LABELS + 10 + width, y) end
  c.text(VALUES, y + 13, chart.thousands(item.value), nil, "end")
  c.text(RATIOS, y + 13, ("%.2f"):format(item.value / base), "faint", "end")
end

--- Horizontal bars, in panels that share a scale.
-- @tparam string title
-- @tparam string note
-- @tparam table panels each title, base (the value that is 1.00), and items of label, value, class
-- @tparam number most the longest bar that is shown whole
function chart.bars(title, note, panels, most)
  local c = canvas()
  local scale, y = BARS / most, 58
  c.text(20, 26, title, "title")
  c.text(20, 44, note, "faint")
  for _, panel in ipairs(panels) do
    y = y + 22
    c.text(LABELS, y, panel.title, "faint", "end")
    local top = y + 8
    y = top + 2
    local x = LABELS + 10 + panel.base * scale
    for _, item in ipairs(panel.items) do
      bar(c, item, y, scale, most, panel.base)
      y = y + ROW
    end
    c.line(x, top - 6, x, y - 2, "mark")
    c.text(x, top - 10, "1.00", "faint", "middle")
    y = y + 6
  end
  return c.finish(y + 12, title)
end

-- --- lines -----------------------------------------------------------------------------------------

local LEFT, RIGHT, TOP, HEIGHT = 60, 540, 66, 260

-- Names beside the ends of lines, none on another.
local function spread(ends)
  table.sort(ends, function(a, b) return a.y < b.y end)
  for i = 2, #ends do ends[i].y = math.max(ends[i].y, ends[i - 1].y + 17) end
  return ends
end

local function grid(c, xs, x_of, y_of, most, step)
  for value = 0, most, step do
    c.line(LEFT, y_of(value), RIGHT, y_of(value), "axis")
    c.text(LEFT - 8, y_of(value) + 4, chart.thousands(value), "faint", "end")
  end
  for _, x in ipairs(xs) do
    c.text(x_of(x), TOP + HEIGHT + 18, ("%d"):format(x):gsub("(%d)(%d%d%d)$", "%1,%2"), "faint", "middle")
  end
end

--- Lines over a logarithmic axis.
-- @tparam string title
-- @tparam string note
-- @tparam table xs the numbers on the axis
-- @tparam string x_name what they are
-- @tparam table series each a label and values by x; up to five
function chart.lines(title, note, xs, x_name, series)
  local c, top = canvas(), 0
  for _, s in ipairs(series) do
    for _, value in pairs(s.values) do top = math.max(top, value) end
  end
  local step = top > 400000 and 100000 or 50000
  local most = math.ceil(top / step) * step
  local function x_of(x) return LEFT + (RIGHT - LEFT) * math.log(x / xs[1]) / math.log(xs[#xs] / xs[1]) end
  local function y_of(value) return TOP + HEIGHT * (1 - value / most) end

  c.text(20, 26, title, "title")
  c.text(20, 44, note, "faint")
  grid(c, xs, x_of, y_of, most, step)
  c.text((LEFT + RIGHT) / 2, TOP + HEIGHT + 38, x_name, "faint", "middle")
  local ends = {}
  for i, s in ipairs(series) do
    local points, last = {}, nil
    for _, x in ipairs(xs) do
      if s.values[x] then
        points[#points + 1] = ("%.1f,%.1f"):format(x_of(x), y_of(s.values[x]))
        c.add('<circle cx="%.1f" cy="%.1f" r="3" class="d%d"/>', x_of(x), y_of(s.values[x]), i)
        last = x
      end
    end
    if last then
      c.add('<polyline points="%s" class="line s%d"/>', table.concat(points, " "), i)
      ends[#ends + 1] = { y = y_of(s.values[last]) + 4, label = s.label, i = i }
    end
  end
  for _, e in ipairs(spread(ends)) do
    c.add('<circle cx="%.1f" cy="%.1f" r="4" class="d%d"/>', RIGHT + 18, e.y - 4, e.i)
    c.text(RIGHT + 28, e.y, e.label)
  end
  return c.finish(TOP + HEIGHT + 54, title)
end

return chart

-- A document's marked tables: a comment above a table says what it is made from. A cell that its maker
-- leaves out is people's: what stands there, in the row of the same first cell, is kept.

local function cells_of(line)
  local cells = {}
  for cell in line:sub(2):gmatch "%s*(.-)%s*|" do cells[#cells + 1] = cell end
  return cells
end

-- The table that stands there: the cells by their titles, of each first cell, and its place.
local function read_table(lines)
  local titles, old, places = cells_of(lines[1] or ""), {}, {}
  for i = 3, #lines do
    local cells, row = cells_of(lines[i]), {}
    for j, title in ipairs(titles) do row[title] = cells[j] end
    old[cells[1]], places[cells[1]] = row, i
  end
  return old, places
end

local function line_of(cells)
  return ("| " .. table.concat(cells, " | ") .. " |"):gsub("  +|", " |")
end

local function make_table(make, keeps_order, lines)
  local titles, rows = make()
  local old, places = read_table(lines)
  if keeps_order then
    table.sort(rows, function(a, b)
      local one, other = places[a[1]] or 1e9, places[b[1]] or 1e9
      if one ~= other then return one < other end
      return a[1] < b[1]
    end)
  end
  local made = { line_of(titles), "|" .. ("---|"):rep(#titles) }
  for _, row in ipairs(rows) do
    for i, title in ipairs(titles) do
      row[i] = row[i] or old[row[1]] and old[row[1]][title] or ""
    end
    made[#made + 1] = line_of(row)
  end
  return made
end

--- The text with each marked table made anew. `maker`: of a mark's name, the function that makes the
-- table, and whether its rows stand in the order in which they are there.
return function(text, maker)
  local out, name, lines = {}, nil, {}
  for line in text:gmatch "([^\n]*)\n" do
    local inside = name and line:sub(1, 1) == "|"
    if inside then lines[#lines + 1] = line end
    if name and not inside and not line:find "^<!" then
      local make, keeps_order = maker(name)
      for _, made in ipairs(make_table(make, keeps_order, lines)) do out[#out + 1] = made end
      name, lines = nil, {}
    end
    name = line:match "^<!%-%- made from: (.-) %-%->$" or name
    if not inside then out[#out + 1] = line end
  end
  return table.concat(out, "\n") .. "\n"
end

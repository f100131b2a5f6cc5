-- Counts by name, and in words, for programs that print what came of many calls.

local tally = {}

--- One more of that name in the table `counts`.
function tally.add(counts, name)
  counts[name] = (counts[name] or 0) + 1
end

--- "adopted 2, created 7", sorted by name; "none".
function tally.words(counts)
  local words = {}
  for name in pairs(counts) do words[#words + 1] = name end
  table.sort(words)
  for i, name in ipairs(words) do words[i] = ("%s %d"):format(name, counts[name]) end
  return words[1] and table.concat(words, ", ") or "none"
end

return tally

-- Percent-encoding of the inputs that are text, so that a line can hold any byte.

local percent = {}

function percent.decode(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

return percent

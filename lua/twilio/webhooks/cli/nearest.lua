--- The name that a wrong one may mean. The core compares, and knows only snake_case.

local loading = require "twilio.webhooks.loading"

local nearest = {}

local function key_of(name)
  return (name:lower():gsub("[^%w]", ""))
end

--- One of the names, or nil.
function nearest.of(wrong, names)
  local found = loading.core().nearest(wrong, names)
  for _, name in ipairs(names) do
    if found and key_of(name) == key_of(found) then return name end
  end
end

--- The same as words to be appended to a message: "; did you mean --url?", or "".
function nearest.hint(wrong, names)
  local found = nearest.of(wrong, names)
  return found and ("; did you mean %s?"):format(found) or ""
end

return nearest

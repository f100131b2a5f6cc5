--- Writes the items of a client's iterator, one by one, as they come.

local listing = {}

--- Gives the status.
function listing.write(context, items, kind, operation)
  if items.err then return context:fail_by(items.err, operation) end
  local writer = context:writer(kind)
  for item in items do writer:add(item) end
  local count = writer:finish()
  if not items.finished then return context:fail_by(items.err, operation) end
  if count == 0 then context:note("no %s", kind.name) end
end

return listing

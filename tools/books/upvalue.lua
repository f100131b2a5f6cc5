--- The upvalue of that name: a module's own table, which it shows to nobody else.
return function(f, name)
  for i = 1, 60 do
    local found, value = debug.getupvalue(f, i)
    if found == name then return value end
  end
  error("no upvalue " .. name)
end

-- Files as whole texts: for specs, the bench and tools.

local files = {}

--- All that is in the file.
function files.read(path)
  local file = assert(io.open(path, "rb"))
  local text = assert(file:read "*a")
  file:close()
  return text
end

--- Makes the file, or replaces what is in it.
function files.write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

return files

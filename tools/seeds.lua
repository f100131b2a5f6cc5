-- seeds.lua pack|unpack TARGET...: the inputs of a fuzz target, in the tree a line each of
-- spec/fuzz/seeds/TARGET (a name, and the bytes percent-encoded), for the fuzzer a file
-- each in build/fuzz/seeds/TARGET.

local function encode(text)
  return (text:gsub("[^!-$&-~]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

local function decode(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function unpack_seeds(seeds, directory)
  for line in io.lines(seeds) do
    local name, text = line:match "^(%S+) (%S*)$"
    local file = assert(io.open(directory .. "/" .. assert(name, line), "wb"))
    file:write(decode(text))
    file:close()
  end
end

local function pack_seeds(seeds, directory)
  local names = io.popen("LC_ALL=C ls '" .. directory .. "'")
  local file = assert(io.open(seeds, "wb"))
  for name in names:lines() do
    local seed = assert(io.open(directory .. "/" .. name, "rb"))
    file:write(name, " ", encode(seed:read "a"), "\n")
    seed:close()
  end
  file:close()
  names:close()
end

for i = 2, #arg do
  local seeds, directory = "spec/fuzz/seeds/" .. arg[i], "build/fuzz/seeds/" .. arg[i]
  if arg[1] == "unpack" then
    os.execute(("mkdir -p '%s'"):format(directory))
    unpack_seeds(seeds, directory)
  else
    pack_seeds(seeds, directory)
  end
end

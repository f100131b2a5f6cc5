--- Loads the modules in C, and others when they are first used. Where one in C cannot be loaded,
-- raises an error of one line that names the remedy. Lua's own message names none, and has a line for
-- each place that it searched.

local loading = {}

-- This Lua's name for people and for make, and its version for LuaRocks.
local function this_lua()
  local version = _VERSION:match "%d+%.%d+"
  local jit = rawget(_G, "jit")
  return jit and "LuaJIT" or _VERSION, jit and "luajit" or "lua" .. version, version
end

local function remedy()
  local _, program, version = this_lua()
  return ("make LUA=%s, or luarocks --lua-version %s make, in the source's directory")
    :format(program, version)
end

-- The Lua that the file was built for, as it says itself: see TW_BUILT_FOR in csrc/core.c.
local function built_for(path)
  local file = path and io.open(path, "rb")
  if not file then return "another Lua" end
  local text = file:read "*a"
  file:close()
  return text:match "twilio%.webhooks%.core for (Lua %d+%.%d+)" or "another Lua"
end

-- The meaning of Lua's own message, for people; nil if that message explains itself.
local function explain(message)
  local lua, _, version = this_lua()
  if message:find "needs lua%-cjson" then
    return ("lua-cjson is not there for %s: install Debian's package lua-cjson, or "
      .. "luarocks --lua-version %s install lua-cjson"):format(lua, version)
  elseif message:find("^module 'twilio.webhooks.core' not found")
    or message:find("^module 'twilio.webhooks.system' not found") then
    return ("its C part is not built, or not installed, for %s: %s"):format(lua, remedy())
  elseif message:find("^module 'twilio.webhooks.signature' not found") then
    return ("its part for signatures is not built, or not installed, for %s; it needs libcrypto "
      .. "(Debian's package libssl-dev): %s"):format(lua, remedy())
  elseif message:find "symbol[^\n]*lua" or message:find "version mismatch" then
    local path = message:match "from file '([^\n]-)'"
    return ("%s was built for %s, and this is %s: %s")
      :format(path or "its C part", built_for(path), lua, remedy())
  elseif message:find "\n" then
    return (message:gsub("%s*\n%s*", " "))
  end
end

-- In Lua 5.1 and LuaJIT an error amid a require, of a debug hook's or of memory, leaves a mark for each
-- module that was being loaded, and no further require loads it. Our modules are tables and functions,
-- and no mark is.
local function is_mark(value)
  return value ~= nil and type(value) ~= "table" and type(value) ~= "function"
end

local function is_own(name)
  return type(name) == "string" and name:find "^twilio%.webhooks%."
end

local function remove_marks()
  local loaded = package.loaded
  for name, value in pairs(loaded) do
    if is_own(name) and is_mark(value) then loaded[name] = nil end
  end
end

--- The module of that name, whatever came amid an earlier try to load it.
function loading.module(name)
  if is_mark(package.loaded[name]) then remove_marks() end
  return require(name)
end

local function load(name)
  if is_mark(package.loaded[name]) then remove_marks() end
  local loaded, module = pcall(require, name) -- by itself: the message then has no place in this file
  if loaded then return module end
  local explanation = type(module) == "string" and explain(module)
  error(explanation and "twilio.webhooks: " .. explanation or module, 0)
end

-- --- parts in C --------------------------------------------------------------------

--- The core, or an error of one line.
function loading.core()
  return load "twilio.webhooks.core"
end

--- The module of files and the process, for bulk/ and the command line.
function loading.system()
  return load "twilio.webhooks.system"
end

--- The module that computes signatures, which links libcrypto; loaded when it is first used.
function loading.signature()
  return load "twilio.webhooks.signature"
end

-- --- parts that are loaded when they are first used --------------------------------

--- Raises an error, for the caller of an __index that calls this: webhooks.`owner` has no such name.
function loading.refuse(owner, name, names)
  local nearest = type(name) == "string" and loading.core().nearest(name, names)
  error(("webhooks.%s has no %s; %s"):format(owner, tostring(name),
    nearest and ("did you mean %s?"):format(nearest) or "there are " .. table.concat(names, ", ")), 3)
end

--- A table, webhooks.`owner`, of the modules twilio.webhooks.`directory`.`name`.
-- @tparam[opt] string absent a name that may be asked for, and is not there
function loading.on_demand(owner, directory, names, absent)
  local known = {}
  for _, name in ipairs(names) do known[name] = true end
  return setmetatable({}, { __index = function(modules, name)
    if name == absent then return nil end
    if not known[name] then loading.refuse(owner, name, names) end
    local module = loading.module(("twilio.webhooks.%s.%s"):format(directory, name))
    rawset(modules, name, module)
    return module
  end })
end

return loading

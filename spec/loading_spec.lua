-- What is said where the C core cannot be loaded, in one line.

local child = require "spec.support.child"
local openresty = require "spec.support.openresty"

-- Loads the module in a process of its own, where `before` has run first.
local function said(before)
  return child.run(before .. [[
    local loaded, message = pcall(require, "twilio.webhooks")
    io.write(loaded and "loaded" or message)
  ]])
end

-- Where the core's loader raises that.
local function raising(message)
  return said(([[
    package.preload["twilio.webhooks.core"] = function() error(%q, 0) end
  ]]):format(message))
end

local LUA = jit and "LuaJIT" or _VERSION
local VERSION = _VERSION:match "%d+%.%d+"
local REMEDY = ("make LUA=%s, or luarocks --lua-version %s make, in the source's directory")
  :format(jit and "luajit" or "lua" .. VERSION, VERSION)

describe("loading", function()
  it("says that the C part is not there", function()
    assert.equal(("twilio.webhooks: its C part is not built, or not installed, for %s: %s"):format(LUA, REMEDY),
      said "package.cpath = '' ")
  end)

  it("says which Lua the file was built for", function()
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    local file = assert(io.open(path, "wb"))
    file:write("\127ELF\0twilio.webhooks.core for Lua 5.9\0rest")
    file:close()
    assert.equal(("twilio.webhooks: %s was built for Lua 5.9, and this is %s: %s"):format(path, LUA, REMEDY),
      raising(("error loading module 'twilio.webhooks.core' from file '%s':\n\t%s: undefined symbol: lua_tointegerx")
        :format(path, path)))
  end)

  it("knows the module itself as built for another Lua #once", function()
    openresty.build()
    local output = said "package.cpath = package.cpath:gsub('[^;]*build/[^;]*', 'build/luajit/?.so') "
    assert.truthy(output:find("^twilio%.webhooks: build/luajit/twilio/webhooks/core%.so was built for Lua 5%.1, "
      .. "and this is Lua 5%.4: make LUA=lua5%.4, or [^\n]*$"), output)
  end)

  -- What Lua or the core says, and what becomes of it.
  local rows = {
    { "twilio.webhooks needs lua-cjson (luarocks install lua-cjson): module 'cjson' not found:\n\tno field",
      ("twilio.webhooks: lua-cjson is not there for %s: install Debian's package lua-cjson, or "
        .. "luarocks --lua-version %s install lua-cjson"):format(LUA, VERSION) },
    { "error loading module 'twilio.webhooks.core' from file 'x.so':\n\tlibcurl.so.4: cannot open shared object file",
      "twilio.webhooks: error loading module 'twilio.webhooks.core' from file 'x.so': "
        .. "libcurl.so.4: cannot open shared object file" },
    { "version mismatch: app./library 504/503",
      ("twilio.webhooks: its C part was built for another Lua, and this is %s: %s"):format(LUA, REMEDY) },
    { "module 'twilio.webhooks.signature' not found:\n\tno field",
      ("twilio.webhooks: its part for signatures is not built, or not installed, for %s; it needs libcrypto "
        .. "(Debian's package libssl-dev): %s"):format(LUA, REMEDY) },
    { "not enough memory", "not enough memory" },
  }
  for _, row in ipairs(rows) do
    it("explains: " .. row[1]:match "^[^\n]*", function()
      assert.equal(row[2], raising(row[1]))
    end)
  end

  it("passes an error on that is no text", function()
    assert.equal("true", child.run [[
      local mine = {}
      package.preload["twilio.webhooks.core"] = function() error(mine) end
      io.write(tostring(select(2, pcall(require, "twilio.webhooks")) == mine))
    ]])
  end)
end)

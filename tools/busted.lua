-- Busted under whichever interpreter runs this file: `lua5.1 tools/busted.lua spec`.
-- (The `busted` command is bound to one interpreter, and not always a Lua file.)
require "busted.runner" { standalone = false }

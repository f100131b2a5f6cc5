-- HMAC (RFC 2104) by SHA-1 and SHA-256 (RFC 6234), and base64: a second implementation, in Lua, so
-- that the sandbox signs without the module that it tests, and needs no further library. For tests
-- only: it is slow, and not in constant time. Lua 5.4.

local hmac = {}

local WORD = 0xffffffff

local function rotate_left(x, n) return (x << n | x >> (32 - n)) & WORD end
local function rotate_right(x, n) return (x >> n | x << (32 - n)) & WORD end

-- The message as 64-byte blocks: a one bit, zeros, and its length in bits.
local function pad(text)
  return text .. "\128" .. ("\0"):rep((55 - #text) % 64) .. (">I8"):pack(#text * 8)
end

-- Calls `add(state, words)` for each block of 16 words; gives the digest.
local function digest(text, state, add)
  text = pad(text)
  for place = 1, #text, 64 do
    add(state, { (">" .. ("I4"):rep(16)):unpack(text, place) })
  end
  return (">" .. ("I4"):rep(#state)):pack(table.unpack(state))
end

-- --- SHA-1 ------------------------------------------------------------------

local function choose(x, y, z) return (x & y) ~ (~x & z) end
local function parity(x, y, z) return x ~ y ~ z end
local function majority(x, y, z) return (x & y) ~ (x & z) ~ (y & z) end

local SHA1 = {
  { choose, 0x5a827999 }, { parity, 0x6ed9eba1 }, { majority, 0x8f1bbcdc }, { parity, 0xca62c1d6 },
}

local function add_sha1(state, w)
  for i = 17, 80 do w[i] = rotate_left(w[i - 3] ~ w[i - 8] ~ w[i - 14] ~ w[i - 16], 1) end
  local a, b, c, d, e = table.unpack(state)
  for i = 1, 80 do
    local row = SHA1[(i - 1) // 20 + 1]
    local sum = rotate_left(a, 5) + (row[1](b, c, d) & WORD) + e + row[2] + w[i] & WORD
    a, b, c, d, e = sum, a, rotate_left(b, 30), c, d
  end
  for i, value in ipairs { a, b, c, d, e } do state[i] = state[i] + value & WORD end
end

function hmac.sha1(text)
  return digest(text, { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 }, add_sha1)
end

-- --- SHA-256 ----------------------------------------------------------------

-- The first 32 bits of the fractions of the square roots of the first 8 primes, and of the
-- cube roots of the first 64.
local SQUARE_ROOTS, CUBE_ROOTS = {}, {}

-- A double's 53 bits are enough for the roots of primes below 312.
local function fraction(root)
  return math.floor(root % 1 * 2 ^ 32)
end

local function is_prime(n)
  for divisor = 2, math.floor(n ^ 0.5) do
    if n % divisor == 0 then return false end
  end
  return true
end

for n = 2, 311 do
  if is_prime(n) then
    if #SQUARE_ROOTS < 8 then SQUARE_ROOTS[#SQUARE_ROOTS + 1] = fraction(n ^ 0.5) end
    CUBE_ROOTS[#CUBE_ROOTS + 1] = fraction(n ^ (1 / 3))
  end
end

local function add_sha256(state, w)
  for i = 17, 64 do
    local x, y = w[i - 15], w[i - 2]
    local s0 = rotate_right(x, 7) ~ rotate_right(x, 18) ~ (x >> 3)
    local s1 = rotate_right(y, 17) ~ rotate_right(y, 19) ~ (y >> 10)
    w[i] = w[i - 16] + s0 + w[i - 7] + s1 & WORD
  end
  local a, b, c, d, e, f, g, h = table.unpack(state)
  for i = 1, 64 do
    local s1 = rotate_right(e, 6) ~ rotate_right(e, 11) ~ rotate_right(e, 25)
    local s0 = rotate_right(a, 2) ~ rotate_right(a, 13) ~ rotate_right(a, 22)
    local one = h + s1 + (choose(e, f, g) & WORD) + CUBE_ROOTS[i] + w[i]
    a, b, c, d, e, f, g, h = one + s0 + majority(a, b, c) & WORD, a, b, c, d + one & WORD, e, f, g
  end
  for i, value in ipairs { a, b, c, d, e, f, g, h } do state[i] = state[i] + value & WORD end
end

function hmac.sha256(text)
  return digest(text, { table.unpack(SQUARE_ROOTS) }, add_sha256)
end

-- --- HMAC -------------------------------------------------------------------

local function xor(text, byte)
  return (text:gsub(".", function(c) return string.char(c:byte() ~ byte) end))
end

-- `hash`: hmac.sha1 or hmac.sha256. Gives bytes.
function hmac.sign(hash, key, text)
  if #key > 64 then key = hash(key) end
  key = key .. ("\0"):rep(64 - #key)
  return hash(xor(key, 0x5c) .. hash(xor(key, 0x36) .. text))
end

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

function hmac.base64(bytes)
  local text = bytes:gsub("..?.?", function(group)
    local a, b, c = group:byte(1, 3)
    local bits, digits = a << 16 | (b or 0) << 8 | (c or 0), {}
    for i = 1, #group + 1 do
      local value = bits >> (24 - 6 * i) & 63
      digits[i] = DIGITS:sub(value + 1, value + 1)
    end
    return table.concat(digits) .. ("="):rep(3 - #group)
  end)
  return text
end

return hmac

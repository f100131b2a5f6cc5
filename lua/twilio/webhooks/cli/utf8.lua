--- Text for a terminal: its width in columns, and the text without what a terminal would obey. Not all
-- versions of Lua have a utf8 library, and that knows no columns.

local utf8 = {}

-- Ranges of code points, first and last in turn. These take no column: combining marks, joiners.
local NONE = {
  0x300, 0x36F, 0x483, 0x489, 0x591, 0x5BD, 0x610, 0x61A, 0x64B, 0x65F, 0x6D6, 0x6DC, 0x900, 0x902,
  0x93C, 0x93C, 0x941, 0x948, 0xE31, 0xE31, 0xE34, 0xE3A, 0xE47, 0xE4E, 0x1AB0, 0x1AFF, 0x1DC0, 0x1DFF,
  0x200B, 0x200F, 0x202A, 0x202E, 0x2060, 0x2064, 0x20D0, 0x20FF, 0xFE00, 0xFE0F, 0xFE20, 0xFE2F,
  0xFEFF, 0xFEFF, 0x1F3FB, 0x1F3FF, 0xE0100, 0xE01EF,
}
-- These take two columns: East Asian wide and fullwidth ones, and pictures.
local TWO = {
  0x1100, 0x115F, 0x231A, 0x231B, 0x23E9, 0x23EC, 0x23F0, 0x23F0, 0x23F3, 0x23F3, 0x25FD, 0x25FE,
  0x2614, 0x2615, 0x2648, 0x2653, 0x267F, 0x267F, 0x2693, 0x2693, 0x26A1, 0x26A1, 0x26AA, 0x26AB,
  0x26BD, 0x26BE, 0x26C4, 0x26C5, 0x26CE, 0x26CE, 0x26D4, 0x26D4, 0x26EA, 0x26EA, 0x26F2, 0x26F3,
  0x26F5, 0x26F5, 0x26FA, 0x26FA, 0x26FD, 0x26FD, 0x2705, 0x2705, 0x270A, 0x270B, 0x2728, 0x2728,
  0x274C, 0x274C, 0x274E, 0x274E, 0x2753, 0x2755, 0x2757, 0x2757, 0x2795, 0x2797, 0x27B0, 0x27B0,
  0x27BF, 0x27BF, 0x2B1B, 0x2B1C, 0x2B50, 0x2B50, 0x2B55, 0x2B55, 0x2E80, 0x303E, 0x3041, 0x33FF,
  0x3400, 0x4DBF, 0x4E00, 0xA4CF, 0xA960, 0xA97F, 0xAC00, 0xD7A3, 0xF900, 0xFAFF, 0xFE30, 0xFE6F,
  0xFF00, 0xFF60, 0xFFE0, 0xFFE6, 0x16FE0, 0x18AFF, 0x1B000, 0x1B2FF, 0x1F004, 0x1F004, 0x1F0CF, 0x1F0CF,
  0x1F18E, 0x1F18E, 0x1F191, 0x1F19A, 0x1F200, 0x1F320, 0x1F32D, 0x1F335, 0x1F337, 0x1F37C,
  0x1F37E, 0x1F393, 0x1F3A0, 0x1F3CA, 0x1F3CF, 0x1F3D3, 0x1F3E0, 0x1F3F0, 0x1F3F4, 0x1F3F4,
  0x1F3F8, 0x1F43E, 0x1F440, 0x1F440, 0x1F442, 0x1F4FC, 0x1F4FF, 0x1F53D, 0x1F54B, 0x1F54E,
  0x1F550, 0x1F567, 0x1F57A, 0x1F57A, 0x1F595, 0x1F596, 0x1F5A4, 0x1F5A4, 0x1F5FB, 0x1F64F,
  0x1F680, 0x1F6C5, 0x1F6CC, 0x1F6CC, 0x1F6D0, 0x1F6D2, 0x1F6D5, 0x1F6D7, 0x1F6DC, 0x1F6DF,
  0x1F6EB, 0x1F6EC, 0x1F6F4, 0x1F6FC, 0x1F7E0, 0x1F7EB, 0x1F7F0, 0x1F7F0, 0x1F90C, 0x1F93A,
  0x1F93C, 0x1F945, 0x1F947, 0x1F9FF, 0x1FA70, 0x1FAFF, 0x20000, 0x3FFFD,
}

local function is_in(ranges, code)
  local low, high = 1, #ranges / 2
  while low <= high do
    local middle = math.floor((low + high) / 2)
    if code < ranges[2 * middle - 1] then high = middle - 1
    elseif code > ranges[2 * middle] then low = middle + 1
    else return true end
  end
  return false
end

-- Well-formed characters, by RFC 3629: first byte, least and most of the second, bytes that follow.
local function length_at(text, i)
  local a, b = text:byte(i, i + 1)
  if a < 0x80 then return 1 end
  local length = a >= 0xC2 and a <= 0xDF and 2 or a >= 0xE0 and a <= 0xEF and 3
    or a >= 0xF0 and a <= 0xF4 and 4
  if not length or not b then return nil end
  local least = a == 0xE0 and 0xA0 or a == 0xF0 and 0x90 or 0x80
  local most = a == 0xED and 0x9F or a == 0xF4 and 0x8F or 0xBF
  if b < least or b > most then return nil end
  for k = 2, length - 1 do
    local c = text:byte(i + k)
    if not c or c < 0x80 or c > 0xBF then return nil end
  end
  return length
end

local function code_of(text, i, length)
  local code = text:byte(i)
  if length == 1 then return code end
  code = code % 2 ^ (7 - length)
  for k = 1, length - 1 do code = code * 64 + text:byte(i + k) % 64 end
  return code
end

--- The characters of a text one by one: the bytes of each, and its code point; nil for a byte that
-- belongs to none.
function utf8.characters(text)
  local i = 1
  return function()
    if i > #text then return nil end
    local start, length = i, length_at(text, i)
    i = start + (length or 1)
    return text:sub(start, i - 1), length and code_of(text, start, length)
  end
end

--- How many columns of a terminal it takes.
function utf8.width(text)
  if not text:find "[\128-\255]" then return #text end
  local width = 0
  for _, code in utf8.characters(text) do
    if not code or not is_in(NONE, code) then
      width = width + (code and is_in(TWO, code) and 2 or 1)
    end
  end
  return width
end

-- Marks that change the direction of the text after them, so that a text can pretend to be another.
local TURNS = { 0x200E, 0x200F, 0x2028, 0x202E, 0x2066, 0x2069 }

--- Is the character one that a terminal obeys, or that hides what a text says?
function utf8.is_control(code)
  return code < 0x20 or code >= 0x7F and code < 0xA0 or is_in(TURNS, code)
end

local NAMED = { ["\t"] = "\\t", ["\n"] = "\\n", ["\r"] = "\\r", ["\\"] = "\\\\" }

local function escape(text, named)
  local pieces = {}
  for bytes, code in utf8.characters(text) do
    local name, piece = named[bytes], bytes
    if name then piece = name
    elseif not code or code < 0x80 and utf8.is_control(code) then piece = ("\\x%02X"):format(bytes:byte())
    elseif utf8.is_control(code) then piece = ("\\u{%X}"):format(code) end
    pieces[#pieces + 1] = piece
  end
  return table.concat(pieces)
end

--- The text in one line, without what a terminal would obey: "\t", "\x1B", "\u{9B}".
function utf8.escape(text)
  if not text:find "[%z\1-\31\\\127-\255]" then return text end
  return escape(text, NAMED)
end

local LINES = { ["\n"] = "\n", ["\t"] = "\t" }

--- The same for a message, which keeps its lines and its backslashes.
function utf8.printable(text)
  if not text:find "[%z\1-\31\127-\255]" then return text end
  return escape(text, LINES)
end

return utf8

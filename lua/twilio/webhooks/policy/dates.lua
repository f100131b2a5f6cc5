--- Reads dates as servers write them, to seconds since 1970. Pure. Refuses a text that is not a date
-- from its first byte to its last, since a date proves an age.

local dates = {}

local MONTHS = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6,
  Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12 }
local DAYS = { Mon = true, Tue = true, Wed = true, Thu = true, Fri = true, Sat = true, Sun = true }
local LONG_DAYS = { Monday = true, Tuesday = true, Wednesday = true, Thursday = true,
  Friday = true, Saturday = true, Sunday = true }
local MONTH_DAYS = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

-- By RFC 9110 two digits mean the latest past year with that end. In a Date header that year is of
-- this century.
local CENTURY = 2000

-- Days since 1970-01-01, by the proleptic Gregorian calendar.
local function days(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  return 365 * year + math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
    + math.floor((153 * (month - 3) + 2) / 5) + day - 719469
end

local function is_leap(year)
  return year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
end

-- From texts of digits. A leap second is the first of the next minute.
local function seconds(year, month, day, hour, minute, second)
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second)
  if not MONTH_DAYS[month] or day < 1 or day > MONTH_DAYS[month] then return nil end
  if month == 2 and day == 29 and not is_leap(year) then return nil end
  if hour > 23 or minute > 59 or second > 60 then return nil end
  return days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
end

-- "Sun, 06 Nov 1994 08:49:37 GMT"
local function imf_fixdate(text)
  local name, day, month, year, hour, minute, second =
    text:match("^(%a%a%a), (%d%d) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT$")
  if not DAYS[name] or not MONTHS[month] then return nil end
  return seconds(year, MONTHS[month], day, hour, minute, second)
end

-- "Sunday, 06-Nov-94 08:49:37 GMT"
local function rfc850_date(text)
  local name, day, month, year, hour, minute, second =
    text:match("^(%a+), (%d%d)%-(%a%a%a)%-(%d%d) (%d%d):(%d%d):(%d%d) GMT$")
  if not LONG_DAYS[name] or not MONTHS[month] then return nil end
  return seconds(CENTURY + tonumber(year), MONTHS[month], day, hour, minute, second)
end

-- "Sun Nov  6 08:49:37 1994"
local function asctime_date(text)
  local name, month, day, hour, minute, second, year =
    text:match("^(%a%a%a) (%a%a%a) ([ %d]%d) (%d%d):(%d%d):(%d%d) (%d%d%d%d)$")
  if not DAYS[name] or not MONTHS[month] then return nil end
  return seconds(year, MONTHS[month], day, hour, minute, second)
end

--- Reads a Date header, in each of the three forms of RFC 9110, 5.6.7; or nil.
function dates.http(text)
  if type(text) ~= "string" then return nil end
  return imf_fixdate(text) or rfc850_date(text) or asctime_date(text)
end

-- Seconds that an ISO 8601 offset is ahead of UTC; nil if it is not an offset.
local function offset(text)
  if text == "Z" or text == "z" then return 0 end
  local sign, hours, minutes = text:match("^([+-])(%d%d):?(%d%d)$")
  if not sign then sign, hours, minutes = text:match("^([+-])(%d%d)$") end
  if not sign then return nil end
  hours, minutes = tonumber(hours), tonumber(minutes or 0)
  if hours > 23 or minutes > 59 then return nil end
  return (hours * 3600 + minutes * 60) * (sign == "-" and -1 or 1)
end

--- Reads "2016-03-24T21:05:50Z", perhaps with a fraction and an offset; or nil. A time without an
-- offset is a local one of an unknown place, and so nil.
function dates.iso(text)
  if type(text) ~= "string" then return nil end
  local year, month, day, hour, minute, second, rest =
    text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)[Tt ](%d%d):(%d%d):(%d%d)(.+)$")
  if not year then return nil end
  local ahead = offset((rest:gsub("^[.,]%d+", "")))
  local moment = ahead and seconds(year, month, day, hour, minute, second)
  return moment and moment - ahead
end

return dates

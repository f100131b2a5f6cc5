-- The pages of a list: the one that a query asks for, its items, and the URLs of the others. A
-- page has a number, or a token with the serial number of the item before it. By token nothing is
-- skipped or shown twice if an item is deleted meanwhile. A number alone just counts pages (ours).

local decode = require "twilio.webhooks.sandbox.decode"
local errors = require "twilio.webhooks.sandbox.errors"
local json = require "twilio.webhooks.sandbox.json"

local pages = {}

local MAX_NUMBER = 2 ^ 31 - 1 -- ours
local MAX_SERIAL = 2 ^ 53

local PARAMETERS = {
  { name = "PageSize", pattern = "^(%d+)$", least = 1 },
  { name = "Page", pattern = "^(%d+)$", least = 0, most = MAX_NUMBER, default = 0 },
  { name = "PageToken", pattern = "^PA(%d+)$", least = 0, most = MAX_SERIAL, default = false },
}

-- Nil if it is wrong. `list`: its `most` items on a page, and the default, `usual`.
local function read_parameter(parameter, text, list)
  if text == "" then return parameter.default == nil and list.usual or parameter.default end
  local number = tonumber(text:match(parameter.pattern))
  return number and number >= parameter.least and number <= (parameter.most or list.most) and number or nil
end

-- The page that a query asks for: PageSize, Page and, or false, PageToken; and `form`, all of the
-- query. Or nil and the error.
function pages.read(query, list)
  local form = decode.form(query)
  if not form then return nil, errors.new("malformed", "a bad escape in the query") end
  local page = { form = form }
  for _, parameter in ipairs(PARAMETERS) do
    local name = parameter.name
    page[name] = read_parameter(parameter, form[name] and form[name][1] or "", list)
    if page[name] == nil then return nil, errors.new("invalid_parameter", name) end
  end
  return page
end

-- The place after all serial numbers up to this one, by halving, since they are in order.
local function place_after(serials, serial)
  local low, high = 1, #serials + 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    if serials[middle] <= serial then low = middle + 1 else high = middle end
  end
  return low
end

local function url_of(page, url, number, token)
  url = ("%s?%sPageSize=%d&Page=%d"):format(url, page.filters or "", page.PageSize, number)
  return token and ("%s&PageToken=PA%d"):format(url, token) or url
end

-- `token` is that of the next page, nil on the last.
local function meta_of(page, url, token, key)
  local number = page.Page
  return {
    page = number,
    page_size = page.PageSize,
    first_page_url = url_of(page, url, 0),
    previous_page_url = number > 0 and url_of(page, url, number - 1) or json.NULL,
    url = url_of(page, url, number, page.PageToken),
    next_page_url = token and url_of(page, url, number + 1, token) or json.NULL,
    key = key,
  }
end

local function any() return true end

-- The page's items, and what is told about it. `items` have, at the same places, `serials`;
-- `url` is the list's own, without a query; `key` what the answer calls the items. `wanted`, if
-- there is one, tells which items count: `page.filters` is its part of a query.
function pages.turn(page, items, serials, url, key, wanted)
  local found, last, more = json.list(), nil, nil
  local place = page.PageToken and place_after(serials, page.PageToken) or 1
  local skip = page.PageToken and 0 or page.Page * page.PageSize
  wanted = wanted or any
  while items[place] and not more do
    if wanted(items[place]) then
      if skip > 0 then skip = skip - 1
      elseif #found == page.PageSize then more = serials[last]
      else found[#found + 1], last = items[place], place end
    end
    place = place + 1
  end
  return found, meta_of(page, url, more, key)
end

return pages

-- The pages of a list: which one a query asks for, what is on it, and where the others
-- are. A page is known by its number, or by a token that names the serial number of the
-- webhook before it: by token nothing is passed over or shown twice when a webhook is
-- deleted meanwhile. That a number alone counts pages off is ours.

local decode = require "twilio.webhooks.sandbox.decode"
local errors = require "twilio.webhooks.sandbox.errors"
local json = require "twilio.webhooks.sandbox.json"

local pages = {}

local MAX_SIZE = 5
local MAX_NUMBER = 2 ^ 31 - 1 -- ours
local MAX_SERIAL = 2 ^ 53

local PARAMETERS = {
  { name = "PageSize", pattern = "^(%d+)$", least = 1, most = MAX_SIZE, default = MAX_SIZE },
  { name = "Page", pattern = "^(%d+)$", least = 0, most = MAX_NUMBER, default = 0 },
  { name = "PageToken", pattern = "^PA(%d+)$", least = 0, most = MAX_SERIAL, default = false },
}

-- Nil when it is not what it should be.
local function read_parameter(parameter, text)
  if text == "" then return parameter.default end
  local number = tonumber(text:match(parameter.pattern))
  return number and number >= parameter.least and number <= parameter.most and number or nil
end

-- The page that a query asks for: PageSize, Page and, or false, PageToken. Or nil and
-- the error.
function pages.read(query)
  local form, page = decode.form(query), {}
  if not form then return nil, errors.new("malformed", "a bad escape in the query") end
  for _, parameter in ipairs(PARAMETERS) do
    local name = parameter.name
    page[name] = read_parameter(parameter, form[name] and form[name][1] or "")
    if page[name] == nil then return nil, errors.new("invalid_parameter", name) end
  end
  return page
end

-- The place of the page's first webhook, whether there is one or not.
local function first_of(page, serials)
  if not page.PageToken then return page.Page * page.PageSize + 1 end
  local place = 1
  while serials[place] and serials[place] <= page.PageToken do place = place + 1 end
  return place
end

local function url_of(page, url, number, token)
  url = ("%s?PageSize=%d&Page=%d"):format(url, page.PageSize, number)
  return token and ("%s&PageToken=PA%d"):format(url, token) or url
end

-- `token` is that of the next page, nil on the last.
local function meta_of(page, url, token)
  local number = page.Page
  return {
    page = number,
    page_size = page.PageSize,
    first_page_url = url_of(page, url, 0),
    previous_page_url = number > 0 and url_of(page, url, number - 1) or json.NULL,
    url = url_of(page, url, number, page.PageToken),
    next_page_url = token and url_of(page, url, number + 1, token) or json.NULL,
    key = "webhooks",
  }
end

-- The page's webhooks, and what is told about it. `parent` has `webhooks` and, at the
-- same places, `serials`; `url` is the list's own, without a query.
function pages.turn(page, parent, url)
  local webhooks, first = json.list(), first_of(page, parent.serials)
  local last = math.min(first + page.PageSize - 1, #parent.webhooks)
  for place = first, last do table.insert(webhooks, parent.webhooks[place]) end
  local more = last < #parent.webhooks
  return webhooks, meta_of(page, url, more and parent.serials[last])
end

return pages

-- Dates of headers and of JSON, read in full or not at all.

local dates = require "twilio.webhooks.policy.dates"

local MOMENT = 1458853550 -- 2016-03-24 21:05:50 UTC

-- { text, seconds since 1970 or nil }
local http = {
  { "Thu, 24 Mar 2016 21:05:50 GMT", MOMENT },
  { "Thursday, 24-Mar-16 21:05:50 GMT", MOMENT },
  { "Thu Mar 24 21:05:50 2016", MOMENT },
  { "Sun Mar  6 00:00:00 2016", 1457222400 },
  { "Tue, 24 Nov 2026 13:37:36 GMT", 1795527456 },
  { "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 },
  { "Tue, 24 Xyz 2026 13:37:36 GMT" },
  { "Xyz, 24 Nov 2026 13:37:36 GMT" },
  { "Tue, 31 Nov 2026 13:37:36 GMT" },
  { "Tue, 24 Nov 2026 24:37:36 GMT" },
  { "Tue, 24 Nov 2026 13:60:36 GMT" },
  { "Tue, 24 Nov 2026 13:37:61 GMT" },
  { "Tue, 24 Nov 2026 13:37:36 EST" },
  { "Tue, 24 Nov 2026 13:37:36 +0100" },
  { "Tue, 24 Nov 2026 13:37:36" },
  { "Tue, 24 Nov 2026 13:37:36 GMT, Tue, 24 Nov 2026 13:37:36 GMT" },
  { "Tue, 24 Nov 2026 13:37:36 GMT " },
  { "Thu, 29 Feb 2023 00:00:00 GMT" },
  { "" }, { nil }, { 5 }, { {} },
}

local iso = {
  { "2016-03-24T21:05:50Z", MOMENT },
  { "2016-03-24t21:05:50z", MOMENT },
  { "2016-03-24 21:05:50Z", MOMENT },
  { "2016-03-24T21:05:50.5Z", MOMENT },
  { "2016-03-24T21:05:50,123456Z", MOMENT },
  { "2016-03-24T21:05:50+00:00", MOMENT },
  { "2016-03-24T21:05:50-00:00", MOMENT },
  { "2016-03-24T16:05:50-05:00", MOMENT },
  { "2016-03-24T16:05:50-0500", MOMENT },
  { "2016-03-24T16:05:50.25-05", MOMENT },
  { "2016-03-25T02:35:50+05:30", MOMENT },
  { "2000-02-29T00:00:00Z", 951782400 },
  { "1970-01-01T00:00:00Z", 0 },
  { "2016-03-24T21:05:50" },
  { "2016-03-24T21:05:50 UTC" },
  { "2016-03-24T21:05:50 GMT" },
  { "2016-03-24T21:05:50Zulu" },
  { "2016-03-24T21:05:50+24:00" },
  { "2016-03-24T21:05:50+05:60" },
  { "2016-03-24T21:05:50+5" },
  { "2016-03-24T21:05:50." },
  { "2016-03-24T21:05:50.Z" },
  { "2016-13-24T21:05:50Z" },
  { "2016-00-24T21:05:50Z" },
  { "2016-02-30T21:05:50Z" },
  { "1900-02-29T21:05:50Z" },
  { "2016-03-24T25:05:50Z" },
  { "2016-03-24" },
  { " 2016-03-24T21:05:50Z" },
  { "2016-W12-4T21:05:50Z" },
  { "Thu, 24 Mar 2016 21:05:50 +0000" },
  { "yesterday" }, { nil }, { 1458853550 }, { {} },
}

describe("dates", function()
  for name, rows in pairs { http = http, iso = iso } do
    describe(name, function()
      for _, row in ipairs(rows) do
        local wanted = row[2]
        it(("%s %s"):format(wanted and "reads" or "refuses", tostring(row[1])), function()
          assert.equal(wanted, dates[name](row[1]))
        end)
      end
    end)
  end
end)

-- What a list proves of a create whose outcome is unknown. No socket, no clock.

local evidence = require "twilio.webhooks.policy.evidence"

local FORM = "Type=webhook&Configuration.Url=u&Configuration.Filters=a"
local NOON = "Tue, 24 Nov 2026 12:00:00 GMT"

local function webhook(sid, created, fields)
  local made = { sid = sid, type = "webhook", date_created = created,
    configuration = { url = "u", method = "POST", filters = { "a" } } }
  for name, value in pairs(fields or {}) do made[name] = value end
  return made
end

local function other(sid, created) return webhook(sid, created, { type = "trigger" }) end

-- The list came at noon, the create left ten seconds before.
local function judge(webhooks, fields)
  local case = { form = FORM, known = function(sid) return sid == "known" end, exact = false, date = NOON,
    elapsed = 10, rival = false }
  for name, value in pairs(fields or {}) do case[name] = value end
  local verdict, found = evidence.judge(webhooks, case)
  local sids = {}
  for i, candidate in ipairs(found) do sids[i] = candidate.sid end
  return verdict .. (sids[1] and " " .. table.concat(sids, " ") or "")
end

describe("evidence", function()
  describe("doubt", function()
    local rows = {
      { "a connection that broke", { kind = "network", sent = "unknown" }, "over" },
      { "one that broke in the answer", { kind = "network", sent = "yes" }, "over" },
      { "TLS that broke", { kind = "tls", sent = "unknown" }, "over" },
      { "an answer that cannot be used", { kind = "parse", sent = "yes", status = 200 }, "over" },
      { "one that says \"created\"", { kind = "parse", sent = "yes", status = 201 }, "running" },
      { "one that says so, and breaks off", { kind = "network", sent = "yes", status = 201 }, "running" },
      { "one that says \"accepted\"", { kind = "parse", sent = "yes", status = 202 }, "running" },
      { "our own timeout", { kind = "timeout", sent = "unknown" }, "running" },
      { "one within the answer", { kind = "timeout", sent = "yes" }, "running" },
      { "a timeout before it left", { kind = "timeout", sent = "no" } },
      { "a refused connection", { kind = "network", sent = "no" } },
      { "a canceled one", { kind = "canceled", sent = "unknown" } },
      { "wrong parameters", { kind = "invalid", sent = "no" } },
    }
    for status, doubt in pairs { [408] = "running", [500] = "over", [502] = "over", [503] = "over", [504] = "running",
      [524] = "running", [599] = "running", [501] = "running" } do
      rows[#rows + 1] = { status, { kind = "http", sent = "yes", status = status }, doubt }
    end
    for _, status in ipairs { 301, 400, 401, 404, 409, 429, 499 } do
      rows[#rows + 1] = { status, { kind = "http", sent = "yes", status = status } }
    end
    for _, row in ipairs(rows) do
      it(("%s: %s"):format(row[1], row[3] or "none"), function()
        assert.equal(row[3], evidence.doubt(row[2]))
      end)
    end
  end)

  describe("judge", function()
    -- { what, list, verdict and sids, of the case }
    local rows = {
      { "nothing", {}, "absent" },
      { "what is known", { webhook("known", "2026-11-24T11:59:55Z") }, "absent" },
      { "a new equal one", { webhook("1", "2026-11-24T11:59:55Z") }, "adopt 1" },
      { "one of the second before", { webhook("1", "2026-11-24T11:59:49Z") }, "adopt 1" },
      { "an older one", { webhook("1", "2026-11-24T11:59:48Z") }, "several 1" },
      { "one of a minute before", { webhook("1", "2026-11-24T11:58:49Z") }, "several 1" },
      { "one of five minutes before", { webhook("1", "2026-11-24T11:54:50Z") }, "several 1" },
      { "one of more than that", { webhook("1", "2026-11-24T11:54:49Z") }, "absent" },
      { "one of ten years ago", { webhook("1", "2016-11-24T11:54:49Z") }, "absent" },
      { "one that is yet to come", { webhook("1", "2026-11-24T12:00:02Z") }, "several 1" },
      { "one of this second", { webhook("1", "2026-11-24T12:00:01Z") }, "adopt 1" },
      { "one of a date that cannot be read", { webhook("1", "2016-11-24 at noon") }, "several 1" },
      { "one of no date", { webhook("1") }, "several 1" },
      { "one of a date that is no text", { webhook("1", 1480000000) }, "several 1" },
      { "a local time", { webhook("1", "2016-11-24T11:59:55") }, "several 1" },
      { "an offset", { webhook("1", "2026-11-24T06:59:55-05:00") }, "adopt 1" },
      { "an offset of long ago", { webhook("1", "2026-11-24T11:59:55+05:00") }, "absent" },
      { "two new equal ones", { webhook("1", "2026-11-24T11:59:55Z"), webhook("2", "2026-11-24T11:59:56Z") },
        "several 1 2" },
      { "one that two pages show", { webhook("1", "2026-11-24T11:59:55Z"), webhook("1", "2026-11-24T11:59:55Z") },
        "adopt 1" },
      { "a new and an unclear one", { webhook("1", "2026-11-24T11:59:55Z"), webhook("2") }, "several 1 2" },
      { "a new one beside what is known and old", { webhook("known", "2026-11-24T11:59:55Z"),
        webhook("1", "2026-11-24T11:59:55Z"), webhook("2", "2016-11-24T11:59:55Z") }, "adopt 1" },
      { "a new one beside one that is not equal", { other("2"), webhook("1", "2026-11-24T11:59:55Z") }, "adopt 1" },
      { "a new one that is not equal", { other("1", "2026-11-24T11:59:55Z") }, "unclear 1" },
      { "an unclear one that is not equal", { other("1", "2026-11-24T11:58:55Z") }, "unclear 1" },
      { "an old one that is not equal", { other("1", "2016-11-24T11:58:55Z") }, "absent" },
      { "no Date", { webhook("1", "2016-11-24T11:59:55Z") }, "several 1", { date = false } },
      { "a Date that cannot be read", { webhook("1", "2016-11-24T11:59:55Z") }, "several 1", { date = "noon" } },
      { "a Date of RFC 850", { webhook("1", "2026-11-24T11:59:55Z") }, "adopt 1",
        { date = "Tuesday, 24-Nov-26 12:00:00 GMT" } },
      { "a Date as asctime has it", { webhook("1", "2026-11-24T11:59:55Z") }, "adopt 1",
        { date = "Tue Nov 24 12:00:00 2026" } },
      { "an equal create of before that is unresolved", { webhook("1", "2026-11-24T11:59:55Z") }, "several 1",
        { rival = true } },
      { "a list before: all others are new", { webhook("1", "2016-11-24T11:59:55Z") }, "adopt 1",
        { exact = true, date = false } },
      { "a list before, and one that is not equal", { other("1", "2016-11-24T11:59:55Z") }, "unclear 1", { exact = true } },
      { "a list before, and what is known", { webhook("known") }, "absent", { exact = true } },
      { "a known lag", { webhook("1", "2026-11-24T11:58:45Z") }, "adopt 1", { least_lag = 65, most_lag = 66 } },
      { "a known lag, and one of before", { webhook("1", "2026-11-24T11:58:43Z") }, "several 1",
        { least_lag = 65, most_lag = 66 } },
      { "a known lag, and one of five minutes before", { webhook("1", "2026-11-24T11:53:43Z") }, "absent",
        { least_lag = 65, most_lag = 66 } },
      { "a lag beyond those that are known", { webhook("1", "2026-11-24T11:58:45Z") }, "several 1",
        { least_lag = 0, most_lag = 1 } },
      { "a known lead", { webhook("1", "2026-11-24T12:00:55Z") }, "adopt 1", { least_lag = -65, most_lag = -65 } },
      { "a known lead, and one of before", { webhook("1", "2026-11-24T12:00:35Z") }, "several 1",
        { least_lag = -65, most_lag = -65 } },
    }
    for _, row in ipairs(rows) do
      it(("%s: %s"):format(row[1], row[3]), function()
        assert.equal(row[3], judge(row[2], row[4]))
      end)
    end
  end)

  it("tells how far date_created is behind Date, where both can be read", function()
    assert.equal(3, evidence.lag(webhook("1", "2026-11-24T11:59:57Z"), NOON))
    assert.equal(-5, evidence.lag(webhook("1", "2026-11-24T07:00:05-05:00"), NOON))
    assert.is_nil(evidence.lag(webhook("1"), NOON))
    assert.is_nil(evidence.lag(webhook("1", "2026-11-24T11:59:57Z"), nil))
  end)
end)

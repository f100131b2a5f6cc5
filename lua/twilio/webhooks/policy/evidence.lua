--- What a list proves about a create whose outcome is unknown. Pure: an error or a list goes
-- in, a verdict comes out; no clock, no network.
--
-- The rule: a list without a match does not prove that nothing was made. A list is compared with
-- what is known of the time before. If any webhook in it could be the create's, the create is not
-- sent again.

local dates = require "twilio.webhooks.policy.dates"
local match = require "twilio.webhooks.policy.match"

local evidence = {}

-- Seconds by which a webhook may seem older than its own call, since dates are whole seconds.
local GRAIN = 1
-- Seconds by which a webhook has to be older to be surely another's: maintained clocks differ less
-- (Kerberos allows as much). A measured lag says nothing about the next answer's: an API has many
-- servers.
local OLD = 300

--- Seconds after which no date makes a webhook look as young as the call.
evidence.OLD = OLD

local OVER = { [500] = true, [502] = true, [503] = true }
-- "Created" and "accepted": the create takes effect, whatever else is wrong with the answer.
local TAKEN = { [201] = true, [202] = true }

--- May a failed attempt have made something on the server?
-- @tparam table err of the attempt
-- @treturn string|nil nil: nothing. "over": processed or not, nothing more will happen, since the
--   connection is gone or the answer says so. "running": it may still be processed, or the answer
--   says that it is; then no list proves otherwise.
function evidence.doubt(err)
  if err.sent == "no" then return nil end
  if err.kind == "timeout" or TAKEN[err.status] and err.kind ~= "canceled" then return "running" end
  if err.kind == "network" or err.kind == "tls" or err.kind == "parse" then return "over" end
  if err.kind ~= "http" or err.status < 500 and err.status ~= 408 then return nil end
  return OVER[err.status] and "over" or "running"
end

--- Seconds by which date_created is behind the Date of the answer that brought it; nil if one of
-- them cannot be read.
function evidence.lag(webhook, date)
  local created, answered = dates.iso(webhook.date_created), dates.http(date)
  return created and answered and answered - created
end

-- "known", "old", "new" or "unclear".
local function age(webhook, case)
  if case.known(webhook.sid) then return "known" end
  if case.exact then return "new" end
  local created = dates.iso(webhook.date_created)
  local date = dates.http(case.date)
  if not created or not date then return "unclear" end
  local least, most = case.least_lag or 0, case.most_lag or 0
  local since = date - case.elapsed
  if created + most < since - OLD then return "old" end
  if created + least > date + GRAIN then return "unclear" end -- of a clock that is ahead
  return created + least >= since - GRAIN and "new" or "unclear"
end

--- What the list proves about a create.
-- @tparam table webhooks
-- @tparam table case `form` as it was sent; `known(sid)`: was it there before, or is it
--   another call's?; `exact`: a list was read before the create, so all others are new;
--   `date` of the list's answer; `elapsed`, seconds from the create to that; `least_lag` and
--   `most_lag`, by evidence.lag, if they are known; `rival`: may an earlier equal create
--   have left a webhook, too?
-- @treturn string "adopt" (the webhook is the only candidate), "absent", "unclear" (one of
--   the candidates may be it) or "several" (equal ones, of which any may be it; more lists do
--   not help)
-- @treturn table candidates
function evidence.judge(webhooks, case)
  local asked, equal, others, sure, seen = match.asked(case.form), {}, {}, true, {}
  for _, webhook in ipairs(webhooks) do
    local how_old = not seen[webhook.sid] and age(webhook, case) -- pages may overlap
    seen[webhook.sid] = true
    if how_old == "new" or how_old == "unclear" then
      local alike = match.equal(asked, webhook)
      local group = alike and equal or others
      group[#group + 1] = webhook
      if alike and how_old == "unclear" then sure = false end
    end
  end
  if #equal == 1 and sure and not case.rival then return "adopt", equal end
  if #equal > 0 then return "several", equal end
  return #others > 0 and "unclear" or "absent", others
end

return evidence

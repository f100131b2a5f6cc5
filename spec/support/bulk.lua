-- What the specs of bulk/ have in common: a sandbox and a client of it, rows, files.

local sandbox = require "twilio.webhooks.sandbox"
local webhooks = require "twilio.webhooks"

local bulk = {}

local opened, paths, server = {}, {}, nil

--- For before_each: the sandbox, and a client that does not wait for long.
function bulk.start(options, client_options)
  server = assert(sandbox.start(options))
  return server, bulk.client(client_options)
end

--- A client of the sandbox.
function bulk.client(options)
  local given = { base_url = server.base_url, account_sid = server.account_sid, auth_token = server.auth_token,
    service_sid = server.service_sid, timeout = 2, deadline = 10 }
  for name, value in pairs(options or {}) do given[name] = value end
  return bulk.closing(assert(webhooks.new(given)))
end

--- Has something closed after the test. Gives it.
function bulk.closing(value)
  opened[#opened + 1] = value
  return value
end

--- The name of a file that goes after the test; with that text, or not there.
function bulk.path(text, suffix)
  local path = os.tmpname()
  paths[#paths + 1] = path
  if suffix then
    path = path .. suffix
    paths[#paths + 1] = path
  end
  os.remove(path)
  if text then bulk.write(path, text) end
  return path
end

function bulk.write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

function bulk.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

--- For after_each.
function bulk.stop()
  for i = #opened, 1, -1 do table.remove(opened, i):close() end
  for i = #paths, 1, -1 do os.remove(table.remove(paths, i)) end
  if server then server:stop() end
  server = nil
end

--- A row for the channel of that number; `fields` go before.
function bulk.row(i, fields)
  local row = { channel_sid = "room" .. i, type = "webhook",
    configuration = { url = "https://example.com/" .. i, filters = { "onMessageSent" } } }
  for name, value in pairs(fields or {}) do row[name] = value end
  return row
end

function bulk.rows(count)
  local rows = {}
  for i = 1, count do rows[i] = bulk.row(i) end
  return rows
end

--- A plan over rows.
function bulk.plan(rows, client, options)
  local source = assert(webhooks.bulk.source { rows = rows })
  return bulk.closing(assert(webhooks.bulk.plan(source, client, options)))
end

function bulk.journal(path)
  return bulk.closing(assert(webhooks.bulk.journal(path)))
end

--- Calls fn(on_progress) in a task of the client, which begins bulk work whose calls all fail. Closes the
-- client once at least 20 have failed, and the work waits for the API. Gives what fn gave, and how many
-- had failed then.
function bulk.close_while_waiting(client, fn)
  local failed, results = 0, nil
  client:go(function()
    results = { fn(function(progress) failed = progress.failed end) }
  end)
  client:go(function()
    local before
    repeat
      before = failed
      client:sleep(0.5)
    until failed >= 20 and failed == before -- all wait
    client:close()
  end)
  assert(client:run())
  return results[1], results[2], results[3], failed
end

--- Plans and applies as fast as it can. The outcome; or nil, message, err.
function bulk.apply(rows, client, path, options)
  local given = { rate = 100000, margin = 0.2 }
  for name, value in pairs(options or {}) do given[name] = value end
  local plan, journal = bulk.plan(rows, client), bulk.journal(path)
  local outcome, message, err = webhooks.bulk.apply(plan, client, journal, given)
  journal:close()
  return outcome, message, err
end

--- How many webhooks there are of each URL.
function bulk.held()
  local held, all = {}, server:webhooks()
  for _, hook in ipairs(all) do
    local url = hook.configuration.url
    held[url] = (held[url] or 0) + 1
  end
  return held, #all
end

return bulk

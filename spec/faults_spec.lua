-- The life of one request, against a server that does to it whatever a server
-- can do. Each row of support/faults.lua asserts what the caller learns, how many
-- requests the server received, that the call ended in time, and that the next
-- call on the same session works.

local webhooks = require "twilio.webhooks"
local example = require "spec.support.example"
local fault_server = require "spec.support.fault_server"
local faults = require "spec.support.faults"
local secrets = require "spec.support.secrets"
local cqueues = require "cqueues"

-- Of a call that has to end by its timeout, in seconds, of others, and how much longer it may
-- take: less than the servers wait, much more than a busy machine or valgrind does.
local TIMEOUT = os.getenv "TEST_RUN" == "valgrind" and 2 or 0.4
local PATIENCE, MARGIN = 30, 10

local OK = "TLS as it should be"

local PROXY_PASSWORD = "s3cret-of-the-proxy"

describe("fault", function()
  local server

  setup(function()
    server = fault_server.start()
  end)

  teardown(function()
    server:stop()
  end)

  local function create(base_url, fields)
    local params = example.webhook {
      base_url = base_url,
      ca_file = server.ca_file,
      timeout = PATIENCE,
      configuration = { url = "dummy" },
    }
    for name, value in pairs(fields or {}) do params[name] = value end
    return webhooks.create_webhook(params)
  end

  local function other(operation, base_url, fields)
    local params = example.params { base_url = base_url, timeout = PATIENCE, ca_file = server.ca_file }
    if operation ~= "list_webhooks" then params.sid = example.answer.sid end
    if operation == "update_webhook" then params.configuration = { url = "dummy" } end
    for name, value in pairs(fields or {}) do params[name] = value end
    return webhooks[operation](params)
  end

  local function check_error(row, message, err)
    assert.equal(row.kind, err.kind, message)
    assert.equal(row.sent, err.sent, message)
    assert.equal(row.retryable, err.retryable, message)
    assert.equal(message, err.message)
    assert.is_nil(message:find("[^\32-\126]"))
    secrets.absent(example.auth_token, message, err)
    secrets.absent(PROXY_PASSWORD, message, err)
    if row.message then assert.truthy(message:find(row.message, 1, true), message) end
    for name, value in pairs(row.err or {}) do
      if value == "none" then value = nil end
      assert.same(value, err[name], name)
    end
    if row.body_shown then assert.is_true(#err.body <= row.body_shown and #err.body > 0) end
    if err.body then assert.is_nil(err.body:find("[^\32-\126]")) end
  end

  for _, row in ipairs(faults) do
    it("is told: " .. row.name, function()
      local fields = { timeout = row.slow and TIMEOUT or nil }
      for name, value in pairs(row.fields or {}) do fields[name] = value end
      local url = fields.base_url or server:base_url(row.name)
      if row.trusted then fields.ca_file = server.directory .. "/" .. row.trusted end
      if row.proxy then
        fields.proxy = url:gsub("^%l+://", (row.socks and "socks5" or "http") .. "://user:" .. PROXY_PASSWORD .. "@")
        url = "https://127.0.0.1:1" -- where nobody listens
      end
      if row.warm then assert(create(url)) end
      if row.pause then server:await(row.name) end
      local before = server:requests(row.name)

      local begin = cqueues.monotime()
      local hook, message, err
      if row.operation then hook, message, err = other(row.operation, url, fields)
      else hook, message, err = create(url, fields) end
      local took = cqueues.monotime() - begin

      if row.kind == "ok" then
        assert(hook, message)
        if row.empty then assert.same({}, hook)
        elseif row.operation ~= "delete_webhook" then assert.equal(example.answer.sid, (hook[1] or hook).sid) end
        assert.equal(1, message.attempts)
      else
        assert.is_nil(hook)
        check_error(row, message, err)
      end
      assert.is_true(took < (row.patience or (row.slow and fields.timeout or 0)) + MARGIN, "took " .. took)
      assert.equal(row.requests, server:requests(row.name) - before)
      assert(create(server:base_url(OK)))
    end)
  end
end)

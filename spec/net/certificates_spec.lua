-- Where CA certificates come from, and that those which libcurl would take are found,
-- wherever they are: each connection begins with fewer.

local webhooks = require "twilio.webhooks"
local child = require "spec.support.child"
local example = require "spec.support.example"
local fault_server = require "spec.support.fault_server"
local files = require "spec.support.files"
local namespace = require "spec.support.namespace"

local GOOD, SELF = "TLS as it should be", "a certificate that nobody signed"

-- Whoever runs this may have some.
local UNSET = { CURL_CA_BUNDLE = "", SSL_CERT_FILE = "", SSL_CERT_DIR = "" }

describe("certificates", function()
  local server

  setup(function() server = fault_server.start() end)
  teardown(function() server:stop() end)

  -- Code that creates two webhooks, with those parameters besides.
  local function code(name, more)
    return ([[
      local message
      for _ = 1, 2 do
        message = select(2, require "twilio.webhooks".create_webhook {
          base_url = "%s", account_sid = "AC" .. ("a"):rep(32), auth_token = "x", service_sid = "IS" .. ("a"):rep(32),
          channel_sid = "x", type = "webhook", configuration = { url = "dummy" }, %s })
        if type(message) ~= "table" then break end
      end
      print(type(message) == "table" and "made" or message)
    ]]):format(server:base_url(name), more or "")
  end

  describe("of the environment", function()
    -- { what, variables; CA is the right file, NONE is none }
    local rows = {
      { "CURL_CA_BUNDLE", { CURL_CA_BUNDLE = "CA" }, "made" },
      { "SSL_CERT_FILE", { SSL_CERT_FILE = "CA" }, "made" },
      { "CURL_CA_BUNDLE before SSL_CERT_FILE", { CURL_CA_BUNDLE = "CA", SSL_CERT_FILE = "NONE" }, "made" },
      { "SSL_CERT_FILE beside SSL_CERT_DIR", { SSL_CERT_FILE = "CA", SSL_CERT_DIR = "/etc" }, "made" },
      { "an empty CURL_CA_BUNDLE, which is none", { CURL_CA_BUNDLE = "", SSL_CERT_FILE = "CA" }, "made" },
      { "a wrong CURL_CA_BUNDLE", { CURL_CA_BUNDLE = "NONE", SSL_CERT_FILE = "CA" }, "create_webhook: " },
      { "control characters", { SSL_CERT_FILE = "a\nb" }, "SSL_CERT_FILE: must have no control characters" },
    }
    for _, row in ipairs(rows) do
      it("come from " .. row[1], function()
        local environment = {}
        for name, value in pairs(UNSET) do environment[name] = value end
        for name, value in pairs(row[2]) do
          environment[name] = value == "CA" and server.ca_file or value == "NONE" and "/no/such/file" or value
        end
        local output = child.run(code(GOOD), environment)
        assert.truthy(output:find(row[3], 1, true), output)
      end)
    end

    it("are left alone where an option is given", function()
      local output = child.run(code(GOOD, ("ca_file = %q"):format(server.ca_file)), { CURL_CA_BUNDLE = "/no/such/file" })
      assert.equal("made\n", output)
    end)
  end)

  it("are taken from another file for the next call of the same client", function()
    local function create(file, name)
      return webhooks.create_webhook(example.webhook { base_url = server:base_url(name or GOOD), ca_file = file })
    end
    for _ = 1, 2 do
      assert(create(server.ca_file))
      local _, _, err = create(server.directory .. "/self.pem", GOOD .. ", once more")
      assert.equal("tls", err.kind)
      assert(create(server.directory .. "/self.pem", SELF .. ", but trusted"))
    end
  end)

  -- libcurl keeps what it has parsed of a file for a day.
  it("are read anew once those that the client has read turn out to have expired", function()
    local path = server.directory .. "/renewed.pem"
    files.write(path, files.read(server.directory .. "/lapsed-ca.pem"))
    local client = assert(webhooks.new(example.webhook { base_url = server:base_url(GOOD), ca_file = path }))
    finally(function() client:close() end)
    local _, _, err = client:create_webhook {}
    assert.equal("tls", err.kind)
    files.write(path, files.read(server.ca_file))
    assert(client:create_webhook {})
  end)

  describe("of the system", function()
    -- libcurl's own places, emptied. It has a directory and a bundle in it on Debian; where it
    -- has other ones these say nothing.
    local EMPTY = [[
      cp -r /etc/ssl/openssl.cnf %s/ 2>/dev/null || true
      mount -t tmpfs none /etc/ssl/certs
      A=%s B=/etc/ssl/certs/ca-certificates.crt
      hash() { ln -s "$1" "/etc/ssl/certs/$(openssl x509 -hash -noout -in "$1").0"; }
    ]]
    local function shell(lines)
      return EMPTY:format(server.directory, server.directory) .. lines
    end
    -- { what, shell, more parameters }
    local rows = {
      { "the directory and the bundle", [[hash $A/ca.pem; cp $A/ca.pem $B]] },
      { "the directory alone", [[hash $A/ca.pem]] },
      { "the bundle alone", [[cp $A/ca.pem $B]] },
      { "the bundle, and not the directory", [[hash $A/self.pem; cat $A/self.pem $A/ca.pem >$B]] },
      { "the bundle, beside files that are named nearly as hashes",
        [[cp $A/ca.pem $B; cd /etc/ssl/certs; touch 0123456 0123456.0 12345678 12345678.x 123456789.0; cd - >/dev/null]] },
      { "a ca_file, where the system has no directory", [[mount -t tmpfs none /etc/ssl]], "ca_file = DIR .. '/ca.pem'" },
      { "the directory, and not the bundle", [[hash $A/ca.pem; cp $A/self.pem $B]] },
      { "the directory, beside a ca_file without it", [[hash $A/ca.pem; cp $A/self.pem $B]], "ca_file = DIR .. '/self.pem'" },
      { "the bundle, beside a ca_path without it", [[cp $A/ca.pem $B]], "ca_path = '/etc'" },
      { "neither", [[hash $A/self.pem; cp $A/self.pem $B]], "", "create_webhook: " },
    }
    for _, row in ipairs(rows) do
      local name = ("are found in %s #plain"):format(row[1])
      if namespace.exists() then
        it(name, function()
          local more = (row[3] or ""):gsub("DIR", ("%q"):format(server.directory))
          local output = namespace.run_beside(shell(row[2]), code(GOOD, more), UNSET)
          assert.truthy(output:find(row[4] or "made", 1, true), output)
        end)
      else
        pending(name .. " (needs user namespaces)")
      end
    end
  end)
end)

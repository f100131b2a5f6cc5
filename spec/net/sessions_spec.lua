-- TLS sessions: a new connection resumes one, which halves what its handshake costs. The server says of
-- each whether it did. libcurl before 8.12 keeps sessions in each of a client's handles, and so one for
-- each request in flight; newer ones keep a few for all. One that all handles share, by a CURLSH, would
-- serve less: OpenSSL takes a ticket of TLS 1.3 for one connection only, and of many that begin at
-- once the first would have it.

local clients = require "spec.support.clients"
local libcurl = require "spec.support.libcurl"
local nginx = require "spec.support.nginx"
local shell = require "spec.support.shell"

-- It closes each connection after the answer, and says by its url whether TLS was resumed.
local HTTP = [[
worker_processes 1;
daemon off;
pid nginx.pid;
error_log error.log;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_timeout 0;
  server {
    listen 127.0.0.1:@PORT@ ssl;
    ssl_certificate certificate.pem;
    ssl_certificate_key key.pem;
    ssl_protocols @PROTOCOL;
    ssl_session_cache shared:spec:1m; # libcurl takes no tickets for TLS 1.2
    default_type application/json;
    location / { return 201 '{"sid":"WH@HEX","url":"$ssl_protocol $ssl_session_reused"}'; }
  }
}
]]

describe("TLS sessions", function()
  local directory

  local function read(name)
    local file = assert(io.open(directory .. "/" .. name, "rb"))
    local text = file:read "*a"
    file:close()
    return text
  end

  setup(function()
    directory = shell.output "mktemp -d":match "%S+"
    shell.output(("cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
      .. " -keyout key.pem -out certificate.pem -subj /CN=spec -addext subjectAltName=IP:127.0.0.1 2>&1"
      .. " && cp certificate.pem other.pem"):format(directory))
  end)

  teardown(function() os.execute("rm -rf " .. directory) end)

  for _, protocol in ipairs { "TLSv1.3", "TLSv1.2" } do
    describe("of " .. protocol, function()
      local server

      setup(function()
        server = nginx.run((HTTP:gsub("@PROTOCOL", protocol):gsub("@HEX", ("a"):rep(32))),
          { ["key.pem"] = read "key.pem", ["certificate.pem"] = read "certificate.pem" })
      end)

      teardown(function() server:stop() end)

      local function open(options)
        options = options or {}
        options.base_url = server.base_url:gsub("^http:", "https:")
        options.ca_file = directory .. "/certificate.pem"
        return clients.open(options)
      end

      local function create(client, fields)
        return assert(client:create_webhook(clients.webhook(fields))).url
      end

      local function wave(client, count)
        local said, resumed = {}, 0
        for i = 1, count do client:go(function() said[i] = create(client) end) end
        assert(client:run())
        for i = 1, count do
          if said[i] == protocol .. " r" then resumed = resumed + 1 end
        end
        return resumed
      end

      it("are resumed by the requests that follow", function()
        local client = open()
        assert.equal(protocol .. " .", create(client))
        for _ = 1, 3 do assert.equal(protocol .. " r", create(client)) end
        client:close()
      end)

      it("are resumed by as many at once as were in flight before", function()
        local client = open()
        local most, least = 0, libcurl.keeps_sessions_for_all and 1 or 8
        wave(client, 8)
        for _ = 1, 10 do -- on a busy machine fewer than eight may be in flight at once
          if most < least then most = math.max(most, wave(client, 8)) end
        end
        assert.is_true(most >= least, most)
        client:close()
      end)

      it("are not taken by a request that trusts another file, nor by another client", function()
        local client, other = open(), open()
        assert.equal(protocol .. " .", create(client))
        assert.equal(protocol .. " .", create(client, { ca_file = directory .. "/other.pem" }))
        assert.equal(protocol .. " r", create(client))
        assert.equal(protocol .. " .", create(other))
        client:close()
        other:close()
      end)
    end)
  end
end)

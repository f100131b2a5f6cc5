-- verify and send: the vendor's own vector; and what one signs the other knows.

local cjson = require "cjson"
local commandline = require "spec.support.commandline"
local sandbox = require "twilio.webhooks.sandbox"
local shell = require "spec.support.shell"
local webhooks = require "twilio.webhooks"

local URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
local FIELDS = { "CallSid=CA1234567890ABCDE", "Caller=+14158675309", "Digits=1234", "From=+14158675309",
  "To=+18005551212" }
local TOKEN = { TWILIO_AUTH_TOKEN = "12345" }
local KEYS = { TWILIO_AUTH_TOKEN = "12345", TWILIO_SHARED_SECRET = "secret" }

local function verify(words, input, environment)
  return commandline.run("verify -o json --url '" .. URL .. "' " .. words, environment or TOKEN, input)
end

describe("twilio-webhooks verify", function()
  local fields = "-f " .. table.concat(FIELDS, " -f ")

  it("takes what Twilio signed", function()
    local status, out, err = verify("--signature RSOYDt4T1cUTdK1PDd93/VVr8B8= " .. fields)
    assert.equal(0, status, err)
    assert.same({ verified = true }, cjson.decode(out))
  end)

  it("takes a body as it came", function()
    local body = table.concat(FIELDS, "&"):gsub("%+", "%%2B")
    assert.equal(0, (verify("--signature RSOYDt4T1cUTdK1PDd93/VVr8B8= --body -", body)))
  end)

  it("takes a body from a file, and says where there is none", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "wb"))
    file:write((table.concat(FIELDS, "&"):gsub("%+", "%%2B")))
    file:close()
    assert.equal(0, (verify("--signature RSOYDt4T1cUTdK1PDd93/VVr8B8= --body " .. path)))
    os.remove(path)
    assert.equal(2, (verify("--signature RSOYDt4T1cUTdK1PDd93/VVr8B8= --body " .. path)))
  end)

  it("refuses a body of which it would see the beginning alone, and what is no file", function()
    local status, _, err = verify("--signature x --body -", ("x"):rep(1048577))
    assert.equal(2, status)
    assert.truthy(err:find("longer than 1048576 bytes", 1, true), err)
    status, _, err = verify "--signature x --body /"
    assert.equal(2, status)
    assert.truthy(err:find("Is a directory", 1, true), err)
  end)

  it("takes a shared key", function()
    local status, out = verify("--signature 033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s= --key k "
      .. "--settings key=k,algorithm=HMAC_SHA256 " .. fields, nil, { TWILIO_SHARED_SECRET = "12345" })
    assert.equal(0, status, out)
  end)

  it("refuses any other, with a reason", function()
    local status, out = verify("--signature RSOYDt4T1cUTdK1PDd93/VVr8B9= " .. fields)
    assert.equal(1, status)
    local verdict = cjson.decode(out)
    assert.is_false(verdict.verified)
    assert.equal("mismatch", verdict.reason)
    assert.equal(1, (verify(fields)))
  end)
end)

-- #plain: curl, which send runs, stops for ever where the sanitizers are loaded into it.
describe("twilio-webhooks send #plain", function()
  it("shows with --dry-run what verify takes", function()
    for _, words in ipairs { "--event onMessageAdded -f Body='Grüße & =%' -f Body=two",
      "--event onMessageAdded --method GET", "--body - --content-type application/json", "--body -",
      "--event onMessageAdded --key k" } do
      local status, out, err = commandline.run("send --dry-run -o json 'https://a.example:444/b?c=1#d' " .. words, KEYS, "{}")
      assert.equal(0, status, err)
      local request = cjson.decode(out)
      local headers = table.concat(request.headers, "\n")
      local signature = headers:match "X%-Twilio%-Signature: (%S+)"
      local settings = headers:match "Settings: (%S+)"
      settings = settings and "--key k --settings " .. settings or ""
      local kind = request.content_type and "--content-type " .. request.content_type or ""
      local body = request.body and "--body - " .. kind or ""
      status, out = commandline.run(("verify --url %s --signature %s %s %s"):format(shell.quote(request.url), signature, body,
        settings), KEYS, request.body)
      assert.equal(0, status, out)
    end
  end)

  -- The sandbox writes down what it is sent, and answers 401 to what is no call of the API's.
  it("sends it, and gives the answer", function()
    local server = assert(sandbox.start())
    local url = server.base_url .. "/hook?a=1"
    local status, out = commandline.run("send -o json " .. url .. " --event onMessageAdded -f Body='two words'", TOKEN)
    local request = server:requests()[1]
    server:stop()
    assert.equal(1, status)
    assert.equal(401, cjson.decode(out).status)
    assert.equal("onMessageAdded", webhooks.event(request.body).event_type)
    assert.equal("two words", webhooks.event(request.body).body)
    assert.is_true(webhooks.verify { url = url, body = request.body, content_type = request.headers["content-type"],
      signature = request.headers["x-twilio-signature"], auth_token = "12345" })
  end)

  it("exits with 0 after 2xx #once", function()
    local status, output = shell.run([[
      fifo=$(mktemp -u); mkfifo "$fifo"
      python3 -c '
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()
    def log_message(self, *arguments): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.timeout = 20
server.handle_request()' >"$fifo" &
      read port <"$fifo"; rm "$fifo"
      ]] .. commandline.command('send "http://127.0.0.1:$port/hook" --event onMessageAdded -o jsonl', TOKEN))
    assert.equal(0, status, output)
    assert.matches('"status":204', output)
  end)

  it("reads no answer without end #once", function()
    local status, output = shell.run([[
      fifo=$(mktemp -u); mkfifo "$fifo"
      python3 -c '
import socket
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()
print(server.getsockname()[1], flush=True)
connection, _ = server.accept()
connection.recv(65536)
connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
try:
    while True: connection.sendall(b"x" * 65536)
except OSError: pass' >"$fifo" &
      read port <"$fifo"; rm "$fifo"
      ]] .. commandline.command('send "http://127.0.0.1:$port/hook" --event onMessageAdded -o jsonl', TOKEN))
    assert.equal(1, status)
    assert.matches("the answer is too large", output)
  end)

  it("says what is wrong where nobody answers", function()
    local status, out, err = commandline.run("send http://127.0.0.1:1/ --event onMessageAdded", TOKEN)
    assert.same({ 1, "" }, { status, out })
    assert.matches("connect", err)
  end)

  it("takes no words of a URL for the shell's, or for curl's", function()
    local path = os.tmpname()
    os.remove(path)
    commandline.run(("send 'http://127.0.0.1:1/$(touch %s)\"\noutput = %s' --event onMessageAdded"):format(path, path), TOKEN)
    assert.is_nil(io.open(path))
  end)
end)

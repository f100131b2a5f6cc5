-- System calls that fail: a create, with strace's fault injection failing the nth call of
-- each kind, for n from 1 on until a run makes fewer. Each run is a process of its own. It
-- must not crash nor hang, must make no second webhook, and must tell what is true.
--
--   lua5.4 spec/torture/syscalls.lua      (by `make torture-syscalls`)
--
-- strace works by ptrace: where that is forbidden, as in some containers, this says so and
-- fails.

local sandbox = require "twilio.webhooks.sandbox"
local example = require "spec.support.example"

-- What may come of each, by the manuals; the calls are libcurl's and the module's.
local FAULTS = {
  { "epoll_create1", "EMFILE", "ENOMEM" },
  { "epoll_ctl", "ENOMEM", "ENOSPC" },
  { "epoll_wait", "EINTR" },
  { "timerfd_create", "EMFILE" },
  { "timerfd_settime", "EINVAL" },
  { "socket", "EMFILE", "ENOBUFS" },
  { "connect", "ECONNREFUSED", "ENETUNREACH", "EADDRNOTAVAIL" },
  { "sendto", "EPIPE", "ECONNRESET" },
  { "recvfrom", "ECONNRESET", "ETIMEDOUT" },
  { "setsockopt", "EINVAL" },
  { "getsockname", "ENOBUFS" },
  { "getsockopt", "ENOBUFS" },
  { "fcntl", "EINVAL" },
  { "poll", "EINTR", "ENOMEM" },
  { "eventfd2", "EMFILE" },
}

-- Seconds for one process; and calls of one kind that a create may make.
local PATIENCE = 20
local MOST = 60

-- --- the process under test --------------------------------------------------------

-- Prints "made", or the kind and what is known to have been sent.
local function attempt(mode, base_url, channel)
  local webhooks = require "twilio.webhooks"
  local params = example.webhook { base_url = base_url, channel_sid = channel, timeout = 5 }
  local hook, message, err
  if mode == "blocking" then
    hook, message, err = webhooks.create_webhook(params)
  else
    local client = assert(webhooks.new { deadline = 8 })
    if mode == "client" then
      hook, message, err = client:create_webhook(params)
    else
      client:go(function() hook, message, err = client:create_webhook(params) end)
      client:pollfd() -- and with it the timer
      client:run()
    end
  end
  print(hook and "made" or err and ("failed %s %s %s"):format(err.kind, err.sent, message) or "nothing")
end

if arg[1] then
  attempt(arg[1], arg[2], arg[3])
  os.exit(true, true)
end

-- --- the driver ----------------------------------------------------------------------

local function output_of(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local text = pipe:read "*a"
  local _, _, status = pipe:close()
  return text, status
end

local INJECT = "timeout -k 5 %d strace -f -qq -e signal=none -e trace=%s -e inject=%s:error=%s:when=%d "
  .. "-o %s lua5.4 spec/torture/syscalls.lua %s %s %s"

local server = assert(sandbox.start { account_sid = example.account_sid, auth_token = example.auth_token })
local trace = os.tmpname()

local function give_up(why)
  server:stop()
  os.remove(trace)
  io.stderr:write("syscalls: ", why, "\n")
  os.exit(1)
end

local function read_trace()
  local file = assert(io.open(trace))
  local text = file:read "*a"
  file:close()
  return text
end

-- Creates that the server has processed in the channel.
local function creates(channel)
  local n = 0
  for _, request in ipairs(server:requests()) do
    if request.method == "POST" and request.target:find("/" .. channel .. "/", 1, true) then n = n + 1 end
  end
  return n
end

-- What is wrong with what a process said, or nil.
local function complaint(said, status, made)
  if status == 124 or status == 137 then return "hangs" end
  local outcome, sent = said:match "^(%l+)%s*%l*%s*(%l*)"
  if status ~= 0 or outcome ~= "made" and outcome ~= "failed" then return "ended with " .. status .. ": " .. said end
  if made > 1 then return made .. " webhooks: " .. said end
  if outcome == "made" and made ~= 1 then return "says that it made one, and has not" end
  if sent == "no" and made ~= 0 then return "says that nothing was sent, and has made one" end
  return nil
end

local runs, injected, complaints = 0, 0, 0

-- One process. True if the call was there to fail.
local function run(mode, call, error_name, n)
  runs = runs + 1
  local channel = "channel-" .. runs
  local command = INJECT:format(PATIENCE, call, call, error_name, n, trace, mode, server.base_url, channel)
  local said, status = output_of(command)
  local wrong = complaint(said, status, creates(channel))
  if wrong then
    complaints = complaints + 1
    print(("%s, %s %d of %s: %s"):format(mode, error_name, n, call, wrong))
  end
  return read_trace():find("(INJECTED)", 1, true) ~= nil
end

local said, status = output_of(("strace -qq -e trace=none -o %s true"):format(trace))
if status ~= 0 then give_up("strace cannot be used here: " .. said) end

for _, mode in ipairs { "blocking", "client", "loop" } do
  for _, fault in ipairs(FAULTS) do
    for i = 2, #fault do
      local n = 1
      while run(mode, fault[1], fault[i], n) do
        n = n + 1
        if n > MOST then give_up(fault[1] .. " does not end") end
      end
      injected = injected + n - 1
    end
  end
end

if injected == 0 then give_up "strace has injected nothing" end
server:stop()
os.remove(trace)
print(("%d processes, %d failed calls, %d complaints"):format(runs, injected, complaints))
os.exit(complaints == 0, true)

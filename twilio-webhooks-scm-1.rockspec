rockspec_format = "3.0"
package = "twilio-webhooks"
version = "scm-1"

source = {
  url = "git+https://github.com/twilio-webhooks/twilio-webhooks.git",
}

description = {
  summary = "Twilio Chat and Conversations webhooks from Lua, through libcurl",
  detailed = [[
Creates, fetches, lists, updates and deletes the webhooks of a Twilio Chat
channel or a conversation. A script, an OpenResty worker or a game server hands
over a Lua table; a C core checks it, encodes the nested keys as form fields,
performs the request with libcurl and hands back a Lua table. It does not send a
create twice, and it says exactly what happened when something failed.]],
  license = "MIT",
  homepage = "https://github.com/twilio-webhooks/twilio-webhooks",
  issues_url = "https://github.com/twilio-webhooks/twilio-webhooks/issues",
  labels = { "twilio", "webhook", "chat", "http", "libcurl" },
}

-- twilio.webhooks.sandbox also uses cqueues. It is for trying things out and for
-- tests, so it is left to those who want it: luarocks install cqueues.
dependencies = {
  "lua >= 5.1, < 5.5",
  "lua-cjson >= 2.1.0",
}

-- By library alone: Debian and Ubuntu keep curl/curl.h where LuaRocks does not
-- look but the compiler does. CURL_DIR, CURL_INCDIR and CURL_LIBDIR are honoured.
external_dependencies = {
  CURL = { library = "curl" },
}

build = {
  type = "builtin",
  modules = {
    ["twilio.webhooks"] = "lua/twilio/webhooks/init.lua",
    ["twilio.webhooks.client"] = "lua/twilio/webhooks/client.lua",
    ["twilio.webhooks.gate"] = "lua/twilio/webhooks/gate.lua",
    ["twilio.webhooks.hosted"] = "lua/twilio/webhooks/hosted.lua",
    ["twilio.webhooks.match"] = "lua/twilio/webhooks/match.lua",
    ["twilio.webhooks.queues"] = "lua/twilio/webhooks/queues.lua",
    ["twilio.webhooks.retry"] = "lua/twilio/webhooks/retry.lua",
    ["twilio.webhooks.sandbox"] = "lua/twilio/webhooks/sandbox.lua",
    ["twilio.webhooks.sandbox.api"] = "lua/twilio/webhooks/sandbox/api.lua",
    ["twilio.webhooks.sandbox.decode"] = "lua/twilio/webhooks/sandbox/decode.lua",
    ["twilio.webhooks.sandbox.errors"] = "lua/twilio/webhooks/sandbox/errors.lua",
    ["twilio.webhooks.sandbox.faults"] = "lua/twilio/webhooks/sandbox/faults.lua",
    ["twilio.webhooks.sandbox.http"] = "lua/twilio/webhooks/sandbox/http.lua",
    ["twilio.webhooks.sandbox.json"] = "lua/twilio/webhooks/sandbox/json.lua",
    ["twilio.webhooks.sandbox.log"] = "lua/twilio/webhooks/sandbox/log.lua",
    ["twilio.webhooks.sandbox.options"] = "lua/twilio/webhooks/sandbox/options.lua",
    ["twilio.webhooks.sandbox.pages"] = "lua/twilio/webhooks/sandbox/pages.lua",
    ["twilio.webhooks.sandbox.resources"] = "lua/twilio/webhooks/sandbox/resources.lua",
    ["twilio.webhooks.sandbox.server"] = "lua/twilio/webhooks/sandbox/server.lua",
    ["twilio.webhooks.scheduler"] = "lua/twilio/webhooks/scheduler.lua",
    ["twilio.webhooks.transport"] = "lua/twilio/webhooks/transport.lua",
    ["twilio.webhooks.wait"] = "lua/twilio/webhooks/wait.lua",
    ["twilio.webhooks.core"] = {
      sources = {
        "csrc/alarm.c",
        "csrc/authorization.c",
        "csrc/blocking.c",
        "csrc/buffer.c",
        "csrc/call.c",
        "csrc/clock.c",
        "csrc/core.c",
        "csrc/endpoint.c",
        "csrc/engine.c",
        "csrc/exchange.c",
        "csrc/field.c",
        "csrc/form.c",
        "csrc/head.c",
        "csrc/host.c",
        "csrc/json.c",
        "csrc/module.c",
        "csrc/operation.c",
        "csrc/options.c",
        "csrc/params.c",
        "csrc/poller.c",
        "csrc/poller_epoll.c",
        "csrc/poller_kqueue.c",
        "csrc/poller_poll.c",
        "csrc/problem.c",
        "csrc/queue.c",
        "csrc/relay.c",
        "csrc/reply.c",
        "csrc/session.c",
        "csrc/sigpipe.c",
        "csrc/suggest.c",
        "csrc/transfer.c",
      },
      incdirs = { "$(CURL_INCDIR)" },
      libdirs = { "$(CURL_LIBDIR)" },
      libraries = { "curl" },
    },
  },
}

test = {
  type = "command",
  command = "make test",
}

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
  "lua >= 5.1, < 5.6",
  "lua-cjson >= 2.1.0",
}

-- By library alone: Debian and Ubuntu keep curl/curl.h where LuaRocks does not
-- look but the compiler does. CURL_DIR, CURL_INCDIR and CURL_LIBDIR are honoured.
-- The same of CRYPTO, which is OpenSSL's libcrypto, for twilio.webhooks.signature alone.
external_dependencies = {
  CURL = { library = "curl" },
  CRYPTO = { library = "crypto" },
}

build = {
  type = "builtin",
  modules = {
    ["twilio.webhooks"] = "lua/twilio/webhooks/init.lua",
    ["twilio.webhooks.bulk"] = "lua/twilio/webhooks/bulk/init.lua",
    ["twilio.webhooks.bulk.actions"] = "lua/twilio/webhooks/bulk/actions.lua",
    ["twilio.webhooks.bulk.apply"] = "lua/twilio/webhooks/bulk/apply.lua",
    ["twilio.webhooks.bulk.check"] = "lua/twilio/webhooks/bulk/check.lua",
    ["twilio.webhooks.bulk.digest"] = "lua/twilio/webhooks/bulk/digest.lua",
    ["twilio.webhooks.bulk.failure"] = "lua/twilio/webhooks/bulk/failure.lua",
    ["twilio.webhooks.bulk.formats.csv"] = "lua/twilio/webhooks/bulk/formats/csv.lua",
    ["twilio.webhooks.bulk.formats.json"] = "lua/twilio/webhooks/bulk/formats/json.lua",
    ["twilio.webhooks.bulk.formats.jsonl"] = "lua/twilio/webhooks/bulk/formats/jsonl.lua",
    ["twilio.webhooks.bulk.formats.lua"] = "lua/twilio/webhooks/bulk/formats/lua.lua",
    ["twilio.webhooks.bulk.forms"] = "lua/twilio/webhooks/bulk/forms.lua",
    ["twilio.webhooks.bulk.groups"] = "lua/twilio/webhooks/bulk/groups.lua",
    ["twilio.webhooks.bulk.journal"] = "lua/twilio/webhooks/bulk/journal.lua",
    ["twilio.webhooks.bulk.lines"] = "lua/twilio/webhooks/bulk/lines.lua",
    ["twilio.webhooks.bulk.plan"] = "lua/twilio/webhooks/bulk/plan.lua",
    ["twilio.webhooks.bulk.planfile"] = "lua/twilio/webhooks/bulk/planfile.lua",
    ["twilio.webhooks.bulk.resume"] = "lua/twilio/webhooks/bulk/resume.lua",
    ["twilio.webhooks.bulk.sorted"] = "lua/twilio/webhooks/bulk/sorted.lua",
    ["twilio.webhooks.bulk.source"] = "lua/twilio/webhooks/bulk/source.lua",
    ["twilio.webhooks.bulk.states"] = "lua/twilio/webhooks/bulk/states.lua",
    ["twilio.webhooks.bulk.work"] = "lua/twilio/webhooks/bulk/work.lua",
    ["twilio.webhooks.calls"] = "lua/twilio/webhooks/calls.lua",
    ["twilio.webhooks.client"] = "lua/twilio/webhooks/client.lua",
    ["twilio.webhooks.events"] = "lua/twilio/webhooks/events.lua",
    ["twilio.webhooks.guard"] = "lua/twilio/webhooks/guard/init.lua",
    ["twilio.webhooks.guard.openresty"] = "lua/twilio/webhooks/guard/openresty.lua",
    ["twilio.webhooks.incoming"] = "lua/twilio/webhooks/incoming/init.lua",
    ["twilio.webhooks.incoming.content"] = "lua/twilio/webhooks/incoming/content.lua",
    ["twilio.webhooks.incoming.event"] = "lua/twilio/webhooks/incoming/event.lua",
    ["twilio.webhooks.incoming.refusal"] = "lua/twilio/webhooks/incoming/refusal.lua",
    ["twilio.webhooks.listing"] = "lua/twilio/webhooks/listing.lua",
    ["twilio.webhooks.loading"] = "lua/twilio/webhooks/loading.lua",
    ["twilio.webhooks.loops"] = "lua/twilio/webhooks/loops/init.lua",
    ["twilio.webhooks.loops.copas"] = "lua/twilio/webhooks/loops/copas.lua",
    ["twilio.webhooks.loops.cqueues"] = "lua/twilio/webhooks/loops/cqueues.lua",
    ["twilio.webhooks.loops.gates"] = "lua/twilio/webhooks/loops/gates.lua",
    ["twilio.webhooks.loops.luv"] = "lua/twilio/webhooks/loops/luv.lua",
    ["twilio.webhooks.loops.openresty"] = "lua/twilio/webhooks/loops/openresty.lua",
    ["twilio.webhooks.policy.dates"] = "lua/twilio/webhooks/policy/dates.lua",
    ["twilio.webhooks.policy.difference"] = "lua/twilio/webhooks/policy/difference.lua",
    ["twilio.webhooks.policy.evidence"] = "lua/twilio/webhooks/policy/evidence.lua",
    ["twilio.webhooks.policy.match"] = "lua/twilio/webhooks/policy/match.lua",
    ["twilio.webhooks.policy.pace"] = "lua/twilio/webhooks/policy/pace.lua",
    ["twilio.webhooks.policy.retry"] = "lua/twilio/webhooks/policy/retry.lua",
    ["twilio.webhooks.sandbox"] = "lua/twilio/webhooks/sandbox.lua",
    ["twilio.webhooks.sandbox.alterations"] = "lua/twilio/webhooks/sandbox/alterations.lua",
    ["twilio.webhooks.sandbox.api"] = "lua/twilio/webhooks/sandbox/api.lua",
    ["twilio.webhooks.sandbox.configuration"] = "lua/twilio/webhooks/sandbox/configuration.lua",
    ["twilio.webhooks.sandbox.decode"] = "lua/twilio/webhooks/sandbox/decode.lua",
    ["twilio.webhooks.sandbox.delivery"] = "lua/twilio/webhooks/sandbox/delivery.lua",
    ["twilio.webhooks.sandbox.errors"] = "lua/twilio/webhooks/sandbox/errors.lua",
    ["twilio.webhooks.sandbox.faults"] = "lua/twilio/webhooks/sandbox/faults.lua",
    ["twilio.webhooks.sandbox.history"] = "lua/twilio/webhooks/sandbox/history.lua",
    ["twilio.webhooks.sandbox.hmac"] = "lua/twilio/webhooks/sandbox/hmac.lua",
    ["twilio.webhooks.sandbox.http"] = "lua/twilio/webhooks/sandbox/http.lua",
    ["twilio.webhooks.sandbox.json"] = "lua/twilio/webhooks/sandbox/json.lua",
    ["twilio.webhooks.sandbox.log"] = "lua/twilio/webhooks/sandbox/log.lua",
    ["twilio.webhooks.sandbox.options"] = "lua/twilio/webhooks/sandbox/options.lua",
    ["twilio.webhooks.sandbox.owners"] = "lua/twilio/webhooks/sandbox/owners.lua",
    ["twilio.webhooks.sandbox.pages"] = "lua/twilio/webhooks/sandbox/pages.lua",
    ["twilio.webhooks.sandbox.resources"] = "lua/twilio/webhooks/sandbox/resources.lua",
    ["twilio.webhooks.sandbox.sender"] = "lua/twilio/webhooks/sandbox/sender.lua",
    ["twilio.webhooks.sandbox.server"] = "lua/twilio/webhooks/sandbox/server.lua",
    ["twilio.webhooks.transport"] = "lua/twilio/webhooks/transport/init.lua",
    ["twilio.webhooks.waiting"] = "lua/twilio/webhooks/waiting/init.lua",
    ["twilio.webhooks.waiting.coroutines"] = "lua/twilio/webhooks/waiting/coroutines.lua",
    ["twilio.webhooks.waiting.in_loop"] = "lua/twilio/webhooks/waiting/in_loop.lua",
    ["twilio.webhooks.waiting.queues"] = "lua/twilio/webhooks/waiting/queues.lua",
    ["twilio.webhooks.waiting.requests"] = "lua/twilio/webhooks/waiting/requests.lua",
    ["twilio.webhooks.waiting.sets"] = "lua/twilio/webhooks/waiting/sets.lua",
    ["twilio.webhooks.waiting.tasks"] = "lua/twilio/webhooks/waiting/tasks.lua",
    ["twilio.webhooks.waiting.timers"] = "lua/twilio/webhooks/waiting/timers.lua",
    ["twilio.webhooks.waiting.turns"] = "lua/twilio/webhooks/waiting/turns.lua",
    ["twilio.webhooks.waiting.workers"] = "lua/twilio/webhooks/waiting/workers.lua",
    ["twilio.webhooks.core"] = {
      sources = {
        "csrc/answer/head.c",
        "csrc/answer/json.c",
        "csrc/answer/reply.c",
        "csrc/api/aim.c",
        "csrc/api/describe.c",
        "csrc/api/endpoint.c",
        "csrc/api/field.c",
        "csrc/api/form.c",
        "csrc/api/given.c",
        "csrc/api/headers.c",
        "csrc/api/operation.c",
        "csrc/api/options.c",
        "csrc/api/params.c",
        "csrc/api/problem.c",
        "csrc/api/suggest.c",
        "csrc/buffer.c",
        "csrc/core.c",
        "csrc/lua/call.c",
        "csrc/lua/client.c",
        "csrc/lua/drive.c",
        "csrc/lua/finalizer.c",
        "csrc/lua/relay.c",
        "csrc/net/authorization.c",
        "csrc/net/certificates.c",
        "csrc/net/clock.c",
        "csrc/net/failure.c",
        "csrc/net/poller.c",
        "csrc/net/poller_epoll.c",
        "csrc/net/poller_kqueue.c",
        "csrc/net/poller_poll.c",
        "csrc/net/process.c",
        "csrc/net/queue.c",
        "csrc/net/request.c",
        "csrc/net/session.c",
        "csrc/net/sigpipe.c",
        "csrc/net/transfer.c",
        "csrc/net/trust.c",
        "csrc/urlencoded.c",
      },
      incdirs = { "csrc", "$(CURL_INCDIR)" },
      libdirs = { "$(CURL_LIBDIR)" },
      libraries = { "curl" },
    },
    ["twilio.webhooks.signature"] = {
      sources = { "csrc/signature.c", "csrc/urlencoded.c" },
      incdirs = { "csrc", "$(CRYPTO_INCDIR)", "$(CURL_INCDIR)" },
      libdirs = { "$(CRYPTO_LIBDIR)" },
      libraries = { "crypto" },
    },
    ["twilio.webhooks.system"] = {
      sources = {
        "csrc/system/evaluate.c",
        "csrc/system/failure.c",
        "csrc/system/file.c",
        "csrc/system/process.c",
        "csrc/system/system.c",
      },
      incdirs = { "csrc", "$(CURL_INCDIR)" },
    },
  },
}

test = {
  type = "command",
  command = "make test",
}

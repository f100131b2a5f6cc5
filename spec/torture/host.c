/*
** Out of memory, at every place: each scenario (scenarios.lua) is run with the nth request
** for memory failing, once and from there on, of Lua, of libcurl, of the module and of all
** three, for n from 1 on until a whole run needs fewer; and, with memory as it should be,
** with the collector at work wherever it can be. Others (those that give a function `disturb`)
** are run with that called by a finalizer, as soon as Lua collects after its nth request for
** memory, or by a debug hook at the nth instruction. Every run has a Lua state of its own and
** must end as the scenario's judge will have it, leave the session usable, give every block
** back, leave no file and no descriptor, and not have made a webhook twice.
**
**   host [STRIDE [SCENARIO|NTH]]     every STRIDE-th n; only the scenarios whose names begin so,
**                                    or each NTH of them
**
** Each scenario runs in a process of its own, so that a crash or a hang concerns no other;
** this one is the server. `make torture` runs all of it.
*/
#define _POSIX_C_SOURCE 200809L

#include <curl/curl.h>
#include <dirent.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"
#include "server.h"

/* Channels of one run: its own and those of what follows. */
#define CHANNELS_EACH 8
/* Seconds after which a run counts as hanging. */
#define RUN_MAX 240
/* Complaints that are printed of one scenario. */
#define COMPLAINTS_MAX 12

int luaopen_twilio_webhooks_core(lua_State *L);
int luaopen_twilio_webhooks_signature(lua_State *L);
int luaopen_twilio_webhooks_system(lua_State *L);

/* How the collector works during the operation. */
typedef enum Collector {
  AS_EVER,
  HOOKED,       /* collects everything before each instruction */
  HASTY,        /* a new cycle begins where one has ended, and each goes on as far as it may */
  GENERATIONAL  /* where Lua has that */
} Collector;

/* What happens at the nth request, or instruction. */
typedef enum Event { FAILS, COLLECTS, HOOKS } Event;

typedef struct Plan {
  const char *name;
  unsigned layers;
  bool onwards;
  Collector collector;
  Event event;
} Plan;

#define FAILING 7 /* those in which memory fails */

static const Plan plans[] = {
  {"lua once", 1u << LAYER_LUA, false, AS_EVER, FAILS},
  {"lua onwards", 1u << LAYER_LUA, true, AS_EVER, FAILS},
  {"curl once", 1u << LAYER_CURL, false, AS_EVER, FAILS},
  {"curl onwards", 1u << LAYER_CURL, true, AS_EVER, FAILS},
  {"own once", 1u << LAYER_OWN, false, AS_EVER, FAILS},
  {"own onwards", 1u << LAYER_OWN, true, AS_EVER, FAILS},
  {"all onwards", (1u << LAYERS) - 1, true, AS_EVER, FAILS},
  {"hooked", 0, false, HOOKED, FAILS},
  {"hasty", 0, false, HASTY, FAILS},
  {"generational", 0, false, GENERATIONAL, FAILS}
};
#define PLANS (sizeof plans / sizeof *plans)

static const Plan disturbances[] = {
  {"by a finalizer", 1u << LAYER_LUA, false, AS_EVER, COLLECTS},
  {"by a hook", 0, false, AS_EVER, HOOKS}
};
#define DISTURBANCES (sizeof disturbances / sizeof *disturbances)

/* What a scenario's process tells, in memory that it shares. */
typedef struct Progress {
  const Plan *plan;
  long nth;
  long channel;  /* the first that no run has used */
  long complaints;
  bool is_disturbed; /* the scenario has a `disturb` */
  long failed;   /* requests, of all scenarios so far */
  long failures[PLANS]; /* requests that failed */
} Progress;

/* Which run had which channels, for what the server has to say of them afterwards. */
typedef struct Run {
  const Plan *plan;
  long nth;
} Run;

static Progress *progress;
static Run *runs; /* by the run's first channel, divided by CHANNELS_EACH */
static char base_url[64];
static char directory[64]; /* for the files of a run, $TMPDIR */
static long stride = 1;


static void complain(const char *scenario, const char *what) {
  if (progress->complaints++ < COMPLAINTS_MAX) {
    fprintf(stderr, "%s: %s, request %ld: %s\n", scenario, progress->plan->name, progress->nth, what);
  }
}


#if defined(__SANITIZE_ADDRESS__)
const char *__lsan_default_suppressions(void); /* NOLINT(bugprone-reserved-identifier) */

/* Where Lua runs out of memory in the midst of a decode, lua-cjson 2.1 loses the buffer for
** strings that it made at the decode's begin: strbuf_new and what that calls, and nothing
** else of it. */
const char *__lsan_default_suppressions(void) { /* NOLINT(bugprone-reserved-identifier) */
  return "leak:strbuf_new\nleak:strbuf_init\n";
}
#endif


/* ---- states ---- */

/* The files that every state loads, compiled once. */
static const char *const sources[][2] = {
  {"scenarios", "spec/torture/scenarios.lua"},
  {"twilio.webhooks", "lua/twilio/webhooks/init.lua"},
  {"twilio.webhooks.bulk.account", "lua/twilio/webhooks/bulk/account.lua"},
  {"twilio.webhooks.bulk.actions", "lua/twilio/webhooks/bulk/actions.lua"},
  {"twilio.webhooks.bulk.apply", "lua/twilio/webhooks/bulk/apply.lua"},
  {"twilio.webhooks.bulk.check", "lua/twilio/webhooks/bulk/check.lua"},
  {"twilio.webhooks.bulk.digest", "lua/twilio/webhooks/bulk/digest.lua"},
  {"twilio.webhooks.bulk.failure", "lua/twilio/webhooks/bulk/failure.lua"},
  {"twilio.webhooks.bulk.formats.csv", "lua/twilio/webhooks/bulk/formats/csv.lua"},
  {"twilio.webhooks.bulk.formats.json", "lua/twilio/webhooks/bulk/formats/json.lua"},
  {"twilio.webhooks.bulk.formats.jsonl", "lua/twilio/webhooks/bulk/formats/jsonl.lua"},
  {"twilio.webhooks.bulk.formats.lua", "lua/twilio/webhooks/bulk/formats/lua.lua"},
  {"twilio.webhooks.bulk.forms", "lua/twilio/webhooks/bulk/forms.lua"},
  {"twilio.webhooks.bulk.groups", "lua/twilio/webhooks/bulk/groups.lua"},
  {"twilio.webhooks.bulk.health", "lua/twilio/webhooks/bulk/health.lua"},
  {"twilio.webhooks.bulk", "lua/twilio/webhooks/bulk/init.lua"},
  {"twilio.webhooks.bulk.journal", "lua/twilio/webhooks/bulk/journal.lua"},
  {"twilio.webhooks.bulk.lines", "lua/twilio/webhooks/bulk/lines.lua"},
  {"twilio.webhooks.bulk.plan", "lua/twilio/webhooks/bulk/plan.lua"},
  {"twilio.webhooks.bulk.planfile", "lua/twilio/webhooks/bulk/planfile.lua"},
  {"twilio.webhooks.bulk.resume", "lua/twilio/webhooks/bulk/resume.lua"},
  {"twilio.webhooks.bulk.sorted", "lua/twilio/webhooks/bulk/sorted.lua"},
  {"twilio.webhooks.bulk.source", "lua/twilio/webhooks/bulk/source.lua"},
  {"twilio.webhooks.bulk.states", "lua/twilio/webhooks/bulk/states.lua"},
  {"twilio.webhooks.bulk.work", "lua/twilio/webhooks/bulk/work.lua"},
  {"twilio.webhooks.client", "lua/twilio/webhooks/client.lua"},
  {"twilio.webhooks.events", "lua/twilio/webhooks/events.lua"},
  {"twilio.webhooks.guard", "lua/twilio/webhooks/guard/init.lua"},
  {"twilio.webhooks.incoming", "lua/twilio/webhooks/incoming/init.lua"},
  {"twilio.webhooks.incoming.content", "lua/twilio/webhooks/incoming/content.lua"},
  {"twilio.webhooks.incoming.event", "lua/twilio/webhooks/incoming/event.lua"},
  {"twilio.webhooks.incoming.options", "lua/twilio/webhooks/incoming/options.lua"},
  {"twilio.webhooks.incoming.refusal", "lua/twilio/webhooks/incoming/refusal.lua"},
  {"twilio.webhooks.loading", "lua/twilio/webhooks/loading.lua"},
  {"twilio.webhooks.apply", "lua/twilio/webhooks/apply.lua"},
  {"twilio.webhooks.calls", "lua/twilio/webhooks/calls.lua"},
  {"twilio.webhooks.calls.at_once", "lua/twilio/webhooks/calls/at_once.lua"},
  {"twilio.webhooks.calls.attempt", "lua/twilio/webhooks/calls/attempt.lua"},
  {"twilio.webhooks.calls.baseline", "lua/twilio/webhooks/calls/baseline.lua"},
  {"twilio.webhooks.calls.doubt", "lua/twilio/webhooks/calls/doubt.lua"},
  {"twilio.webhooks.calls.ensure", "lua/twilio/webhooks/calls/ensure.lua"},
  {"twilio.webhooks.calls.in_turn", "lua/twilio/webhooks/calls/in_turn.lua"},
  {"twilio.webhooks.calls.memory", "lua/twilio/webhooks/calls/memory.lua"},
  {"twilio.webhooks.calls.record", "lua/twilio/webhooks/calls/record.lua"},
  {"twilio.webhooks.calls.run", "lua/twilio/webhooks/calls/run.lua"},
  {"twilio.webhooks.listing", "lua/twilio/webhooks/listing.lua"},
  {"twilio.webhooks.plain", "lua/twilio/webhooks/plain.lua"},
  {"twilio.webhooks.policy.dates", "lua/twilio/webhooks/policy/dates.lua"},
  {"twilio.webhooks.policy.difference", "lua/twilio/webhooks/policy/difference.lua"},
  {"twilio.webhooks.policy.evidence", "lua/twilio/webhooks/policy/evidence.lua"},
  {"twilio.webhooks.policy.match", "lua/twilio/webhooks/policy/match.lua"},
  {"twilio.webhooks.policy.pace", "lua/twilio/webhooks/policy/pace.lua"},
  {"twilio.webhooks.policy.retry", "lua/twilio/webhooks/policy/retry.lua"},
  {"twilio.webhooks.transport", "lua/twilio/webhooks/transport/init.lua"},
  {"twilio.webhooks.waiting", "lua/twilio/webhooks/waiting/init.lua"},
  {"twilio.webhooks.waiting.coroutines", "lua/twilio/webhooks/waiting/coroutines.lua"},
  {"twilio.webhooks.waiting.in_loop", "lua/twilio/webhooks/waiting/in_loop.lua"},
  {"twilio.webhooks.waiting.queues", "lua/twilio/webhooks/waiting/queues.lua"},
  {"twilio.webhooks.waiting.requests", "lua/twilio/webhooks/waiting/requests.lua"},
  {"twilio.webhooks.waiting.roster", "lua/twilio/webhooks/waiting/roster.lua"},
  {"twilio.webhooks.waiting.sets", "lua/twilio/webhooks/waiting/sets.lua"},
  {"twilio.webhooks.waiting.tasks", "lua/twilio/webhooks/waiting/tasks.lua"},
  {"twilio.webhooks.waiting.timers", "lua/twilio/webhooks/waiting/timers.lua"},
  {"twilio.webhooks.waiting.turns", "lua/twilio/webhooks/waiting/turns.lua"},
  {"twilio.webhooks.waiting.workers", "lua/twilio/webhooks/waiting/workers.lua"},
  {"twilio.webhooks.wanted", "lua/twilio/webhooks/wanted.lua"},
  {"twilio.webhooks.loops", "lua/twilio/webhooks/loops/init.lua"}
};
#define SOURCES (sizeof sources / sizeof *sources)

static struct {
  const char *bytes;
  size_t length;
} compiled[SOURCES];

static lua_State *compiler;


/* Gives up: the torture itself cannot go on. */
static void stop(const char *why) {
  fprintf(stderr, "host: %s\n", why);
  exit(2);
}


/* Compiles them in a state that stays open: it keeps the strings, and lua-cjson mapped, so
** that a leak in it is told by name. */
static void compile(void) {
  lua_State *L = compiler = luaL_newstate();
  size_t i;
  luaL_openlibs(L);
  luaL_checkstack(L, 2 * SOURCES + 4, "sources");
  for (i = 0; i < SOURCES; i++) {
    lua_getglobal(L, "string");
    lua_getfield(L, -1, "dump");
    if (luaL_loadfile(L, sources[i][1]) != 0 || lua_pcall(L, 1, 1, 0) != 0) stop(lua_tostring(L, -1));
    compiled[i].bytes = lua_tolstring(L, -1, &compiled[i].length);
  }
  lua_getglobal(L, "require");
  lua_pushliteral(L, "cjson");
  lua_call(L, 1, 1);
}


static void load(lua_State *L, size_t i) {
  if (luaL_loadbuffer(L, compiled[i].bytes, compiled[i].length, sources[i][0]) != 0) stop(lua_tostring(L, -1));
}


/* Pushes the two functions of scenarios.lua: names, open. */
static void load_scenarios(lua_State *L) {
  size_t i;
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "preload");
  lua_pushcfunction(L, luaopen_twilio_webhooks_core);
  lua_setfield(L, -2, "twilio.webhooks.core");
  lua_pushcfunction(L, luaopen_twilio_webhooks_signature);
  lua_setfield(L, -2, "twilio.webhooks.signature");
  lua_pushcfunction(L, luaopen_twilio_webhooks_system);
  lua_setfield(L, -2, "twilio.webhooks.system");
  for (i = 1; i < SOURCES; i++) {
    load(L, i);
    lua_setfield(L, -2, sources[i][0]);
  }
  lua_settop(L, 0);
  load(L, 0);
  if (lua_pcall(L, 0, 2, 0) != 0) stop(lua_tostring(L, -1));
}


/* ---- one run ---- */

enum { JUDGE = 1, FOLLOW, OPERATION };

/* Where the scenario's `disturb`, if it has one, is kept: its key in the registry. */
static const char DISTURB[] = "torture.disturb";

/* Opens the scenario in a fresh state: judge, follow and the operation are on the stack. */
static lua_State *open_scenario(int scenario, long channel) {
  lua_State *L = lua_newstate(memory_lua, NULL);
  if (L == NULL) stop("no state");
  luaL_openlibs(L);
  load_scenarios(L);
  lua_pushinteger(L, scenario + 1);
  lua_pushstring(L, base_url);
  lua_pushinteger(L, channel);
  if (lua_pcall(L, 3, 4, 0) != 0) stop(lua_tostring(L, -1));
  lua_setfield(L, LUA_REGISTRYINDEX, DISTURB);
  lua_remove(L, 1);   /* names */
  lua_pushvalue(L, 1);
  lua_remove(L, 1);   /* the operation to the end */
  return L;
}


static void collect(lua_State *L, lua_Debug *unused) {
  (void)unused;
  lua_gc(L, LUA_GCCOLLECT, 0);
}


static void begin_collecting(lua_State *L, Collector collector) {
  if (collector == HOOKED) lua_sethook(L, collect, LUA_MASKCOUNT, 1);
  if (collector == HASTY) {
    lua_gc(L, LUA_GCSETPAUSE, 0);
    lua_gc(L, LUA_GCSETSTEPMUL, 1000);
  }
#if defined(LUA_GCGEN)
  if (collector == GENERATIONAL) lua_gc(L, LUA_GCGEN, 1, 1);
#endif
}


/* ---- disturbances ---- */

static bool is_armed;


static void disturb(lua_State *L) {
  if (!is_armed) return;
  is_armed = false;
  lua_getfield(L, LUA_REGISTRYINDEX, DISTURB);
  lua_call(L, 0, 0);
}


static int on_collected(lua_State *L) {
  disturb(L);
  return 0;
}


static void on_instruction(lua_State *L, lua_Debug *unused) {
  (void)unused;
  lua_sethook(L, NULL, 0, 0);
  disturb(L);
}


/* The collector is to begin, and end, where Lua asks for it next. */
static void let_collect(void *L) {
  lua_gc(L, LUA_GCRESTART, 0);
}


/* Leaves a dead object whose finalizer disturbs, and the collector stopped. */
static void await_collection(lua_State *L, const Plan *plan, long nth) {
  lua_gc(L, LUA_GCCOLLECT, 0);
#if LUA_VERSION_NUM == 504
  lua_gc(L, LUA_GCINC, 0, 0, 100); /* a step of 2^100 bytes: a whole cycle */
#else
  lua_gc(L, LUA_GCSETSTEPMUL, 0); /* a step without bounds */
#endif
  lua_gc(L, LUA_GCSTOP, 0);
  (void)lua_newuserdata(L, 1);
  lua_newtable(L);
  lua_pushcfunction(L, on_collected);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
  is_armed = true;
  memory_watch(plan->layers, nth, let_collect, L);
}


static void arm(lua_State *L, const Plan *plan, long nth) {
  if (plan->event == FAILS) {
    memory_arm(plan->layers, nth, plan->onwards);
  } else if (plan->event == COLLECTS) {
    await_collection(L, plan, nth);
  } else {
    is_armed = true;
    lua_sethook(L, on_instruction, LUA_MASKCOUNT, (int)nth);
  }
}


/* True if that has happened. */
static bool disarm(lua_State *L, const Plan *plan, long nth) {
  const bool happened = plan->event == FAILS ? memory_requests() >= nth : !is_armed;
  memory_disarm();
  is_armed = false;
  lua_sethook(L, NULL, 0, 0);
  lua_gc(L, LUA_GCRESTART, 0);
  return happened;
}


/* Calls the operation with memory failing, or disturbed. Leaves what pcall gives, ready for
** the judge. True if the nth request, or instruction, was made. */
static bool perform(lua_State *L, const Plan *plan, long nth) {
  bool happened;
  int status;
  lua_checkstack(L, 16);
  begin_collecting(L, plan->collector);
  arm(L, plan, nth);
  status = lua_pcall(L, 0, LUA_MULTRET, 0);
  happened = disarm(L, plan, nth);
  lua_pushboolean(L, status == 0);
  lua_insert(L, OPERATION);
  return happened;
}


static void judge(lua_State *L, const char *scenario, long channel) {
  const int results = lua_gettop(L) - OPERATION + 1;
  lua_pushvalue(L, JUDGE);
  lua_insert(L, OPERATION);
  if (lua_pcall(L, results, 2, 0) != 0 || lua_type(L, OPERATION) == LUA_TSTRING) {
    complain(scenario, lua_tostring(L, OPERATION));
  } else {
    server_limits[channel] = (unsigned char)lua_tointeger(L, -1);
  }
  lua_settop(L, FOLLOW);
  if (lua_pcall(L, 0, 1, 0) != 0 || lua_type(L, FOLLOW) == LUA_TSTRING) {
    complain(scenario, lua_tostring(L, FOLLOW));
  }
}


static void count_blocks(const char *scenario, const long *before) {
  static const char *const names[] = {"Lua", "libcurl", "the module"};
  char text[128];
  int i;
  for (i = 0; i < LAYERS; i++) {
    if (memory_blocks(i) == before[i]) continue;
    snprintf(text, sizeof text, "%ld blocks of %s's were not given back", memory_blocks(i) - before[i], names[i]);
    complain(scenario, text);
  }
}


/* How many entries a directory has. */
static long count_entries(const char *path) {
  DIR *d = opendir(path);
  long n = 0;
  if (d == NULL) stop(path);
  while (readdir(d) != NULL) n++;
  closedir(d);
  return n;
}


static const char descriptors[] = "/proc/self/fd";


/* Waits for threads of libcurl's: it asks for a name where memory for an address fails, and leaves
** a canceled one to end by itself, with what it has. One that does not end is a run that hangs. */
static void await_threads(void) {
  const struct timespec moment = {0, 10000000};
  while (count_entries("/proc/self/task") - 2 > 1) nanosleep(&moment, NULL);
}


/* What the run has left in the system: descriptors, and files in a directory that was empty. */
static void count_files(const char *scenario, long before) {
  char text[128];
  const long open_ones = count_entries(descriptors) - before, files = count_entries(directory) - 2;
  if (open_ones != 0) {
    snprintf(text, sizeof text, "%ld descriptors were not closed", open_ones);
    complain(scenario, text);
  }
  if (files != 0) {
    snprintf(text, sizeof text, "%ld files are left in %s", files, directory);
    complain(scenario, text);
  }
}


/* True if the nth request, or instruction, was made. */
static bool run(int scenario, const char *name, const Plan *plan, long nth) {
  const long channel = progress->channel;
  const long open_before = count_entries(descriptors);
  long before[LAYERS];
  lua_State *L;
  bool happened;
  int i;
  alarm(RUN_MAX);
  progress->nth = nth;
  progress->channel += CHANNELS_EACH;
  if (progress->channel > CHANNELS) stop("no channels left");
  runs[channel / CHANNELS_EACH] = (Run){plan, nth};
  memset(server_limits + channel, 1, CHANNELS_EACH);
  for (i = 0; i < LAYERS; i++) before[i] = memory_blocks(i);
  L = open_scenario(scenario, channel);
  lua_getfield(L, LUA_REGISTRYINDEX, DISTURB);
  progress->is_disturbed = !lua_isnil(L, -1);
  lua_pop(L, 1);
  happened = perform(L, plan, nth);
  judge(L, name, channel);
  lua_close(L);
  await_threads();
  count_blocks(name, before);
  count_files(name, open_before);
  return happened;
}


/* ---- a scenario ---- */

static void run_plans(int scenario, const char *name, const Plan *some, size_t count) {
  size_t i;
  for (i = 0; i < count; i++) {
    long nth = stride == 1 ? 1 : 1 + (long)(i * 7 + (size_t)scenario) % stride;
    progress->plan = &some[i];
    for (; run(scenario, name, &some[i], nth); nth += stride) progress->failures[i]++;
  }
}


/* Its process. */
static int run_scenario(int scenario, const char *name) {
  static const Plan none = {"no failure", 0, false, AS_EVER, FAILS};
  progress->plan = &none;
  if (run(scenario, name, &none, 1)) stop("counts what it was not told to");
  if (progress->complaints == 0 && progress->is_disturbed) {
    run_plans(scenario, name, disturbances, DISTURBANCES);
  } else if (progress->complaints == 0) {
    run_plans(scenario, name, plans, PLANS);
  }
  alarm(0);
  return progress->complaints > 0 ? 1 : 0;
}


static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}


/* How often a webhook was made that was not to be. */
static long count_doubles(const char *name, long first) {
  long channel, n = 0;
  for (channel = first; channel < progress->channel; channel++) {
    if (server_creates[channel] <= server_limits[channel]) continue;
    if (n++ < COMPLAINTS_MAX) {
      const Run *of = &runs[channel / CHANNELS_EACH];
      fprintf(stderr, "%s: %s, request %ld: channel %ld has %d webhooks, and not %d\n", name, of->plan->name, of->nth,
              channel, server_creates[channel], server_limits[channel]);
    }
  }
  return n;
}


static void report(const char *name, double seconds) {
  static long everything = 0;
  long total = 0;
  size_t i;
  printf("  %-38s", name);
  for (i = 0; i < FAILING; i++) {
    printf(" %5ld", progress->failures[i]);
    total += progress->failures[i];
  }
  everything += total;
  printf(" %6ld %6.1f s\n", total, seconds);
  progress->failed = everything;
  fflush(stdout);
}


/* Removes what a process that ended amid its run has left, so that no other is blamed for it. */
static void clear_directory(void) {
  DIR *d = opendir(directory);
  struct dirent *entry;
  if (d == NULL) stop(directory);
  while ((entry = readdir(d)) != NULL) {
    if (entry->d_name[0] != '.') (void)unlinkat(dirfd(d), entry->d_name, 0);
  }
  closedir(d);
}


/* Runs it in a process of its own and serves that. True if all was well. */
static bool torture(int scenario, const char *name) {
  const double begin = seconds_now();
  const long first = progress->channel;
  int status;
  pid_t child;
  memset(progress->failures, 0, sizeof progress->failures);
  progress->complaints = 0;
  fflush(stdout); /* or the child would have it too */
  child = fork();
  if (child < 0) stop("cannot fork");
  if (child == 0) exit(run_scenario(scenario, name));
  status = server_serve(child);
  if (WIFSIGNALED(status)) {
    fprintf(stderr, "%s: %s, request %ld: %s\n", name, progress->plan->name, progress->nth,
            WTERMSIG(status) == SIGALRM ? "hangs" : strsignal(WTERMSIG(status)));
  }
  clear_directory();
  report(name, seconds_now() - begin);
  return count_doubles(name, first) == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}


/* ---- all of them ---- */

/* In memory, where a sync takes no time, if the system has that. */
static void make_directory(void) {
  const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
  snprintf(directory, sizeof directory, "%s/torture.XXXXXX", parent);
  if (mkdtemp(directory) == NULL || setenv("TMPDIR", directory, 1) != 0) stop("no directory for files");
}


static void open_all(void) {
  const int port = server_open();
  if (port == 0) stop("no socket");
  snprintf(base_url, sizeof base_url, "http://127.0.0.1:%d", port);
  if (!memory_curl_init()) stop("libcurl does not start");
  progress = server_share(sizeof *progress);
  runs = server_share(sizeof *runs * (CHANNELS / CHANNELS_EACH));
  if (progress == NULL || runs == NULL) stop("no shared memory");
  make_directory();
  compile();
}


/* Pushes the scenarios' names onto an empty stack. Returns how many there are. */
static int push_names(lua_State *L) {
  luaL_openlibs(L);
  load_scenarios(L);
  lua_settop(L, 1);
  lua_call(L, 0, LUA_MULTRET);
  return lua_gettop(L);
}


/* Whether the word chooses that scenario: the beginning of its name, or a number. */
static bool is_chosen(const char *word, const char *name, int i) {
  char *end;
  const long nth = strtol(word, &end, 10);
  if (nth > 0 && *end == '\0') return i % nth == 0;
  return strncmp(word, name, strlen(word)) == 0;
}


int main(int argc, char **argv) {
  const double begin = seconds_now();
  lua_State *L;
  int i, count, failed = 0, done = 0;
  if (argc > 1) stride = strtol(argv[1], NULL, 10);
  if (stride < 1) stop("usage: host [STRIDE [SCENARIO|NTH]]");
  open_all();
  L = luaL_newstate();
  count = push_names(L);
  printf("requests for memory that failed, by who asked and how (all else as it should be);\n"
         "of what is closed or canceled amid its work: by a finalizer, by a hook:\n");
  printf("%49s %11s %11s\n%-40s  once  on   once  on   once  on   all  total   time\n", "Lua", "libcurl", "module",
         "");
  for (i = 0; i < count; i++) {
    const char *name = lua_tostring(L, i + 1);
    if (argc > 2 && !is_chosen(argv[2], name, i)) continue;
    if (!torture(i, name)) failed++;
    done++;
  }
  lua_close(L);
  lua_close(compiler);
  (void)rmdir(directory);
  printf("%d scenarios passed, %d failed, %ld requests for memory failed, %.0f s\n", done - failed, failed,
         progress->failed, seconds_now() - begin);
  return failed == 0 && done > 0 ? 0 : 1;
}

/*
** A blocking function does the same steps as a call in an event loop (prepare, submit, step,
** results), and waits between them.
*/
#include "lua/drive.h"

#include "answer/reply.h"
#include "lua/call.h"
#include "lua/finalizer.h"
#include "net/clock.h"
#include "net/process.h"

#define ALARM_TYPE "twilio.webhooks.core.alarm"

/* The longest wait in seconds. An interrupt (Ctrl-C) may come just before a wait begins, and is
** noticed after it. */
#define WAIT_MAX 0.1


/* ---- operations that wait ---- */

/* The arguments of a method, and the call that it makes from them. */
enum { CLIENT = 1, PARAMS, SECONDS, SKIP_UNKNOWN, CALL = SECONDS };


/* Runs the debug hook between two waits: it may raise an error (Ctrl-C), or close the client. */
static void wait_for(lua_State *L, tw_Session *session, const tw_Call *call) {
  for (;;) {
    tw_session_step(session, WAIT_MAX, 0);
    if (call->exchange->done) return;
    tw_client_run_debug_hook(L, CLIENT);
  }
}


/* Sends the call at stack index `index`, and waits. Pushes its results, of all pages of a list, and
** returns how many. */
static int perform(lua_State *L, tw_Client *client, tw_Call *call, int index, double seconds) {
  const double end = tw_clock_now() + seconds;
  for (;;) {
    int results;
    if (!call->exchange->done) {
      (void)tw_session_submit(&client->session, call->exchange, false);
      wait_for(L, &client->session, call);
    }
    results = tw_call_results(L, call, index);
    if (results > 0) return results;
    if (seconds > 0) { /* another page gets what is left */
      seconds = end > tw_clock_now() ? end - tw_clock_now() : 0.001;
    }
    lua_settop(L, index);
    tw_call_go_on(L, CLIENT, call, seconds);
  }
}


/* Stack: the client, parameters. Upvalue: the operation's index in tw_operations. */
static int operate_client(lua_State *L, tw_Client *client, double seconds, bool skip_unknown) {
  const tw_Operation *operation = &tw_operations[lua_tointeger(L, lua_upvalueindex(1))];
  tw_Problems problems = {.L = L, .name = operation->name};
  tw_Call *call;
  int results;
  luaL_checktype(L, PARAMS, LUA_TTABLE);
  lua_settop(L, PARAMS);
  call = tw_call_take(L, CLIENT, operation);
  if (tw_call_prepare(L, CLIENT, call, PARAMS, seconds, skip_unknown, &problems)) {
    lua_settop(L, CALL);
    results = perform(L, client, call, CALL, seconds);
  } else {
    results = tw_reply_push_invalid(L, &problems);
  }
  tw_call_give_back(L, CLIENT, CALL);
  return results;
}


static int operate(lua_State *L) {
  tw_Client *client = tw_client_check(L, CLIENT);
  return operate_client(L, client, (double)luaL_optnumber(L, SECONDS, 0), lua_toboolean(L, SKIP_UNKNOWN));
}


int tw_drive_perform(lua_State *L) {
  const double seconds = (double)luaL_optnumber(L, 3, 0);
  int results;
  tw_Call *call = tw_call_begin(L, &results);
  const int index = lua_gettop(L);
  if (call == NULL) return results;
  call->busy = true; /* stays true after an error */
  results = perform(L, lua_touserdata(L, CLIENT), call, index, seconds);
  call->busy = false;
  tw_call_settle(L, call, results);
  return results;
}


/* Upvalues: the operation's index in tw_operations, the module's own client. */
static int operate_own(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_insert(L, CLIENT);
  return operate_client(L, lua_touserdata(L, CLIENT), 0, false);
}


void tw_drive_set_operations(lua_State *L) {
  int i;
  for (i = 0; i < tw_operation_count; i++) {
    lua_pushinteger(L, i);
    lua_pushcclosure(L, operate, 1);
    lua_setfield(L, -2, tw_operations[i].name);
  }
}


void tw_drive_set_functions(lua_State *L, int own) {
  int i;
  for (i = 0; i < tw_operation_count; i++) {
    lua_pushinteger(L, i);
    lua_pushvalue(L, own);
    lua_pushcclosure(L, operate_own, 2);
    lua_setfield(L, -2, tw_operations[i].name);
  }
}


/* ---- steps ---- */

int tw_drive_submit(lua_State *L) {
  int results;
  tw_Call *call = tw_call_begin(L, &results);
  tw_Client *client;
  if (call == NULL) return results;
  client = lua_touserdata(L, CLIENT);
  lua_pushinteger(L, (lua_Integer)tw_session_submit(&client->session, call->exchange, true));
  return 2;
}


int tw_drive_step(lua_State *L) {
  tw_Client *client = tw_client_check(L, 1);
  double seconds = (double)luaL_optnumber(L, 2, 0);
  const double budget = (double)luaL_optnumber(L, 3, 0);
  if (seconds > WAIT_MAX) seconds = WAIT_MAX;
  lua_pushboolean(L, tw_session_step(&client->session, seconds > 0 ? seconds : 0, budget));
  return 1;
}


int tw_drive_announce(lua_State *L) {
  tw_Client *client = tw_client_check(L, 1);
  const unsigned long number = (unsigned long)lua_tointeger(L, 2);
  const tw_Exchange *done = tw_session_announce(&client->session, number);
  if (done == NULL) return 0;
  lua_pushinteger(L, (lua_Integer)done->id);
  return 1;
}


int tw_drive_awaited(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)tw_client_check(L, 1)->session.awaited_count);
  return 1;
}


int tw_drive_timeout(lua_State *L) {
  const double seconds = tw_session_timeout(&tw_client_check(L, 1)->session);
  if (seconds < 0) return 0;
  lua_pushnumber(L, seconds);
  return 1;
}


int tw_drive_pollfd(lua_State *L) {
  tw_Client *client = tw_client_check(L, 1);
  const double seconds = (double)luaL_optnumber(L, 2, -1);
  const int descriptor = client->closed ? -1 : tw_session_share(&client->session, seconds);
  if (descriptor < 0) return 0;
  lua_pushinteger(L, descriptor);
  return 1;
}


/* ---- waits without a request ---- */

int tw_drive_sleep(lua_State *L) {
  const double end = tw_clock_now() + (double)luaL_checknumber(L, 1);
  double left;
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  while ((left = end - tw_clock_now()) > 0) {
    tw_clock_sleep(left < WAIT_MAX ? (long)(left * 1000) + 1 : (long)(WAIT_MAX * 1000));
    tw_client_run_debug_hook(L, 2);
  }
  return 0;
}


typedef struct Alarm {
  tw_Poller poller; /* without sockets */
  long process;     /* the one that opened it: forked processes share a descriptor */
} Alarm;


static bool make_ready(Alarm *alarm) {
  if (alarm->process != tw_process_id()) tw_poller_forget(&alarm->poller);
  alarm->process = tw_process_id();
  return tw_poller_share(&alarm->poller) >= 0;
}


static void alarm_close(Alarm *alarm) {
  if (alarm->process == tw_process_id()) tw_poller_close(&alarm->poller);
  else tw_poller_forget(&alarm->poller);
}


static int alarm_set(lua_State *L) {
  Alarm *alarm = lua_touserdata(L, lua_upvalueindex(1));
  const double seconds = (double)luaL_optnumber(L, 1, -1);
  tw_Ready none;
  if (lua_isnoneornil(L, 1)) {
    alarm_close(alarm);
    return 0;
  }
  if (!make_ready(alarm)) return 0;
  (void)tw_poller_wait(&alarm->poller, 0, &none, 1); /* so that an earlier alarm does not make it readable */
  alarm->poller.armed = 0;
  tw_poller_arm(&alarm->poller, tw_clock_now() + (seconds > 0 ? seconds : 0));
  lua_pushinteger(L, tw_poller_share(&alarm->poller));
  return 1;
}


static int alarm_collect(lua_State *L) {
  alarm_close(luaL_checkudata(L, 1, ALARM_TYPE));
  return 0;
}


int tw_drive_alarm(lua_State *L) {
  Alarm *alarm = lua_newuserdata(L, sizeof *alarm);
  tw_poller_init(&alarm->poller);
  alarm->process = 0;
  tw_finalizer_set(L, ALARM_TYPE, alarm_collect, NULL);
  lua_pushcclosure(L, alarm_set, 1);
  return 1;
}

/*
** A poller without sockets.
*/
#include "lua/alarm.h"

#include "net/clock.h"
#include "lua/finalizer.h"
#include "net/poller.h"
#include "net/process.h"

#define ALARM "twilio.webhooks.alarm"

typedef struct Alarm {
  tw_Poller poller;
  long process; /* that opened it: a descriptor is one for all that were forked off */
} Alarm;


static bool make_ready(Alarm *alarm) {
  if (alarm->process != tw_process_id()) tw_poller_forget(&alarm->poller);
  alarm->process = tw_process_id();
  return tw_poller_share(&alarm->poller) >= 0;
}


static int alarm_set(lua_State *L) {
  Alarm *alarm = lua_touserdata(L, lua_upvalueindex(1));
  const double seconds = (double)luaL_checknumber(L, 1);
  tw_Ready none;
  if (!make_ready(alarm)) return 0;
  (void)tw_poller_wait(&alarm->poller, 0, &none, 1); /* what it said before */
  alarm->poller.armed = 0;
  tw_poller_arm(&alarm->poller, tw_clock_now() + (seconds > 0 ? seconds : 0));
  lua_pushinteger(L, tw_poller_share(&alarm->poller));
  return 1;
}


static int alarm_gc(lua_State *L) {
  Alarm *alarm = lua_touserdata(L, 1);
  if (alarm->process == tw_process_id()) tw_poller_close(&alarm->poller);
  else tw_poller_forget(&alarm->poller);
  return 0;
}


int tw_alarm_new(lua_State *L) {
  Alarm *alarm = lua_newuserdata(L, sizeof *alarm);
  tw_poller_init(&alarm->poller);
  alarm->process = 0;
  tw_finalizer_set(L, ALARM, alarm_gc, NULL);
  lua_pushcclosure(L, alarm_set, 1);
  return 1;
}

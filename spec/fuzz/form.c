/*
** Arbitrary Lua values as parameters: the input's bytes say what to build, nested
** tables, cycles, holes and metatables among it, and form.lua judges what the module
** makes of them.
*/
#include "state.h"

#include <string.h>

#define DEPTH_MAX 12  /* deeper than the module allows */
#define VALUES_MAX 400 /* in all, so that an input takes little time */
#define LONGS_MAX 3    /* texts of thousands of bytes */

typedef struct Maker {
  lua_State *L;
  const uint8_t *next, *end;
  int pool; /* stack index of all tables so far, for values that are used twice */
  int tables, values, longs;
} Maker;

static const char *const words[] = {
  "configuration", "Configuration", "url", "method", "filters", "triggers", "flow_sid", "retry_count",
  "replay_after", "type", "target", "Type", "page_size", "extra", "Configuration.Url", "configuration.url",
  "Configuration.Filters", "FlowSid", "RetryCount", "sid", "channel_sid", "service_sid", "conversation_sid",
  "chat_service_sid", "new_field", "a.b", "timeout", "edge", "webhook", "trigger", "studio", "GET", "post",
  "FW0123456789abcdefABCDEF0123456789", "WH0123456789abcdefABCDEF0123456789", "2", "-7", "a b&c=d%\xc3\xbc", ""
};
#define WORDS (sizeof words / sizeof *words)

static const char *const operations[] = {
  "create_webhook", "update_webhook", "list_webhooks", "fetch_webhook", "delete_webhook"
};

static void push_value(Maker *m, int depth);


static unsigned byte(Maker *m) {
  return m->next < m->end ? *m->next++ : 0;
}


/* As many of the input's own bytes as its next byte says. */
static void push_bytes(Maker *m) {
  size_t n = byte(m);
  const size_t left = (size_t)(m->end - m->next);
  if (n > left) n = left;
  lua_pushlstring(m->L, (const char *)m->next, n);
  m->next += n;
}


static void push_long(Maker *m) {
  const char c = (char)byte(m);
  const int n = 1 << (byte(m) % 18);
  luaL_Buffer text;
  if (m->longs++ >= LONGS_MAX) {
    lua_pushliteral(m->L, "long");
    return;
  }
  memset(luaL_buffinitsize(m->L, &text, (size_t)n), c, (size_t)n);
  luaL_pushresultsize(&text, (size_t)n);
}


/* Any number at all, NaN and the infinities included. */
static void push_number(Maker *m) {
  uint64_t bits = 0;
  double x;
  int i;
  const unsigned kind = byte(m);
  for (i = 0; i < 8; i++) bits = bits << 8 | byte(m);
  memcpy(&x, &bits, sizeof x);
  if (kind & 1) lua_pushinteger(m->L, (lua_Integer)bits);
  else lua_pushnumber(m->L, x);
}


static void push_scalar(Maker *m) {
  switch (byte(m) % 8) {
    case 0: push_bytes(m); break;
    case 1: push_number(m); break;
    case 2: lua_pushinteger(m->L, (lua_Integer)byte(m) - 3); break;
    case 3: lua_pushnumber(m->L, (lua_Number)byte(m) / 4); break;
    case 4: lua_pushboolean(m->L, (int)byte(m) & 1); break;
    case 5: push_long(m); break;
    default: lua_pushstring(m->L, words[byte(m) % WORDS]);
  }
}


static void push_oddity(Maker *m) {
  switch (byte(m) % 5) {
    case 0: lua_pushlightuserdata(m->L, NULL); break;
    case 1: lua_getglobal(m->L, "print"); break;
    case 2: lua_newthread(m->L); break;
    case 3: lua_newuserdata(m->L, 8); break;
    default: lua_pushlightuserdata(m->L, m->L);
  }
}


/* A table that is there already, which may be one of those that hold this place. */
static void push_known(Maker *m) {
  lua_rawgeti(m->L, m->pool, m->tables > 0 ? 1 + (int)byte(m) % m->tables : 1);
}


static void set_metatable(Maker *m, int depth) {
  static const char *const events[] = {"__index", "__pairs", "__newindex", "__len", "__name", "__eq"};
  lua_newtable(m->L);
  push_value(m, depth);
  lua_setfield(m->L, -2, events[byte(m) % (sizeof events / sizeof *events)]);
  lua_setmetatable(m->L, -2);
}


/* Pops a value and a key, and sets them in the table below where that can be done. */
static void set(lua_State *L) {
  const int type = lua_type(L, -2);
  if (type == LUA_TNIL || (type == LUA_TNUMBER && lua_tonumber(L, -2) != lua_tonumber(L, -2))) lua_pop(L, 2);
  else lua_rawset(L, -3);
}


/* Fills the table on top: a list, with a hole where the shape says so, or named fields. */
static void fill(Maker *m, int depth) {
  const unsigned shape = byte(m);
  const int n = (int)(shape >> 3) % 12;
  int i;
  for (i = 1; i <= n && m->values < VALUES_MAX; i++) {
    if ((shape & 3) == 0) lua_pushinteger(m->L, i + ((shape & 4) != 0 && i > 2));
    else push_scalar(m);
    push_value(m, depth + 1);
    set(m->L);
  }
  if (byte(m) % 16 == 1) set_metatable(m, depth + 1);
}


static void push_table(Maker *m, int depth) {
  luaL_checkstack(m->L, 16, "nested tables");
  lua_newtable(m->L);
  lua_pushvalue(m->L, -1);
  lua_rawseti(m->L, m->pool, ++m->tables);
  if (depth < DEPTH_MAX) fill(m, depth);
}


static void push_value(Maker *m, int depth) {
  m->values++;
  switch (byte(m) % 8) {
    case 0: case 1: case 2: push_table(m, depth); break;
    case 3: push_oddity(m); break;
    case 4: push_known(m); break;
    default: push_scalar(m);
  }
}


/* What is right, as far as the bits say, so that many an input is accepted. */
static void set_basis(lua_State *L, unsigned bits) {
  static const struct { unsigned bit; const char *name, *value; } rows[] = {
    {1, "account_sid", "AC0123456789abcdefABCDEF0123456789"},
    {1, "auth_token", "0123456789abcdef"},
    {2, "service_sid", "IS0123456789abcdefABCDEF0123456789"},
    {2, "channel_sid", "general"},
    {4, "conversation_sid", "general"},
    {8, "sid", "WH0123456789abcdefABCDEF0123456789"},
    {16, "type", "webhook"},
    {32, "target", "studio"}
  };
  size_t i;
  for (i = 0; i < sizeof rows / sizeof *rows; i++) {
    if ((bits & rows[i].bit) == 0) continue;
    lua_pushstring(L, rows[i].value);
    lua_setfield(L, -2, rows[i].name);
  }
}


/* make(input): an operation's name and parameters for it. */
static int make(lua_State *L) {
  size_t n;
  const uint8_t *bytes = (const uint8_t *)luaL_checklstring(L, 1, &n);
  Maker m = {L, bytes, bytes + n, 2, 0, 0, 0};
  lua_settop(L, 1);
  lua_newtable(L);
  lua_pushstring(L, operations[byte(&m) % 5]);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_rawseti(L, m.pool, ++m.tables);
  set_basis(L, byte(&m));
  fill(&m, 0);
  return 2;
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const luaL_Reg functions[] = {{"make", make}, {NULL, NULL}};
  static lua_State *L;
  if (L == NULL) L = fuzz_open("spec/fuzz/form.lua", functions);
  lua_pushlstring(L, (const char *)data, size);
  fuzz_judge(L, 1);
  return 0;
}

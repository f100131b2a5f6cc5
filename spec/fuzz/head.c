/*
** Header blocks and Retry-After, as any server may send them. The input: the value,
** a line with the moment to take it from, and the block.
*/
#include "state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../csrc/answer/head.h"

#define NAME_MAX_KEPT 128


static void check_retry_after(const char *value, double now) {
  double seconds = NAN, again = NAN;
  const bool taken = tw_head_retry_after(value, now, &seconds);
  if (taken != tw_head_retry_after(value, now, &again)) fuzz_fail("two answers for one value");
  if (!taken) {
    if (!isnan(seconds)) fuzz_fail("seconds of what is no Retry-After");
    if (*value != '\0' && strspn(value, "0123456789") == strlen(value)) fuzz_fail("digits are refused");
    return;
  }
  if (!(seconds >= 0 && seconds <= 1e9)) fuzz_fail("seconds out of range");
  if (strspn(value, "0123456789") == strlen(value) && strlen(value) < 10 && seconds != atof(value)) {
    fuzz_fail("other seconds than the digits say");
  }
}


static void check_name(const char *name, size_t n) {
  size_t i;
  if (n > NAME_MAX_KEPT) fuzz_fail("a long name");
  for (i = 0; i < n; i++) {
    if (name[i] >= 'A' && name[i] <= 'Z') fuzz_fail("a capital letter in a name");
    if (name[i] == ':' || name[i] == '\n') fuzz_fail("a name beyond its end");
  }
}


static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }


static void check_value(const char *value, size_t n) {
  if (memchr(value, '\n', n) != NULL) fuzz_fail("a value beyond its line");
  if (n > 0 && strchr(", ", value[0]) == NULL && is_blank(value[0])) fuzz_fail("a value that is not trimmed");
}


/* Pushes the block's headers. */
static void push(lua_State *L, char *block, size_t n) {
  const tw_Buffer head = {block, n, n + 1, n, TW_BUFFER_OK};
  tw_head_push(L, &head, 0);
}


/* Looks at each header of the table on top, pops it, and says how many there were. */
static int check_headers(lua_State *L) {
  int count = 0;
  lua_pushnil(L);
  for (; lua_next(L, -2); count++) {
    size_t name_length, value_length;
    const char *name = lua_tolstring(L, -2, &name_length);
    const char *value = lua_tolstring(L, -1, &value_length);
    check_name(name, name_length);
    check_value(value, value_length);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return count;
}


/* The first line is the status line, and no header whatever is in it. */
static void check_block(lua_State *L, char *block, size_t n) {
  size_t i;
  int count;
  push(L, block, n);
  count = check_headers(L);
  for (i = 0; i < n && block[i] != '\n'; i++) block[i] = ' ';
  push(L, block, n);
  if (check_headers(L) != count) fuzz_fail("the status line was taken for a header");
}


/* The input's next line, or all that is left, as a copy of its own. */
static char *take(const char **from, const char *end, char delimiter, size_t *n) {
  const char *stop = *from < end ? memchr(*from, delimiter, (size_t)(end - *from)) : NULL;
  char *text;
  *n = (size_t)((stop != NULL ? stop : end) - *from);
  text = malloc(*n + 1); /* no byte to spare, so that the sanitizer sees each step too far */
  if (text == NULL) fuzz_fail("no memory");
  if (*n > 0) memcpy(text, *from, *n);
  text[*n] = '\0';
  *from += *n + (stop != NULL);
  return text;
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static lua_State *L;
  const char *from = (const char *)data, *end = from + size;
  size_t n;
  char *value = take(&from, end, '\n', &n);
  char *now = take(&from, end, '\n', &n);
  char *block = take(&from, end, '\xff', &n);
  if (L == NULL) L = luaL_newstate();
  check_retry_after(value, (double)strtol(now, NULL, 10));
  check_block(L, block, n);
  lua_gc(L, LUA_GCCOLLECT, 0);
  free(value);
  free(now);
  free(block);
  return 0;
}

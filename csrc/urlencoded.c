#include "urlencoded.h"

#include <lauxlib.h>
#include <string.h>

#include "ascii.h"


/* The next pair as it is written: *rest up to the next '&'. It may be empty. */
static tw_Slice take(tw_Slice *rest) {
  const char *stop = memchr(rest->text, '&', rest->length);
  const size_t length = stop == NULL ? rest->length : (size_t)(stop - rest->text);
  const size_t taken = stop == NULL ? length : length + 1;
  const tw_Slice written = {rest->text, length};
  rest->text += taken;
  rest->length -= taken;
  return written;
}


size_t tw_urlencoded_count(tw_Slice form) {
  size_t count = 0;
  while (form.length > 0) count += take(&form).length > 0;
  return count;
}


static int hex_value(char c) {
  const char lower = tw_ascii_lower(c);
  if (!tw_ascii_is_hex(c)) return -1;
  return tw_ascii_is_digit(c) ? c - '0' : lower - 'a' + 10;
}


/* Decodes a name or a value to *out and moves it on. */
static bool decode(tw_Slice in, char **out, tw_Slice *decoded) {
  const char *next = in.text, *end = in.text + in.length;
  char *to = *out;
  decoded->text = to;
  for (; next < end; next++) {
    const unsigned char c = (unsigned char)*next;
    if (c > '+' && c != 0x7f) *to++ = *next; /* most of them */
    else if (c < ' ' || c == 0x7f) return false;
    else if (c == '%') {
      const int high = end - next > 2 ? hex_value(next[1]) : -1;
      const int low = high >= 0 ? hex_value(next[2]) : -1;
      if (low < 0) return false;
      *to++ = (char)(high * 16 + low);
      next += 2;
    }
    else *to++ = (char)(c == '+' ? ' ' : *next);
  }
  decoded->length = (size_t)(to - *out);
  *out = to;
  return true;
}


bool tw_urlencoded_decode(tw_Slice form, tw_Pair *pairs, char *out) {
  while (form.length > 0) {
    const tw_Slice written = take(&form);
    const char *equals = written.length > 0 ? memchr(written.text, '=', written.length) : NULL;
    const size_t length = equals == NULL ? written.length : (size_t)(equals - written.text);
    const size_t skipped = equals == NULL ? length : length + 1;
    const tw_Slice name = {written.text, length};
    const tw_Slice value = {written.text + skipped, written.length - skipped};
    if (written.length == 0) continue;
    if (!decode(name, &out, &pairs->name) || !decode(value, &out, &pairs->value)) return false;
    pairs++;
  }
  return true;
}


static int refuse(lua_State *L, const char *reason) {
  lua_pushnil(L);
  lua_pushstring(L, reason);
  return 2;
}


int tw_urlencoded_read(lua_State *L) {
  tw_Slice form;
  tw_Pair *pairs;
  size_t count, i;
  form.text = luaL_checklstring(L, 1, &form.length);
  lua_settop(L, 1); /* holds the text */
  count = form.length > TW_FORM_BYTES ? 0 : tw_urlencoded_count(form);
  if (form.length > TW_FORM_BYTES || count > TW_FORM_PAIRS) return refuse(L, "too_large");
  pairs = lua_newuserdata(L, count * sizeof *pairs + form.length);
  if (!tw_urlencoded_decode(form, pairs, (char *)(pairs + count))) return refuse(L, "malformed_form");
  lua_createtable(L, (int)(2 * count), 0);
  for (i = 0; i < count; i++) {
    lua_pushlstring(L, pairs[i].name.text, pairs[i].name.length);
    lua_rawseti(L, -2, (int)(2 * i + 1));
    lua_pushlstring(L, pairs[i].value.text, pairs[i].value.length);
    lua_rawseti(L, -2, (int)(2 * i + 2));
  }
  return 1;
}

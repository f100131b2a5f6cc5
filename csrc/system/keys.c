/*
** Sorts all keys of the text by their object's number and their bytes. Equal keys are then
** neighbours, however many there are.
*/
#include "system/keys.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FEW 16
#define DEPTH_MAX 64 /* nested objects: more than the decoder takes */

typedef struct Key {
  size_t object;
  const char *text;
  size_t length;
} Key;

typedef struct Scan {
  const char *next, *end;
  size_t objects[DEPTH_MAX]; /* the numbers of the open objects */
  size_t depth, last_object;
  Key *keys;
  size_t count;
} Scan;


static int compare(const void *left, const void *right) {
  const Key *a = left, *b = right;
  if (a->object != b->object) return a->object < b->object ? -1 : 1;
  if (a->length != b->length) return a->length < b->length ? -1 : 1;
  return memcmp(a->text, b->text, a->length);
}


static size_t count_colons(const char *text, size_t n) {
  const char *end = text + n;
  size_t count = 0;
  while ((text = memchr(text, ':', (size_t)(end - text))) != NULL) {
    count++;
    text++;
  }
  return count;
}


/* Skips the rest of a string and its closing quote. Returns the string's length. */
static size_t pass_string(Scan *s) {
  const char *begin = s->next;
  while (s->next < s->end && *s->next != '"') s->next += *s->next == '\\' && s->end - s->next > 1 ? 2 : 1;
  if (s->next == s->end) return (size_t)(s->next - begin);
  return (size_t)(s->next++ - begin);
}


/* In JSON, a string before a colon is a key. */
static bool is_key(Scan *s) {
  while (s->next < s->end && strchr(" \t\r\n", *s->next) != NULL) s->next++;
  return s->next < s->end && *s->next == ':';
}


static void scan_string(Scan *s) {
  const char *text = s->next;
  const size_t length = pass_string(s);
  if (!is_key(s)) return;
  s->keys[s->count].object = s->depth > 0 ? s->objects[s->depth - 1] : 0;
  s->keys[s->count].text = text;
  s->keys[s->count++].length = length;
}


/* False if objects are nested too deeply. */
static bool scan(Scan *s) {
  while (s->next < s->end) {
    switch (*s->next++) {
      case '"': scan_string(s); break;
      case '{':
        if (s->depth == DEPTH_MAX) return false;
        s->objects[s->depth++] = ++s->last_object;
        break;
      case '}':
        if (s->depth > 0) s->depth--;
        break;
      default: break;
    }
  }
  return true;
}


/* Compares each pair, without sorting. */
static const Key *find_repeated_of_few(const Scan *s) {
  size_t i, earlier;
  for (i = 1; i < s->count; i++) {
    for (earlier = 0; earlier < i; earlier++) {
      if (compare(&s->keys[earlier], &s->keys[i]) == 0) return &s->keys[i];
    }
  }
  return NULL;
}


static const Key *find_repeated(Scan *s) {
  size_t i;
  if (s->count <= FEW) return find_repeated_of_few(s);
  qsort(s->keys, s->count, sizeof *s->keys, compare);
  for (i = 1; i < s->count; i++) {
    if (compare(&s->keys[i - 1], &s->keys[i]) == 0) return &s->keys[i];
  }
  return NULL;
}


int tw_repeated_key(lua_State *L) {
  size_t n;
  const char *text = luaL_checklstring(L, 1, &n);
  const Key *found;
  Scan s;
  s.next = text;
  s.end = text + n;
  s.depth = s.last_object = s.count = 0;
  s.keys = lua_newuserdata(L, (count_colons(text, n) + 1) * sizeof *s.keys);
  found = scan(&s) ? find_repeated(&s) : NULL;
  if (found != NULL) lua_pushlstring(L, found->text, found->length);
  else lua_pushnil(L);
  return 1;
}

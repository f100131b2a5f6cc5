/*
** Counts and fails requests for memory, without locks: the torture has one thread, since it asks
** libcurl for addresses alone, and so starts no resolver.
*/
#define _POSIX_C_SOURCE 200809L

#include "memory.h"

#include <curl/curl.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>
#include <string.h>

static struct {
  unsigned layers;
  long nth;
  bool onwards;
  void (*at_nth)(void *context);
  void *context;
  long requests;
} plan;

static long blocks[LAYERS];


void memory_arm(unsigned layers, long nth, bool onwards) {
  plan.layers = layers;
  plan.nth = nth;
  plan.onwards = onwards;
  plan.at_nth = NULL;
  plan.requests = 0;
}


void memory_watch(unsigned layers, long nth, void (*at_nth)(void *context), void *context) {
  memory_arm(layers, nth, false);
  plan.at_nth = at_nth;
  plan.context = context;
}


void memory_disarm(void) {
  plan.layers = 0;
}


long memory_requests(void) {
  return plan.requests;
}


long memory_blocks(int layer) {
  return blocks[layer];
}


static bool fails(int layer) {
  if (((plan.layers >> layer) & 1u) == 0) return false;
  plan.requests++;
  if (plan.at_nth != NULL) {
    if (plan.requests == plan.nth) plan.at_nth(plan.context);
    return false;
  }
  return plan.requests == plan.nth || (plan.onwards && plan.requests > plan.nth);
}


static void *counted(int layer, void *block) {
  if (block != NULL) blocks[layer]++;
  return block;
}


static void release(int layer, void *block) {
  if (block != NULL) blocks[layer]--;
  free(block);
}


static void *resize(int layer, void *block, size_t size) {
  void *moved;
  if (fails(layer)) return NULL;
  moved = realloc(block, size);
  return block == NULL ? counted(layer, moved) : moved;
}


/* ---- Lua's ---- */

static void *allocate(int layer, void *block, size_t old, size_t size) {
  if (size == 0) {
    release(layer, block);
    return NULL;
  }
  if (block != NULL && size <= old) return realloc(block, size); /* Lua relies on it */
  return resize(layer, block, size);
}


void *memory_lua(void *unused, void *block, size_t old, size_t size) {
  (void)unused;
  return allocate(LAYER_LUA, block, old, size);
}


/* ---- libcurl's ---- */

static void *curl_malloc(size_t size) {
  return fails(LAYER_CURL) ? NULL : counted(LAYER_CURL, malloc(size));
}


static void *curl_calloc(size_t n, size_t size) {
  return fails(LAYER_CURL) ? NULL : counted(LAYER_CURL, calloc(n, size));
}


static void *curl_realloc(void *block, size_t size) {
  return resize(LAYER_CURL, block, size);
}


static char *curl_strdup_(const char *text) {
  return fails(LAYER_CURL) ? NULL : counted(LAYER_CURL, strdup(text));
}


static void curl_free_(void *block) {
  release(LAYER_CURL, block);
}


bool memory_curl_init(void) {
  return curl_global_init_mem(CURL_GLOBAL_DEFAULT, curl_malloc, curl_free_, curl_realloc, curl_strdup_,
                              curl_calloc) == CURLE_OK;
}


/* ---- the module's own: what its object files call instead ---- */

void *torture_malloc(size_t size);
void *torture_calloc(size_t n, size_t size);
void *torture_realloc(void *block, size_t size);
void torture_free(void *block);
lua_State *torture_newstate(void);

void *torture_malloc(size_t size) {
  return fails(LAYER_OWN) ? NULL : counted(LAYER_OWN, malloc(size));
}


void *torture_calloc(size_t n, size_t size) {
  return fails(LAYER_OWN) ? NULL : counted(LAYER_OWN, calloc(n, size));
}


void *torture_realloc(void *block, size_t size) {
  return resize(LAYER_OWN, block, size);
}


void torture_free(void *block) {
  release(LAYER_OWN, block);
}


static void *own_lua(void *unused, void *block, size_t old, size_t size) {
  (void)unused;
  return allocate(LAYER_OWN, block, old, size);
}


/* Fails as a whole: LuaJIT crashes where memory fails amid lua_newstate. The state has no panic
** function: an error that nothing catches ends the process. */
lua_State *torture_newstate(void) {
  const unsigned layers = plan.layers;
  lua_State *L;
  if (fails(LAYER_OWN)) return NULL;
  plan.layers = 0;
  L = lua_newstate(own_lua, NULL);
  plan.layers = layers;
  return L;
}

/*
** Counts and fails requests for memory, under a lock: libcurl asks from a thread of its own, too.
** It starts one to look an address up where memory for the address fails.
*/
#define _POSIX_C_SOURCE 200809L

#include "memory.h"

#include <curl/curl.h>
#include <lauxlib.h>
#include <lua.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Of all that follows. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct {
  unsigned layers;
  long nth;
  bool onwards;
  void (*at_nth)(void *context);
  void *context;
  long requests;
} plan;

static long blocks[LAYERS];


static void set_plan(unsigned layers, long nth, bool onwards, void (*at_nth)(void *context), void *context) {
  pthread_mutex_lock(&lock);
  plan.layers = layers;
  plan.nth = nth;
  plan.onwards = onwards;
  plan.at_nth = at_nth;
  plan.context = context;
  plan.requests = 0;
  pthread_mutex_unlock(&lock);
}


void memory_arm(unsigned layers, long nth, bool onwards) {
  set_plan(layers, nth, onwards, NULL, NULL);
}


void memory_watch(unsigned layers, long nth, void (*at_nth)(void *context), void *context) {
  set_plan(layers, nth, false, at_nth, context);
}


/* Sets which layers' requests are counted. Returns which were. */
static unsigned set_layers(unsigned layers) {
  unsigned before;
  pthread_mutex_lock(&lock);
  before = plan.layers;
  plan.layers = layers;
  pthread_mutex_unlock(&lock);
  return before;
}


void memory_disarm(void) {
  (void)set_layers(0);
}


static long read_count(const long *count) {
  long n;
  pthread_mutex_lock(&lock);
  n = *count;
  pthread_mutex_unlock(&lock);
  return n;
}


long memory_requests(void) {
  return read_count(&plan.requests);
}


long memory_blocks(int layer) {
  return read_count(&blocks[layer]);
}


static bool fails_by_plan(int layer) {
  if (((plan.layers >> layer) & 1u) == 0) return false;
  plan.requests++;
  if (plan.at_nth != NULL) {
    if (plan.requests == plan.nth) plan.at_nth(plan.context);
    return false;
  }
  return plan.requests == plan.nth || (plan.onwards && plan.requests > plan.nth);
}


static bool fails(int layer) {
  bool failing;
  pthread_mutex_lock(&lock);
  failing = fails_by_plan(layer);
  pthread_mutex_unlock(&lock);
  return failing;
}


static void count(int layer, long change) {
  pthread_mutex_lock(&lock);
  blocks[layer] += change;
  pthread_mutex_unlock(&lock);
}


static void *counted(int layer, void *block) {
  if (block != NULL) count(layer, 1);
  return block;
}


static void release(int layer, void *block) {
  if (block != NULL) count(layer, -1);
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
  unsigned layers;
  lua_State *L;
  if (fails(LAYER_OWN)) return NULL;
  layers = set_layers(0);
  L = lua_newstate(own_lua, NULL);
  (void)set_layers(layers);
  return L;
}

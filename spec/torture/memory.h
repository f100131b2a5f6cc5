/*
** Memory that fails on demand, for the three who ask for it: Lua (by lua_Alloc), libcurl
** (by curl_global_init_mem) and the module itself (whose calls of malloc and its kin are
** renamed in its object files; a Lua state that it makes has the module's memory, too). Each
** counts the blocks that it has out.
*/
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>

enum { LAYER_LUA, LAYER_CURL, LAYER_OWN, LAYERS };

/* The next requests of the layers (a set of bits) are counted. The nth fails; with
** `onwards` every later one too. */
void memory_arm(unsigned layers, long nth, bool onwards);

/* The same, but nothing fails: the nth request calls `at_nth`, which must not ask for any. */
void memory_watch(unsigned layers, long nth, void (*at_nth)(void *context), void *context);

/* Ends that. */
void memory_disarm(void);

/* Requests of those layers since they were armed. */
long memory_requests(void);

/* Blocks that a layer has out. */
long memory_blocks(int layer);

/* A lua_Alloc. */
void *memory_lua(void *unused, void *block, size_t old, size_t size);

/* Gives libcurl its allocator. To be called before the module is opened, whose own
** curl_global_init then only counts. */
bool memory_curl_init(void);

#endif

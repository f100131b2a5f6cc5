/*
** Preloaded: says at the end how many handles of libcurl the process has made.
*/
#include <dlfcn.h>
#include <stdio.h>

static int easy_handles, multi_handles;

void *curl_easy_init(void);
void *curl_multi_init(void);


static void *call(const char *name) {
  void *(*original)(void);
  /* Lua loads it for the module alone, so that no search from here finds it. */
  *(void **)&original = dlsym(dlopen("libcurl.so.4", RTLD_LAZY | RTLD_NOLOAD), name);
  return original();
}


void *curl_easy_init(void) {
  easy_handles++;
  return call("curl_easy_init");
}


void *curl_multi_init(void) {
  multi_handles++;
  return call("curl_multi_init");
}


__attribute__((destructor)) static void report(void) {
  printf("%d easy, %d multi\n", easy_handles, multi_handles);
}

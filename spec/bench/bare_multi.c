/*
** What creates in flight together cost without this module: easy handles on libcurl's
** multi interface, each with a ready-made body, sent again as soon as it has its answer,
** and each answer through lua-cjson. As many of them as anyone would write it: with
** curl_multi_perform and curl_multi_poll.
**
**   bare_multi COUNT BASE_URL [IN_FLIGHT [hold]]
**
** hold: prints how many bytes of resident memory they take while they wait, which is
** for a server that answers late. Every answer is checked.
*/
#include "bare.h"

#include <time.h>
#include <unistd.h>

typedef struct Creates {
  CURLM *multi;
  lua_State *L;
  long count, unsent, unanswered;
} Creates;


/* Sends the handle's request, or the next. */
static void begin(Creates *creates, CURL *easy, Answer *answer) {
  if (creates->unsent == 0) return;
  creates->unsent--;
  answer->length = 0;
  curl_multi_add_handle(creates->multi, easy);
}


static void finish(Creates *creates, const CURLMsg *message) {
  CURL *easy = message->easy_handle;
  char *answer = NULL;
  if (message->data.result != CURLE_OK) fail("a request failed");
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &answer);
  check(easy, (Answer *)(void *)answer);
  decode(creates->L, (Answer *)(void *)answer);
  curl_multi_remove_handle(creates->multi, easy);
  creates->unanswered--;
  begin(creates, easy, (Answer *)(void *)answer);
}


static void step(Creates *creates, int ms) {
  int running, left;
  const CURLMsg *message;
  curl_multi_perform(creates->multi, &running);
  while ((message = curl_multi_info_read(creates->multi, &left)) != NULL) finish(creates, message);
  if (creates->unanswered > 0) curl_multi_poll(creates->multi, NULL, 0, ms, NULL);
}


static long resident(void) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1) fail("no /proc/self/statm");
  fclose(file);
  return pages * sysconf(_SC_PAGESIZE);
}


/* Until all are sent; none is answered by then. */
static void hold(Creates *creates, long before) {
  const time_t settled = time(NULL) + 3;
  while (time(NULL) < settled) step(creates, 50);
  if (creates->unsent > 0 || creates->unanswered < creates->count) fail("the server answers too early");
  fprintf(stderr, "held %ld\n", resident() - before);
}


int main(int argc, char **argv) {
  const long count = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
  const long in_flight = argc > 3 ? strtol(argv[3], NULL, 10) : 64;
  Creates creates = {NULL, open_lua(), count, count, count};
  long i, before;
  if (count == 0) fail("usage: bare_multi COUNT BASE_URL [IN_FLIGHT [hold]]");
  curl_global_init(CURL_GLOBAL_DEFAULT);
  creates.multi = curl_multi_init();
  curl_multi_setopt(creates.multi, CURLMOPT_MAXCONNECTS, in_flight);
  before = resident();
  for (i = 0; i < in_flight; i++) {
    Answer *answer = calloc(1, sizeof *answer);
    CURL *easy = open_handle(argv[2], 0, answer);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, answer);
    begin(&creates, easy, answer);
  }
  if (argc > 4) hold(&creates, before);
  while (creates.unanswered > 0) step(&creates, 1000);
  return 0;
}

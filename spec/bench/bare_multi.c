/*
** What creates in flight together cost without this module: easy handles on libcurl's
** multi interface, each with a ready-made body, sent again as soon as it has its answer,
** and each answer through lua-cjson.
**
**   bare_multi COUNT BASE_URL [IN_FLIGHT [lean] [hold]]
**
** As anyone would write it: with curl_multi_perform and curl_multi_poll. lean: as little as
** libcurl can be had for: all that `bare` has words for, curl_multi_socket_action and epoll.
** hold: prints how many bytes of resident memory they take while they wait, which is
** for a server that answers late. Every answer is checked.
*/
#include "bare.h"

#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

typedef struct Creates {
  CURLM *multi;
  lua_State *L;
  long count, unsent, unanswered;
  int epoll;         /* -1 unless lean */
  long long expires; /* ms, of libcurl's timer; -1: none */
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
  if (message->data.result != CURLE_OK) fail(curl_easy_strerror(message->data.result));
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &answer);
  check(easy, (Answer *)(void *)answer);
  decode(creates->L, (Answer *)(void *)answer);
  curl_multi_remove_handle(creates->multi, easy);
  creates->unanswered--;
  begin(creates, easy, (Answer *)(void *)answer);
}


static void finish_all(Creates *creates) {
  int left;
  const CURLMsg *message;
  while ((message = curl_multi_info_read(creates->multi, &left)) != NULL) finish(creates, message);
}

/* --- as anyone would write it --------------------------------------------------------- */

static void step_plain(Creates *creates, int ms) {
  int running;
  curl_multi_perform(creates->multi, &running);
  finish_all(creates);
  if (creates->unanswered > 0) curl_multi_poll(creates->multi, NULL, 0, ms, NULL);
}

/* --- lean ------------------------------------------------------------------------------ */

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}


static int on_timer(CURLM *multi, long ms, void *self) {
  Creates *creates = self;
  (void)multi;
  creates->expires = ms < 0 ? -1 : now() + ms;
  return 0;
}


static int on_socket(CURL *easy, curl_socket_t fd, int what, void *self, void *known) {
  Creates *creates = self;
  struct epoll_event event = {0};
  (void)easy;
  event.data.fd = fd;
  event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(creates->epoll, EPOLL_CTL_DEL, fd, NULL);
  } else {
    epoll_ctl(creates->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    curl_multi_assign(creates->multi, fd, creates); /* any pointer: known from now on */
  }
  return 0;
}


static void step_lean(Creates *creates, int ms) {
  struct epoll_event events[64];
  int running, count, i;
  if (creates->expires >= 0) {
    const long long left = creates->expires - now();
    if (left < ms) ms = left > 0 ? (int)left : 0;
  }
  count = epoll_wait(creates->epoll, events, 64, ms);
  for (i = 0; i < count; i++) {
    const int ready = (events[i].events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
                      (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                      (events[i].events & EPOLLERR ? CURL_CSELECT_ERR : 0);
    curl_multi_socket_action(creates->multi, events[i].data.fd, ready, &running);
  }
  if (creates->expires >= 0 && creates->expires <= now()) {
    creates->expires = -1;
    curl_multi_socket_action(creates->multi, CURL_SOCKET_TIMEOUT, 0, &running);
  }
  finish_all(creates);
}


static void be_lean(Creates *creates) {
  creates->epoll = epoll_create1(EPOLL_CLOEXEC);
  curl_multi_setopt(creates->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(creates->multi, CURLMOPT_SOCKETDATA, creates);
  curl_multi_setopt(creates->multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(creates->multi, CURLMOPT_TIMERDATA, creates);
}


static void step(Creates *creates, int ms) {
  if (creates->epoll < 0) step_plain(creates, ms);
  else step_lean(creates, ms);
}

/* --- both ------------------------------------------------------------------------------ */

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


static int has(int argc, char **argv, const char *word) {
  for (argc--; argc > 3; argc--) {
    if (strcmp(argv[argc], word) == 0) return 1;
  }
  return 0;
}


int main(int argc, char **argv) {
  const long count = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
  const long in_flight = argc > 3 ? strtol(argv[3], NULL, 10) : 64;
  const int lean = has(argc, argv, "lean");
  Creates creates = {NULL, open_lua(), count, count, count, -1, -1};
  long i, before;
  if (count == 0) fail("usage: bare_multi COUNT BASE_URL [IN_FLIGHT [lean] [hold]]");
  curl_global_init(CURL_GLOBAL_DEFAULT);
  creates.multi = curl_multi_init();
  curl_multi_setopt(creates.multi, CURLMOPT_MAXCONNECTS, in_flight);
  if (lean) be_lean(&creates);
  before = resident();
  for (i = 0; i < in_flight; i++) {
    Answer *answer = calloc(1, sizeof *answer);
    CURL *easy = open_handle(argv[2], lean ? BARE_LEANEST : 0, answer);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, answer);
    begin(&creates, easy, answer);
  }
  if (has(argc, argv, "hold")) hold(&creates, before);
  while (creates.unanswered > 0) step(&creates, 1000);
  return 0;
}

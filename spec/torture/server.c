/*
** One process, poll, and fixed buffers.
*/
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 256
#define REQUEST_MAX 8192
#define ANSWER_MAX 8192
#define PAGES 3

unsigned char *server_creates, *server_limits;

typedef struct Connection {
  size_t length;
  char bytes[REQUEST_MAX];
} Connection;

/* The listening socket is the first. */
static struct pollfd sockets[CONNECTIONS + 1];
static Connection connections[CONNECTIONS + 1];
static nfds_t count = 0;
static int port = 0;


void *server_share(size_t size) {
  void *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return block == MAP_FAILED ? NULL : block;
}


int server_open(void) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  server_creates = server_share(CHANNELS);
  server_limits = server_share(CHANNELS);
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (server_creates == NULL || server_limits == NULL || listener < 0 ||
      bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 128) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
    return 0;
  }
  sockets[0].fd = listener;
  sockets[0].events = POLLIN;
  count = 1;
  port = ntohs(address.sin_port);
  return port;
}


/* ---- answers ---- */

/* The webhook that the torture asks for, in every channel the same. */
static size_t write_webhook(char *to, size_t room, long channel, int number) {
  char now[32];
  const time_t time_now = time(NULL);
  strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", gmtime(&time_now));
  return (size_t)snprintf(to, room,
    "{\"sid\":\"WH%016lx%016x\",\"account_sid\":\"ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
    "\"type\":\"webhook\",\"url\":null,\"date_created\":\"%s\",\"date_updated\":\"%s\","
    "\"configuration\":{\"url\":\"https://example.com/hook\",\"method\":\"POST\","
    "\"filters\":[\"onMessageSent\",\"onChannelDestroyed\"],\"retry_count\":2}}",
    (unsigned long)channel, (unsigned)number, now, now);
}


/* A page of a list: the webhooks that were made; or one webhook on each of three pages. */
static size_t write_list(char *to, size_t room, const char *path, bool paged, long channel) {
  const char *query = strstr(path, "?Page=");
  const int page = query != NULL ? query[6] - '0' : 0;
  const int first = paged ? page : 0;
  const int end = paged ? page + 1 : server_creates[channel];
  size_t n = (size_t)snprintf(to, room, "{\"webhooks\":[");
  int i;
  for (i = first; i < end; i++) {
    if (i > first) to[n++] = ',';
    n += write_webhook(to + n, room - n, channel, i);
  }
  n += (size_t)snprintf(to + n, room - n, "],\"meta\":{\"page\":%d", page);
  if (paged && page + 1 < PAGES) {
    n += (size_t)snprintf(to + n, room - n, ",\"next_page_url\":\"http://127.0.0.1:%d%.*s?Page=%d\"", port,
                          (int)strcspn(path, "? "), path, page + 1);
  }
  return n + (size_t)snprintf(to + n, room - n, "}}");
}


/* One channel on each of three pages. */
static size_t write_channels(char *to, size_t room, const char *path) {
  const char *query = strstr(path, "&Page=");
  const int page = query != NULL ? query[6] - '0' : 0;
  size_t n = (size_t)snprintf(to, room, "{\"channels\":[{\"sid\":\"CH%032x\"}],\"meta\":{\"page\":%d",
                              (unsigned)page, page);
  if (page + 1 < PAGES) {
    n += (size_t)snprintf(to + n, room - n,
                          ",\"next_page_url\":\"http://127.0.0.1:%d%.*s?PageSize=1&Page=%d\"", port,
                          (int)strcspn(path, "? "), path, page + 1);
  }
  return n + (size_t)snprintf(to + n, room - n, "}}");
}


static void send_answer(int socket, const char *status, const char *body, size_t n) {
  char answer[ANSWER_MAX];
  char date[64];
  const time_t now = time(NULL);
  size_t length;
  strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&now));
  length = (size_t)snprintf(answer, sizeof answer,
    "HTTP/1.1 %s\r\nDate: %s\r\nContent-Type: application/json\r\nTwilio-Request-Id: RQ1\r\n"
    "Content-Length: %zu\r\n\r\n%.*s", status, date, n, (int)n, body);
  (void)send(socket, answer, length, MSG_NOSIGNAL);
}


/* Answers a request for a webhook, or a channel's list of them. False: close instead. */
static bool answer_webhook(int socket, const char *method, const char *path, const char *kind, long channel,
                           bool item) {
  char body[ANSWER_MAX - 512];
  size_t n;
  if (strcmp(method, "DELETE") == 0) {
    send_answer(socket, "204 No Content", "", 0);
  } else if (strcmp(method, "GET") == 0 && !item) {
    n = write_list(body, sizeof body, path, strncmp(kind, "pages-", 6) == 0, channel);
    send_answer(socket, "200 OK", body, n);
  } else if (item) {
    n = write_webhook(body, sizeof body, channel, 0);
    send_answer(socket, "200 OK", body, n);
  } else {
    const int made = server_creates[channel]++;
    if (strncmp(kind, "stray-", 6) == 0 && made == 0) return false;
    n = write_webhook(body, sizeof body, channel, made);
    send_answer(socket, "201 Created", body, n);
  }
  return true;
}


static void answer_channels(int socket, const char *path) {
  char body[ANSWER_MAX - 512];
  send_answer(socket, "200 OK", body, write_channels(body, sizeof body, path));
}


static bool answer(int socket, const char *request) {
  static const char refusal[] =
    "{\"code\":50324,\"message\":\"Invalid type\",\"more_info\":\"https://example.com/50324\",\"status\":400}";
  char method[8], path[1024];
  const char *kind, *number, *rest;
  long channel;
  if (sscanf(request, "%7s %1023s", method, path) != 2) return false;
  if (strstr(path, "/Channels?") != NULL) {
    answer_channels(socket, path);
    return true;
  }
  kind = strstr(path, "/Channels/");
  number = kind != NULL ? strchr(kind, '-') : NULL;
  channel = number != NULL ? strtol(number + 1, NULL, 10) : -1;
  rest = number != NULL ? strstr(number, "/Webhooks") : NULL;
  if (channel < 0 || channel >= CHANNELS || rest == NULL) return false;
  kind += sizeof "/Channels/" - 1;
  if (strncmp(kind, "refused-", 8) == 0) {
    send_answer(socket, "400 Bad Request", refusal, sizeof refusal - 1);
    return true;
  }
  return answer_webhook(socket, method, path, kind, channel, rest[sizeof "/Webhooks" - 1] == '/');
}


/* ---- connections ---- */

static void drop(nfds_t i) {
  close(sockets[i].fd);
  count--;
  sockets[i] = sockets[count];
  connections[i] = connections[count];
}


static void take(void) {
  const int one = 1;
  const int socket = accept(sockets[0].fd, NULL, NULL);
  if (socket < 0) return;
  if (count > CONNECTIONS) {
    close(socket);
    return;
  }
  (void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  sockets[count].fd = socket;
  sockets[count].events = POLLIN;
  connections[count++].length = 0;
}


/* The length of the whole request at the beginning of the bytes; 0 if it is not all there. */
static size_t whole(const Connection *c) {
  const char *end = strstr(c->bytes, "\r\n\r\n");
  const char *field = strstr(c->bytes, "Content-Length: ");
  size_t length;
  if (end == NULL) return 0;
  length = (size_t)(end + 4 - c->bytes);
  if (field != NULL && field < end) length += strtoul(field + 16, NULL, 10);
  return length <= c->length ? length : 0;
}


/* Reads what has come and answers what is whole. False: the connection is over. */
static bool serve(nfds_t i) {
  Connection *c = &connections[i];
  const ssize_t got = recv(sockets[i].fd, c->bytes + c->length, sizeof c->bytes - 1 - c->length, 0);
  size_t n;
  if (got <= 0) return false;
  c->length += (size_t)got;
  c->bytes[c->length] = '\0';
  while ((n = whole(c)) > 0) {
    if (!answer(sockets[i].fd, c->bytes)) return false;
    memmove(c->bytes, c->bytes + n, c->length - n + 1);
    c->length -= n;
  }
  return true;
}


/* Serves what there is, waiting for it at most so long. False: there was nothing. */
static bool turn(int ms) {
  nfds_t i;
  if (poll(sockets, count, ms) <= 0) return false;
  for (i = count; i-- > 1;) {
    if (sockets[i].revents != 0 && !serve(i)) drop(i);
  }
  if (sockets[0].revents != 0) take();
  return true;
}


int server_serve(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) turn(20);
  while (turn(20)) continue;
  return status;
}

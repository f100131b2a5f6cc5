/*
** Reads base URLs. The credentials go to the host of that URL, so the reader refuses what it
** does not know. It does not use libcurl's URL parser, which forgives much, and which the
** oldest supported version does not have.
*/
#define _POSIX_C_SOURCE 200112L /* NOLINT(bugprone-reserved-identifier): POSIX names it so */

#include "api/endpoint.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ascii.h"

#define LABEL_MAX 63 /* RFC 1035, 2.3.4 */
#define ADDRESS_MAX 45 /* 39 of IPv6, or an IPv4 address at its end */


bool tw_endpoint_is_label(const char *s, size_t n) {
  size_t i;
  if (n == 0 || n > LABEL_MAX || s[0] == '-' || s[n - 1] == '-') return false;
  for (i = 0; i < n; i++) {
    if (!tw_ascii_is_alnum(s[i]) && s[i] != '-') return false;
  }
  return true;
}


void tw_endpoint_twilio(tw_Request *request, const char *product, const char *edge,
                        const char *region) {
  tw_Buffer *base = &request->base;
  if (edge != NULL && region == NULL) region = "us1";
  tw_buffer_text(base, "https://");
  tw_buffer_text(base, product);
  if (edge != NULL) {
    tw_buffer_char(base, '.');
    tw_buffer_text(base, edge);
  }
  if (region != NULL) {
    tw_buffer_char(base, '.');
    tw_buffer_text(base, region);
  }
  tw_buffer_text(base, ".twilio.com");
}


/* Is it a numeric address of that family, in its usual form? */
static bool is_address(int family, const char *s, size_t n) {
  char text[ADDRESS_MAX + 1];
  unsigned char address[16];
  if (n > ADDRESS_MAX) return false;
  memcpy(text, s, n);
  text[n] = '\0';
  return inet_pton(family, text, address) == 1;
}


/* Each of these takes a position and returns the one after what it read. `end` points to a
** NUL. */

static const char *skip_host(const char *s, const char *end) {
  if (*s == '[') {
    const char *close = memchr(s, ']', (size_t)(end - s));
    return close != NULL && is_address(AF_INET6, s + 1, (size_t)(close - s - 1)) ? close + 1 : s;
  }
  while (s < end && (tw_ascii_is_alnum(*s) || *s == '-' || *s == '.' || *s == '_')) s++;
  return s;
}


/* ":8080" or nothing. NULL if it is not a port number. */
static const char *skip_port(const char *s, const char *end) {
  long port = 0;
  if (s == end || *s != ':') return s;
  for (s++; s < end && tw_ascii_is_digit(*s) && port < 65536; s++) port = port * 10 + (*s - '0');
  return port >= 1 && port <= 65535 ? s : NULL;
}


static const char *skip_path(const char *s, const char *end) {
  while (s < end && (tw_ascii_is_alnum(*s) || strchr("/-._~%!$&'()*+,;=:@", *s) != NULL)) s++;
  return s;
}


/* Is the host this machine? 127.0.0.256 is a name, and a resolver may find it anywhere. */
static bool is_loopback(const char *host, size_t n) {
  if (n == 9 && memcmp(host, "localhost", 9) == 0) return true;
  if (n == 5 && memcmp(host, "[::1]", 5) == 0) return true;
  return n > 4 && memcmp(host, "127.", 4) == 0 && is_address(AF_INET, host, n); /* 127.0.0.0/8 */
}


/* The position after a dot, encoded or not; the same position if there is none. */
static const char *skip_dot(const char *s, const char *end) {
  const size_t left = (size_t)(end - s);
  if (left >= 1 && s[0] == '.') return s + 1;
  return left >= 3 && s[0] == '%' && s[1] == '2' && (s[2] | 0x20) == 'e' ? s + 3 : s;
}


/* Has the path a segment that a client or server would resolve away? */
static bool has_dots(const char *path, const char *end) {
  while (path < end) {
    const char *slash = memchr(path + 1, '/', (size_t)(end - path - 1));
    const char *stop = slash != NULL ? slash : end;
    const char *dot = skip_dot(path + 1, stop);
    if (dot > path + 1 && (dot == stop || skip_dot(dot, stop) == stop)) return true;
    path = stop;
  }
  return false;
}


const char *tw_endpoint_custom(tw_Request *request, const char *url, size_t n, bool allow_http) {
  const char *end = url + n;
  const char *host, *port, *path;
  if (n > 8 && memcmp(url, "https://", 8) == 0) host = url + 8;
  else if (n > 7 && memcmp(url, "http://", 7) == 0) host = url + 7;
  else return "a URL that begins with https://";
  request->plain = host == url + 7;
  port = skip_host(host, end);
  path = skip_port(port, end);
  if (port == host || path == NULL || (path < end && *path != '/') || skip_path(path, end) != end ||
      has_dots(path, end)) {
    return "https://host[:port][/prefix], without user name, query or fragment";
  }
  request->loopback = is_loopback(host, (size_t)(port - host));
  if (request->plain && !request->loopback && !allow_http) {
    return "an https URL: http is for this machine, or for allow_http = true";
  }
  while (end > path && end[-1] == '/') end--;
  tw_buffer_append(&request->base, url, (size_t)(path - url));
  tw_buffer_append(&request->path, path, (size_t)(end - path));
  return request->base.state == TW_BUFFER_FULL ? "shorter: 1024 bytes of host" : NULL; /* no path is too long */
}


/* ---- the next page of a list ---- */

/* The first of these bytes from `s` on, or `end`. */
static const char *find_any(const char *s, const char *end, const char *bytes) {
  while (s < end && strchr(bytes, *s) == NULL) s++;
  return s;
}


static bool begins(const char *s, const char *end, const char *text) {
  const size_t n = strlen(text);
  return (size_t)(end - s) >= n && memcmp(s, text, n) == 0;
}


/* The path in a URL or in a reference without a host; NULL if there is none. */
static const char *find_path(const char *url, const char *end) {
  const char *s = find_any(url, end, ":/?#");
  if (s > url && begins(s, end, "://")) s += 3;
  else if (begins(url, end, "//")) s = url + 2;
  else return begins(url, end, "/") ? url : NULL;
  s = find_any(s, end, "/?#");
  return begins(s, end, "/") ? s : NULL;
}


/* The length of the base URL's prefix in the path `first`: the bytes before the first segment of
** `path`. An API behind a prefix leaves it out of the URLs of its pages. */
static size_t prefix_length(const tw_Buffer *first, const char *path, const char *end) {
  const char *slash = memchr(path + 1, '/', (size_t)(end - path - 1));
  const size_t n = slash != NULL ? (size_t)(slash + 1 - path) : 0;
  size_t i;
  for (i = 0; n > 0 && i + n <= first->length; i++) {
    if (memcmp(first->data + i, path, n) == 0) return i;
  }
  return 0;
}


bool tw_endpoint_next_page(const tw_Buffer *first, const char *url, size_t n, tw_Buffer *path) {
  const char *end = url + n, *start, *stop, *s;
  for (s = url; s < end; s++) {
    if (*s <= ' ' || *s > '~') return false;
  }
  start = find_path(url, end);
  if (start == NULL) return false;
  s = memchr(start, '#', (size_t)(end - start));
  if (s != NULL) end = s;
  stop = memchr(start, '?', (size_t)(end - start));
  if (has_dots(start, stop != NULL ? stop : end)) return false;
  tw_buffer_append(path, first->data, prefix_length(first, start, end));
  return tw_buffer_append(path, start, (size_t)(end - start));
}

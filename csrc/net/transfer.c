/*
** Settings and callbacks of one easy handle. The callbacks only append to
** capped buffers, and count: none calls Lua, whose errors would jump over
** libcurl's frames.
*/
#include "net/transfer.h"

#include <stdlib.h>
#include <string.h>

#include "net/failure.h"

/* Seconds for which an idle connection is trusted. The server may just have
** closed an older one, and nobody can know whether a create on it has failed. */
#define IDLE_SECONDS 20L
/* Seconds for which a busy connection is used: a name may have moved meanwhile. */
#define LIFE_SECONDS 120L
/* Seconds for which libcurl remembers the addresses of a name: enough for requests that
** begin together, and few if an address turns out wrong. */
#define NAME_SECONDS 2L
/* Bytes that are read of a proxy's answer, about. The caller sees only its status. */
#define PROXY_BYTES 16384L
/* Bytes that libcurl reads at a time. It reads up to a hundred times in one step, and chunks of one
** byte take it long. */
#define READ_BYTES 4096L
/* Milliseconds after which a connection tries a second address at the latest, if many try theirs. */
#define SECOND_TRY_MOST_MS 2000L
/* Bytes of two names of files, which options caps at 4 KiB each. */
#define SOURCE_MAX (16 * 1024)

/* The settings that never change. Everything that might send the password elsewhere is off. */
static const struct {
  CURLoption option;
  long value;
} settings[] = {
  {CURLOPT_NOSIGNAL, 1L},                /* the host's signals are its own */
  {CURLOPT_FOLLOWLOCATION, 0L},          /* a redirect would take the password elsewhere */
  {CURLOPT_NETRC, CURL_NETRC_IGNORED},   /* credentials come from the caller alone */
  {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1}, /* HTTP/2 repeats requests by rules of its own */
  {CURLOPT_SSL_VERIFYPEER, 1L},
  {CURLOPT_SSL_VERIFYHOST, 2L},
  {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2}, /* or newer */
  {CURLOPT_DISALLOW_USERNAME_IN_URL, 1L}, /* credentials have options of their own */
#if LIBCURL_VERSION_NUM >= 0x074000
  {CURLOPT_HTTP09_ALLOWED, 0L},          /* bytes without a status line are no answer */
#endif
  {CURLOPT_BUFFERSIZE, READ_BYTES},
  {CURLOPT_DNS_CACHE_TIMEOUT, NAME_SECONDS},
  {CURLOPT_SUPPRESS_CONNECT_HEADERS, TW_CURL_PREREQ ? 0L : 1L}, /* see is_of_proxy */
#if TW_CURL_MAXAGE
  {CURLOPT_MAXAGE_CONN, IDLE_SECONDS},
#endif
#if TW_CURL_MAXLIFETIME
  {CURLOPT_MAXLIFETIME_CONN, LIFE_SECONDS},
#endif
#if TW_CURL_QUICK_EXIT
  {CURLOPT_QUICK_EXIT, 1L},              /* no wait for a thread that waits for a name server */
#endif
};


/* ---- callbacks ---- */

/* Is the block so far an informational answer, which another follows? (No line follows one that
** switches protocols.) */
static bool is_interim(const tw_Buffer *head) {
  const char *space = memchr(head->data, ' ', head->length);
  return space != NULL && space[1] == '1';
}


/* Does this line come before the API's own answer? A proxy's answer to CONNECT does: libcurl
** reads it before it calls back for the request. */
static bool is_of_proxy(const tw_Response *response) {
#if TW_CURL_PREREQ
  return response->requests == 0;
#else
  (void)response;
  return false; /* CURLOPT_SUPPRESS_CONNECT_HEADERS */
#endif
}


/* Makes libcurl show each line before it keeps it, or ends that. */
static void show_lines(tw_Transfer *t, bool shown) {
  if (t->shown == shown) return;
  (void)curl_easy_setopt(t->easy, CURLOPT_VERBOSE, shown ? 1L : 0L);
  t->shown = shown;
}


/* Sees a line before libcurl keeps it: see TW_CURL_STALE_HEADER. libcurl would add a line that
** begins with a space to a freed header. So this changes its first byte; on_header then refuses it. */
static int on_line(CURL *easy, curl_infotype type, char *bytes, size_t n, void *self) {
  (void)easy;
  (void)n; /* no line is empty */
  if (type == CURLINFO_HEADER_IN && (bytes[0] == ' ' || bytes[0] == '\t')) {
    bytes[0] = 'x';
    ((tw_Transfer *)self)->folded = true;
  }
  return 0;
}


/* Follows the lines of an answer. libcurl's pointer is right after the first header, and only the
** line after a status line can be the first. Showing all lines would cost more. */
static void follow_lines(tw_Transfer *t, bool ends) {
  if (!t->stale || t->keeps) return;
  show_lines(t, !ends && !t->in_block);
  t->keeps = !ends && t->in_block;
  t->in_block = !ends;
}


/* Keeps the last block of header lines. Drops lines after its end, which are trailers. */
static size_t on_header(char *bytes, size_t size, size_t n, void *self) {
  tw_Transfer *t = self;
  tw_Response *response = t->response;
  const bool of_proxy = is_of_proxy(response);
  const bool first = !of_proxy && response->lines == 0;
  const bool ends = bytes[0] == '\r' || bytes[0] == '\n'; /* no line is empty */
  (void)size; /* is 1 */
  if (t->folded || (!of_proxy && ++response->lines > TW_HEAD_LINES_MAX)) return 0;
  follow_lines(t, ends);
  if (first || (t->head_ended && is_interim(&response->head))) {
    tw_buffer_reset(&response->head);
    t->head_ended = false;
  }
  if (t->head_ended) return n;
  t->head_ended = ends;
  return tw_buffer_append(&response->head, bytes, n) ? n : 0;
}


static size_t on_body(char *bytes, size_t size, size_t n, void *self) {
  tw_Response *response = ((tw_Transfer *)self)->response;
  (void)size; /* is 1 */
  return tw_buffer_append(&response->body, bytes, n) ? n : 0;
}


/* Counts it among those that connect, or ends that. Only a libcurl that calls back for each request
** tells when a connection is ready. */
static void set_connecting(tw_Transfer *t, bool connecting) {
  if (t->connecting == connecting || !TW_CURL_PREREQ) return;
  t->connecting = connecting;
  if (connecting) tw_trust_connect(t->trust);
  else tw_trust_connected(t->trust);
}


/* Opens a socket for a new connection. */
static curl_socket_t on_open(void *self, curlsocktype purpose, struct curl_sockaddr *address) {
  tw_Transfer *t = self;
  (void)purpose; /* is CURLSOCKTYPE_IPCXN */
  t->opened = true;
  set_connecting(t, true);
  return tw_trust_socket(t->trust, address->family, address->socktype, address->protocol);
}


static int on_close(void *trust, curl_socket_t socket) {
  return tw_trust_close(trust, (int)socket);
}


/* Limits a proxy's answer to CONNECT. libcurl reads it byte by byte as long as any come, without a
** look at the clock; it calls this for each byte. */
static int on_progress(void *self, curl_off_t all_down, curl_off_t down, curl_off_t all_up, curl_off_t up) {
  tw_Transfer *t = self;
  (void)all_down;
  (void)down;
  (void)all_up;
  (void)up;
  if (t->response->requests > 0 || t->response->lines > 0) return 0; /* past the proxy */
  return ++t->proxy_bytes > PROXY_BYTES;
}


#if TW_CURL_PREREQ
/* Called before libcurl writes a request. If a kept connection turns out to be dead, libcurl sends the
** request again by itself, even a POST. So the second call ends a request that must not be sent twice,
** and a delete, since its second answer would differ. A kept connection that cannot be trusted ends
** the request too, unsent: see tw_transfer_renew. */
static int on_request(void *self, char *server, char *local, int server_port, int local_port) {
  tw_Transfer *t = self;
  (void)local;
  set_connecting(t, false);
  if (t->response->requests > 0 && !t->request->resendable) return CURL_PREREQFUNC_ABORT;
  if (!t->opened && !tw_trust_holds(t->trust, local_port, server, server_port)) {
    t->refused = true;
    return CURL_PREREQFUNC_ABORT; /* which closes it */
  }
  t->kept = !t->opened;
  if (t->all_needed) t->certificates->all_needed = true; /* and they were enough */
  t->response->requests++;
  return CURL_PREREQFUNC_OK;
}
#endif


/* ---- settings ---- */

/* The parentheses call the function and not the macro of the same name. The macro checks the value's
** type if the option is a constant. Once this is inlined it is one, and the type is lost. */
static void set_long(tw_Transfer *t, CURLoption option, long value) {
  if (t->setup == CURLE_OK) t->setup = (curl_easy_setopt)(t->easy, option, value);
}


static void set_pointer(tw_Transfer *t, CURLoption option, const void *value) {
  if (t->setup == CURLE_OK) t->setup = (curl_easy_setopt)(t->easy, option, value);
}


/* The same of an option that only the macro checks: a callback. */
static void note(tw_Transfer *t, CURLcode code) {
  if (t->setup == CURLE_OK) t->setup = code;
}


static void set_constants(tw_Transfer *t) {
  size_t i;
  for (i = 0; i < sizeof settings / sizeof *settings; i++) {
    set_long(t, settings[i].option, settings[i].value);
  }
  note(t, curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header));
  note(t, curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body));
  set_pointer(t, CURLOPT_HTTPHEADER, t->headers); /* which each request fills */
  set_pointer(t, CURLOPT_HEADERDATA, t);
  set_pointer(t, CURLOPT_WRITEDATA, t);
  note(t, curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, on_open));
  note(t, curl_easy_setopt(t->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close));
  note(t, curl_easy_setopt(t->easy, CURLOPT_XFERINFOFUNCTION, on_progress));
  set_pointer(t, CURLOPT_XFERINFODATA, t);
  set_pointer(t, CURLOPT_OPENSOCKETDATA, t);
  set_pointer(t, CURLOPT_CLOSESOCKETDATA, t->trust);
  set_pointer(t, CURLOPT_PRIVATE, t);
  set_pointer(t, CURLOPT_ERRORBUFFER, t->error);
  note(t, curl_easy_setopt(t->easy, CURLOPT_DEBUGFUNCTION, on_line));
  set_pointer(t, CURLOPT_DEBUGDATA, t);
#if TW_CURL_PREREQ
  note(t, curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, on_request));
  set_pointer(t, CURLOPT_PREREQDATA, t);
#endif
}


static void set_protocol(tw_Transfer *t) {
#if TW_CURL_PROTOCOLS_STR
  set_pointer(t, CURLOPT_PROTOCOLS_STR, t->request->plain ? "http" : "https");
#else
  set_long(t, CURLOPT_PROTOCOLS, t->request->plain ? (long)CURLPROTO_HTTP : (long)CURLPROTO_HTTPS);
#endif
}


/* Parses t->url, which has changed. libcurl would parse a text again for each request. */
static void parse_url(tw_Transfer *t) {
#if TW_CURL_URL_HANDLE
  if (t->parsed == NULL) t->parsed = curl_url();
  if (t->parsed == NULL) {
    t->setup = CURLE_OUT_OF_MEMORY;
  } else if (curl_url_set(t->parsed, CURLUPART_URL, t->url.data, CURLU_DISALLOW_USER) != CURLUE_OK) {
    t->setup = CURLE_URL_MALFORMAT;
  }
#else
  (void)t;
#endif
}


/* Gives the handle the URL. libcurl reads the parsed one if there is one. It also needs the text, or
** it would make it for each new handle. */
static void apply_url(tw_Transfer *t) {
  set_pointer(t, CURLOPT_URL, t->url.data);
#if TW_CURL_URL_HANDLE
  set_pointer(t, CURLOPT_CURLU, t->parsed);
#endif
  set_protocol(t);
}


/* libcurl gets only scheme and host of the URL, and again when they change. The path goes into the
** request line as it is. That saves a sixth of a request's instructions, and keeps libcurl from
** rewriting the path. No proxy needs the whole URL: http goes through none. */
static void set_url(tw_Transfer *t) {
  const tw_Request *request = t->request;
  tw_Buffer *url = &t->url;
  set_pointer(t, CURLOPT_REQUEST_TARGET, request->path.data);
  if (url->data != NULL && strcmp(url->data, request->base.data) == 0) return;
  tw_buffer_reset(url);
  tw_buffer_append(url, request->base.data, request->base.length);
  if (url->state != TW_BUFFER_OK) t->setup = CURLE_OUT_OF_MEMORY;
  else parse_url(t);
  apply_url(t);
  if (t->setup != CURLE_OK) tw_buffer_reset(url); /* to be set again by the next request */
}


static void set_method(tw_Transfer *t) {
  const tw_Request *request = t->request;
  const bool post = strcmp(request->method, "POST") == 0;
  if (post) {
    set_long(t, CURLOPT_POST, 1L);
    set_pointer(t, CURLOPT_POSTFIELDS, request->body.length > 0 ? request->body.data : "");
    set_long(t, CURLOPT_POSTFIELDSIZE, (long)request->body.length); /* and not copied */
  } else {
    set_long(t, CURLOPT_HTTPGET, 1L);
  }
  set_pointer(t, CURLOPT_CUSTOMREQUEST, post ? NULL : request->method);
}


/* The list has libcurl's type but lies in our memory: libcurl neither changes nor copies its nodes.
** It is short, since libcurl reads it eight times a request. */
static void set_headers(tw_Transfer *t) {
  static char accept[] = "Accept: application/json";
#if TW_CURL_EXPECT
  static char expect[] = "Expect:"; /* none */
#endif
  const tw_Buffer *own = &t->request->headers;
  size_t n = 0, at;
  t->headers[n++].data = accept;
#if TW_CURL_EXPECT
  t->headers[n++].data = expect;
#endif
  t->headers[n++].data = t->request->user_agent.data;
  t->headers[n++].data = t->request->authorization.data;
  for (at = 0; at < own->length; at += strlen(own->data + at) + 1) {
    t->headers[n++].data = own->data + at;
  }
  t->headers[n - 1].next = NULL;
  while (--n > 0) t->headers[n - 1].next = &t->headers[n];
}


/* Writes the source of the handle's certificates, as a text. */
static bool write_source(tw_Buffer *source, const tw_Request *request, bool all) {
  tw_buffer_reset(source);
  return tw_buffer_text(source, all ? "all\n" : "few\n") &&
         tw_buffer_text(source, request->ca_file.data != NULL ? request->ca_file.data : "") &&
         tw_buffer_text(source, "\n") &&
         tw_buffer_text(source, request->ca_path.data != NULL ? request->ca_path.data : "");
}


/* Has the handle these certificates already? Reading costs less than writing. */
static bool has_source(const tw_Buffer *source, const tw_Request *request, bool all) {
  const char *file = request->ca_file.data != NULL ? request->ca_file.data : "";
  const char *path = request->ca_path.data != NULL ? request->ca_path.data : "";
  const char *s = source->data;
  if (source->length == 0 || s[0] != (all ? 'a' : 'f')) return false;
  s += 4;
  if (strncmp(s, file, strlen(file)) != 0 || s[strlen(file)] != '\n') return false;
  return strcmp(s + strlen(file) + 1, path) == 0;
}


/* Sets what a handle keeps from request to request, except its CA. The handle has no settings yet. */
static void set_lasting(tw_Transfer *t) {
  t->no_proxy = false;
  set_constants(t);
  if (t->url.length > 0) apply_url(t);
}


/* No value of the CA settings means "libcurl's default", so a handle that has others is reset
** before it gets new ones. */
static void set_ca(tw_Transfer *t) {
  const bool all = t->all_needed || t->certificates->all_needed;
  if (has_source(&t->ca_source, t->request, all)) return;
  if (t->ca_source.length > 0) {
    curl_easy_reset(t->easy); /* keeps connections */
    set_lasting(t);
  }
  if (!write_source(&t->ca_source, t->request, all)) t->setup = CURLE_OUT_OF_MEMORY;
  if (t->setup == CURLE_OK) t->setup = tw_certificates_set(t->certificates, t->easy, t->request, all);
}


/* A proxy from the environment cannot reach this machine's loopback, and no proxy may see credentials
** in the clear. A proxy that the caller names is used, whatever NO_PROXY says. */
static void set_proxy(tw_Transfer *t) {
  const tw_Request *request = t->request;
  const char *proxy = request->proxy.data;
  const bool none = request->plain || (request->loopback && proxy == NULL);
  if (none && t->no_proxy) return; /* as it is */
  set_pointer(t, CURLOPT_PROXY, none ? "" : proxy);
  set_pointer(t, CURLOPT_NOPROXY, none ? "*" : proxy != NULL ? "" : NULL);
  t->no_proxy = none;
  t->proxied = tw_failure_is_proxied(request);
  set_long(t, CURLOPT_NOPROGRESS, t->proxied ? 0L : 1L);
}


/* Forgets the connection of the last request. */
static void forget_way(tw_Transfer *t) {
  t->setup = CURLE_OK;
  t->error[0] = '\0';
  t->head_ended = t->opened = t->kept = t->refused = false;
  t->keeps = t->in_block = t->folded = false;
  show_lines(t, false);
  set_connecting(t, false);
  t->proxy_bytes = 0;
}


/* libcurl looks at a transfer when it is time for a second address, even if there is none. It handles
** all whose time has come in one piece, and each may have a handshake to go on with. So each transfer
** gets its own time. If many connect at once, that time lets the handshake end first. */
static void set_second_try(tw_Transfer *t) {
  const long half = t->request->connect_timeout_ms / 2;
  const long most = half < SECOND_TRY_MOST_MS ? half : SECOND_TRY_MOST_MS;
  set_long(t, CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS, tw_trust_second_try(t->trust, CURL_HET_DEFAULT, most));
}


static CURLcode prepare(tw_Transfer *t, bool fresh) {
  const tw_Request *request = t->request;
  forget_way(t);
  set_ca(t);
  set_url(t);
  set_method(t);
  set_headers(t);
  set_proxy(t);
  set_long(t, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
  set_long(t, CURLOPT_CONNECTTIMEOUT_MS, request->connect_timeout_ms);
  set_second_try(t);
  return t->setup;
}


/* A libcurl that cannot ask about a connection gets a fresh one if that matters. */
static bool needs_fresh(const tw_Transfer *t) {
#if TW_CURL_PREREQ
  (void)t;
  return false;
#else
  return !t->request->resendable || tw_trust_doubted(t->trust, (double)IDLE_SECONDS);
#endif
}


CURLcode tw_transfer_prepare(tw_Transfer *t, const tw_Request *request, tw_Response *response) {
  t->request = request;
  t->response = response;
  t->all_needed = false;
  return prepare(t, needs_fresh(t));
}


bool tw_transfer_may_renew(tw_Transfer *t, CURLcode code) {
  if (t->refused) return true;
  if (t->all_needed || t->certificates->all_needed || t->response->requests > 0) return false;
  t->all_needed = tw_certificates_lacked(t->certificates, t->easy, code);
  return t->all_needed;
}


CURLcode tw_transfer_renew(tw_Transfer *t) {
  return prepare(t, true);
}


void tw_transfer_limit(tw_Transfer *t, double seconds) {
  (void)curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)(seconds * 1000) + 1);
}


/* ---- life ---- */

tw_Transfer *tw_transfer_open(tw_Trust *trust, tw_Certificates *certificates) {
  tw_Transfer *t = calloc(1, sizeof *t);
  if (t == NULL) return NULL;
  t->trust = trust;
  t->certificates = certificates;
  tw_buffer_init(&t->ca_source, SOURCE_MAX);
  tw_link_init(&t->idle, t);
  tw_buffer_init(&t->url, TW_BASE_MAX);
  t->easy = curl_easy_init();
  t->stale = TW_CURL_STALE_HEADER(curl_version_info(CURLVERSION_NOW)->version_num);
  if (t->easy == NULL) t->setup = CURLE_OUT_OF_MEMORY;
  if (t->setup == CURLE_OK) set_constants(t);
  if (t->setup == CURLE_OK) return t;
  tw_transfer_close(t);
  return NULL;
}


/* Counts the request if no callback could. A handle that was not in flight still has the numbers of
** the request before. */
static void count_requests(tw_Transfer *t) {
#if TW_CURL_PREREQ
  (void)t;
#else
  long size = 0, refusal = 0;
  if (!t->in_flight) return;
  /* a proxy that refused to connect has seen its own request alone */
  if (curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &refusal) == CURLE_OK && refusal >= 300) return;
  if (curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &size) == CURLE_OK && size > 0) {
    t->response->requests = 1;
    t->kept = !t->opened;
  }
#endif
}


static void set_failure(tw_Transfer *t, CURLcode code) {
  tw_Circumstances about = {.plain = t->request->plain, .proxied = t->proxied, .text = t->error};
  if (t->proxied && t->in_flight) {
    (void)curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &about.refusal);
#if TW_CURL_PROXY_ERROR
    if (code == CURLE_PROXY) (void)curl_easy_getinfo(t->easy, CURLINFO_PROXY_ERROR, &about.socks);
#endif
  }
  tw_failure_set(t->response, code, &about);
}


/* If a kept connection dies with a request on it, doubts all others. */
static void judge_connections(const tw_Transfer *t) {
  const tw_Fault fault = t->response->fault;
  if (t->kept && (fault == TW_FAULT_NETWORK || fault == TW_FAULT_TIMEOUT)) tw_trust_doubt(t->trust);
}


void tw_transfer_finish(tw_Transfer *t, CURLcode code) {
  tw_Response *response = t->response;
  long status = 0;
  if (t->folded) code = CURLE_BAD_FUNCTION_ARGUMENT; /* the code of a libcurl without that pointer */
  count_requests(t);
  set_failure(t, code);
  if (response->lines > 0) { /* else it may belong to the request before */
    (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    response->status = (int)status;
  }
  judge_connections(t);
}


void tw_transfer_stop(tw_Transfer *t) {
  set_connecting(t, false);
}


bool tw_transfer_begun(const tw_Transfer *t) {
#if TW_CURL_PREREQ
  return t->response->requests > 0;
#else
  return t->response->requests > 0 || t->in_flight;
#endif
}


void tw_transfer_close(tw_Transfer *t) {
  set_connecting(t, false);
  curl_easy_cleanup(t->easy);
#if TW_CURL_URL_HANDLE
  curl_url_cleanup(t->parsed); /* after the handle that reads it */
#endif
  tw_buffer_free(&t->url);
  tw_buffer_free(&t->ca_source);
  free(t);
}

/*
** Settings and callbacks of one easy handle. The callbacks only append to
** capped buffers, and count: none calls Lua, whose errors would jump over
** libcurl's frames.
*/
#include "net/transfer.h"

#include <stdlib.h>
#include <string.h>

/* Seconds for which an idle connection is trusted. An older one may have been
** closed by the server just now, and a create that is sent into it can then
** not be known to have failed. */
#define IDLE_SECONDS 20L

/* What never changes. Everything a password should not do is turned off. */
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
#if TW_CURL_MAXAGE
  {CURLOPT_MAXAGE_CONN, IDLE_SECONDS},
#endif
};


/* ---- callbacks ---- */

static size_t on_header(char *bytes, size_t size, size_t n, void *self) {
  tw_Response *response = ((tw_Transfer *)self)->response;
  (void)size; /* is 1 */
  if (n >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
    tw_buffer_reset(&response->head); /* the one before was informational (1xx) */
  }
  if (++response->lines > TW_HEAD_LINES_MAX) return 0;
  return tw_buffer_append(&response->head, bytes, n) ? n : 0;
}


static size_t on_body(char *bytes, size_t size, size_t n, void *self) {
  tw_Response *response = ((tw_Transfer *)self)->response;
  (void)size; /* is 1 */
  return tw_buffer_append(&response->body, bytes, n) ? n : 0;
}


#if TW_CURL_PREREQ
/* Called when a request is about to be written. libcurl sends one again by
** itself when a kept-alive connection turns out to be dead, POST included:
** the second time ends what may not be repeated. */
static int on_request(void *self, char *server, char *local, int server_port, int local_port) {
  tw_Transfer *t = self;
  (void)server;
  (void)local;
  (void)server_port;
  (void)local_port;
  if (t->response->requests > 0 && !t->request->repeatable) return CURL_PREREQFUNC_ABORT;
  t->response->requests++;
  return CURL_PREREQFUNC_OK;
}
#endif


/* ---- settings ---- */

/* The parentheses call the function and not the macro of the same name, which checks
** the type of a value where the option is a constant: once this is inlined it is one,
** and the value's type is lost. */
static void set_long(tw_Transfer *t, CURLoption option, long value) {
  if (t->setup == CURLE_OK) t->setup = (curl_easy_setopt)(t->easy, option, value);
}


static void set_pointer(tw_Transfer *t, CURLoption option, const void *value) {
  if (t->setup == CURLE_OK) t->setup = (curl_easy_setopt)(t->easy, option, value);
}


static void set_constants(tw_Transfer *t) {
  size_t i;
  for (i = 0; i < sizeof settings / sizeof *settings; i++) {
    set_long(t, settings[i].option, settings[i].value);
  }
  if (t->setup == CURLE_OK) t->setup = curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
  if (t->setup == CURLE_OK) t->setup = curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
  set_pointer(t, CURLOPT_HEADERDATA, t);
  set_pointer(t, CURLOPT_WRITEDATA, t);
  set_pointer(t, CURLOPT_PRIVATE, t);
  set_pointer(t, CURLOPT_ERRORBUFFER, t->error);
#if TW_CURL_PREREQ
  if (t->setup == CURLE_OK) t->setup = curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, on_request);
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


/* Gives the handle t->url, which has changed. libcurl parses a URL in text for
** each request anew, and one in a handle of its own only here. */
static void give_url(tw_Transfer *t) {
#if TW_CURL_URL_HANDLE
  if (t->parsed == NULL) t->parsed = curl_url();
  if (t->parsed == NULL) {
    t->setup = CURLE_OUT_OF_MEMORY;
  } else if (curl_url_set(t->parsed, CURLUPART_URL, t->url.data, CURLU_DISALLOW_USER) != CURLUE_OK) {
    t->setup = CURLE_URL_MALFORMAT;
  }
  set_pointer(t, CURLOPT_CURLU, t->parsed);
#else
  set_pointer(t, CURLOPT_URL, t->url.data);
#endif
}


/* The URL that libcurl knows is scheme and host, set again only when they
** change; the path goes into the request line as it is. That saves a sixth of a
** request's instructions, and keeps libcurl from rewriting the path. Only where
** a proxy may have to see the whole URL, which is for http, it gets it. */
static void set_url(tw_Transfer *t) {
  const tw_Request *request = t->request;
  const bool whole = request->plain && !(request->loopback && request->proxy.data == NULL);
  tw_Buffer *url = &t->url;
  const bool same = !whole && url->data != NULL && strcmp(url->data, request->base.data) == 0;
  set_pointer(t, CURLOPT_REQUEST_TARGET, whole ? NULL : request->path.data);
  if (same) return;
  tw_buffer_reset(url);
  tw_buffer_append(url, request->base.data, request->base.length);
  if (whole) tw_buffer_append(url, request->path.data, request->path.length);
  if (url->state != TW_BUFFER_OK) t->setup = CURLE_OUT_OF_MEMORY;
  else give_url(t);
  set_protocol(t);
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


/* The list is libcurl's type and our memory: it changes its nodes as little as
** it copies them. */
static void set_headers(tw_Transfer *t) {
  static char accept[] = "Accept: application/json";
  static char expect[] = "Expect:"; /* none: older libcurl waits for a "100 Continue" */
  char *const lines[] = {accept, expect, t->request->user_agent.data,
                         t->request->authorization.data};
  size_t i, n = sizeof lines / sizeof *lines;
  for (i = 0; i < n; i++) {
    t->headers[i].data = lines[i];
    t->headers[i].next = i + 1 < n ? &t->headers[i + 1] : NULL;
  }
  set_pointer(t, CURLOPT_HTTPHEADER, t->headers);
}


/* CA settings have no value that means "libcurl's default", so a handle that
** had others is reset before it serves a request without. */
static void set_ca(tw_Transfer *t) {
  const tw_Request *request = t->request;
  bool own = request->ca_file.data != NULL || request->ca_path.data != NULL;
  if (t->own_ca) {
    curl_easy_reset(t->easy); /* keeps connections */
    tw_buffer_reset(&t->url); /* to be set again */
    set_constants(t);
  }
  if (request->ca_file.data != NULL) set_pointer(t, CURLOPT_CAINFO, request->ca_file.data);
  if (request->ca_path.data != NULL) set_pointer(t, CURLOPT_CAPATH, request->ca_path.data);
  t->own_ca = own;
}


CURLcode tw_transfer_prepare(tw_Transfer *t, const tw_Request *request, tw_Response *response) {
  t->request = request;
  t->response = response;
  t->setup = CURLE_OK;
  t->error[0] = '\0';
  set_ca(t);
  set_url(t);
  set_method(t);
  set_headers(t);
  set_pointer(t, CURLOPT_PROXY, request->proxy.data);
  /* a proxy of the environment has no way to this machine's loopback */
  set_pointer(t, CURLOPT_NOPROXY, request->loopback && request->proxy.data == NULL ? "*" : NULL);
  set_long(t, CURLOPT_TIMEOUT_MS, request->timeout_ms);
  set_long(t, CURLOPT_CONNECTTIMEOUT_MS, request->connect_timeout_ms);
#if !TW_CURL_PREREQ
  set_long(t, CURLOPT_FRESH_CONNECT, request->repeatable ? 0L : 1L);
#endif
  return t->setup;
}


void tw_transfer_limit(tw_Transfer *t, double seconds) {
  (void)curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)(seconds * 1000) + 1);
}


/* ---- life ---- */

tw_Transfer *tw_transfer_open(void) {
  tw_Transfer *t = calloc(1, sizeof *t);
  if (t == NULL) return NULL;
  tw_link_init(&t->idle, t);
  tw_buffer_init(&t->url, TW_BASE_MAX + TW_PATH_MAX);
  t->easy = curl_easy_init();
  if (t->easy == NULL) t->setup = CURLE_OUT_OF_MEMORY;
  if (t->setup == CURLE_OK) set_constants(t);
  if (t->setup == CURLE_OK) return t;
  tw_transfer_close(t);
  return NULL;
}


static tw_Fault fault_of(CURLcode code, bool begun) {
  switch ((int)code) {
    case CURLE_OK:
      return TW_FAULT_NONE;
    case CURLE_OPERATION_TIMEDOUT:
      return TW_FAULT_TIMEOUT;
    case CURLE_SSL_CONNECT_ERROR:
      return TW_FAULT_TLS;
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_USE_SSL_FAILED:
#if TW_CURL_SSL_CACERT
    case CURLE_SSL_CACERT:
#endif
      return TW_FAULT_CERTIFICATE;
    case CURLE_OUT_OF_MEMORY: /* also where a header line is longer than libcurl takes */
      return begun ? TW_FAULT_OVERFLOW : TW_FAULT_NETWORK;
    case CURLE_WRITE_ERROR: /* a callback of ours had no more room */
    case TW_CURLE_TOO_LARGE:
      return TW_FAULT_OVERFLOW;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9, since a URL of ours has no other */
    case CURLE_BAD_CONTENT_ENCODING:
      return TW_FAULT_MALFORMED;
    default:
      return TW_FAULT_NETWORK;
  }
}


static const char *overflow_words(const tw_Response *response, CURLcode code) {
  if (tw_response_lacks_memory(response)) return "not enough memory for the answer";
  if (code == CURLE_OUT_OF_MEMORY) return "the answer's header is too large, or memory ran out";
  return response->body.state == TW_BUFFER_FULL ? "the answer's body is too large"
                                                : "the answer's header is too large";
}


static const char *words_for(const tw_Transfer *t, CURLcode code) {
  switch ((int)code) {
    case CURLE_OK:
      return NULL;
    case CURLE_ABORTED_BY_CALLBACK:
      return "the connection closed before an answer, and the request was not repeated";
    case CURLE_OUT_OF_MEMORY:
    case CURLE_WRITE_ERROR:
    case TW_CURLE_TOO_LARGE:
      if (t->response->fault != TW_FAULT_OVERFLOW) return curl_easy_strerror(code);
      return overflow_words(t->response, code);
    case CURLE_COULDNT_RESOLVE_PROXY: /* libcurl's own words may quote its password */
      return curl_easy_strerror(code);
    default:
      return t->error[0] != '\0' ? t->error : curl_easy_strerror(code);
  }
}


/* Whether a request went out, where no callback has counted. A handle that was not in
** flight still knows of the request before. */
static void count_requests(tw_Transfer *t) {
#if TW_CURL_PREREQ
  (void)t;
#else
  long size = 0;
  if (!t->in_flight) return;
  if (curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &size) == CURLE_OK && size > 0) {
    t->response->requests = 1;
  }
#endif
}


void tw_transfer_finish(tw_Transfer *t, CURLcode code) {
  tw_Response *response = t->response;
  long status = 0;
  count_requests(t);
  response->fault = fault_of(code, response->requests > 0);
  if (code != CURLE_OK) tw_response_fail(response, response->fault, words_for(t, code));
  response->curl_code = (int)code;
  if (response->lines > 0 && /* else it may be that of the request before */
      curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK) {
    response->status = (int)status;
  }
}


bool tw_transfer_begun(const tw_Transfer *t) {
#if TW_CURL_PREREQ
  return t->response->requests > 0;
#else
  return t->response->requests > 0 || t->in_flight;
#endif
}


void tw_transfer_close(tw_Transfer *t) {
  curl_easy_cleanup(t->easy);
#if TW_CURL_URL_HANDLE
  curl_url_cleanup(t->parsed); /* after the handle that reads it */
#endif
  tw_buffer_free(&t->url);
  free(t);
}

/*
** Maps libcurl's codes to kinds of failure, and chooses the message. reply.c decides about retries.
*/
#include "net/failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


/* ---- proxies ---- */

static bool is_set(const char *variable) {
  const char *value = getenv(variable);
  return value != NULL && *value != '\0';
}


/* Reads the variables that libcurl reads for https; no proxy is used for http. Ignores NO_PROXY: if
** that excludes the host, only a failure's message is less exact. */
bool tw_failure_is_proxied(const tw_Request *request) {
  if (request->plain) return false;
  if (request->proxy.data != NULL) return request->proxy.length > 0;
  if (request->loopback) return false;
  return is_set("https_proxy") || is_set("HTTPS_PROXY") || is_set("all_proxy") || is_set("ALL_PROXY");
}


/* A proxy's overload or bad connection may pass; a wrong password stays wrong. */
static bool may_pass(long refusal) {
  return refusal == 408 || refusal == 425 || refusal == 429 || (refusal >= 500 && refusal != 501);
}


static const char bad_user[] = "its user name or password is missing or wrong";
static const char bad_host[] = "it does not connect to this host";


static void write_refusal(long refusal, char *text) {
  if (may_pass(refusal)) {
    (void)snprintf(text, TW_ERROR_SIZE, "the proxy refused: HTTP %ld", refusal);
  } else {
    (void)snprintf(text, TW_ERROR_SIZE, "the proxy refused: HTTP %ld (%s)", refusal,
                   refusal == 407 ? bad_user : bad_host);
  }
}


/* Why a SOCKS proxy refuses for good; NULL if that may pass. */
static const char *socks_words(long why) {
#if TW_CURL_PROXY_ERROR
  switch (why) {
    case CURLPX_NO_AUTH:
    case CURLPX_USER_REJECTED:
    case CURLPX_IDENTD:
    case CURLPX_IDENTD_DIFFER:
    case CURLPX_LONG_USER:
    case CURLPX_LONG_PASSWD:
      return bad_user;
    case CURLPX_LONG_HOSTNAME:
    case CURLPX_REPLY_NOT_ALLOWED:
    case CURLPX_REPLY_COMMAND_NOT_SUPPORTED:
    case CURLPX_REPLY_ADDRESS_TYPE_NOT_SUPPORTED:
      return bad_host;
    default:
      break;
  }
#endif
  (void)why;
  return NULL;
}


static void write_proxied(CURLcode code, bool begun, char *text) {
  const char *why = curl_easy_strerror(code);
  if (code == CURLE_COULDNT_CONNECT && !begun) why = "it cannot be reached, or refused";
  if (code == CURLE_COULDNT_RESOLVE_PROXY) why = "its name does not resolve";
  if (code == CURLE_ABORTED_BY_CALLBACK) why = "its answer is too large";
  (void)snprintf(text, TW_ERROR_SIZE, begun ? "behind the proxy: %s" : "by way of the proxy: %s", why);
}


/* ---- kinds ---- */

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
    case CURLE_OUT_OF_MEMORY: /* also for a header line that is too long for libcurl */
      return begun ? TW_FAULT_OVERFLOW : TW_FAULT_NETWORK;
    case CURLE_WRITE_ERROR: /* one of our callbacks had no more room */
    case TW_CURLE_TOO_LARGE:
      return TW_FAULT_OVERFLOW;
    case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9, since a URL of ours has no other */
      return begun ? TW_FAULT_MALFORMED : TW_FAULT_SETTINGS; /* or a proxy's */
    case CURLE_BAD_FUNCTION_ARGUMENT: /* a header line that it cannot keep */
      return begun ? TW_FAULT_MALFORMED : TW_FAULT_SETTINGS;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return begun ? TW_FAULT_MALFORMED : TW_FAULT_NETWORK; /* or a proxy's */
    default:
      return TW_FAULT_NETWORK;
  }
}


/* ---- words ---- */

static const char *overflow_words(const tw_Response *response, CURLcode code) {
  if (tw_response_lacks_memory(response)) return "not enough memory for the answer";
  if (code == CURLE_OUT_OF_MEMORY) return "the answer's header is too large, or memory ran out";
  return response->body.state == TW_BUFFER_FULL ? "the answer's body is too large"
                                                : "the answer's header is too large";
}


/* OpenSSL's (since 3.2 "data length") and GnuTLS's messages for first bytes that are not TLS. */
static bool is_no_tls(const char *text) {
  return strstr(text, "wrong version number") != NULL || strstr(text, "packet length") != NULL ||
         strstr(text, "data length") != NULL ||
         strstr(text, "unexpected TLS packet") != NULL || strstr(text, "http request") != NULL;
}


static const char *words_for(const tw_Response *response, CURLcode code, const tw_Circumstances *about) {
  switch ((int)code) {
    case CURLE_ABORTED_BY_CALLBACK:
      return "the connection closed before an answer, and the request was not repeated";
    case CURLE_OUT_OF_MEMORY:
    case CURLE_WRITE_ERROR:
    case TW_CURLE_TOO_LARGE:
      if (response->fault != TW_FAULT_OVERFLOW) return curl_easy_strerror(code);
      return overflow_words(response, code);
    case CURLE_SSL_CONNECT_ERROR:
      if (!is_no_tls(about->text)) break;
      return "no TLS: the server speaks something else at this port, such as plain http";
    case CURLE_BAD_FUNCTION_ARGUMENT:
      return response->requests > 0 ? "the answer's header cannot be read" : curl_easy_strerror(code);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      if (response->fault != TW_FAULT_MALFORMED || response->lines > 0) break;
      return about->plain ? "the answer is not HTTP: does the server speak https at this port?"
                          : "the answer is not HTTP";
    default:
      break;
  }
  return about->text[0] != '\0' ? about->text : curl_easy_strerror(code);
}


/* Uses only our words: libcurl's may quote the proxy's URL. */
static void fail_proxied(tw_Response *response, CURLcode code, const tw_Circumstances *about) {
  const bool begun = response->requests > 0;
  const char *socks = socks_words(about->socks);
  char text[TW_ERROR_SIZE];
  if (!begun && about->refusal >= 300) {
    response->fault = may_pass(about->refusal) ? TW_FAULT_NETWORK : TW_FAULT_SETTINGS;
    write_refusal(about->refusal, text);
  } else if (!begun && socks != NULL) {
    response->fault = TW_FAULT_SETTINGS;
    (void)snprintf(text, sizeof text, "the proxy refused: %s", socks);
  } else {
    write_proxied(code, begun, text);
  }
  tw_response_fail(response, response->fault, text);
}


void tw_failure_set(tw_Response *response, CURLcode code, const tw_Circumstances *about) {
  const tw_Fault fault = fault_of(code, response->requests > 0);
  bool answered = response->requests > 0 && (fault == TW_FAULT_OVERFLOW || fault == TW_FAULT_MALFORMED);
  response->curl_code = (int)code;
  response->fault = fault;
  if (code == CURLE_OK) return;
  if (code == CURLE_ABORTED_BY_CALLBACK && response->requests > 0) answered = true; /* not repeated */
  if (about->proxied && !answered) fail_proxied(response, code, about);
  else tw_response_fail(response, fault, words_for(response, code, about));
}

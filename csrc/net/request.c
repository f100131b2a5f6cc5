/*
** Opens, empties and frees the buffers of requests and responses.
*/
#include "net/request.h"

#include <string.h>


/* ---- requests ---- */

/* Resets all but the buffers. */
static void forget(tw_Request *request) {
  request->method = NULL;
  request->resendable = false;
  request->clients_token = false;
  request->plain = false;
  request->loopback = false;
  request->timeout_ms = 0;
  request->limit_ms = 0;
  request->connect_timeout_ms = 0;
  request->response_max = TW_RESPONSE_MAX;
}


void tw_request_init(tw_Request *request) {
  tw_buffer_init(&request->base, TW_BASE_MAX);
  tw_buffer_init(&request->path, TW_PATH_MAX);
  tw_buffer_init(&request->body, TW_FORM_MAX);
  tw_buffer_init(&request->user_agent, TW_LINE_MAX);
  tw_buffer_init(&request->authorization, TW_LINE_MAX);
  tw_buffer_init(&request->headers, TW_LINE_MAX);
  tw_buffer_init(&request->ca_file, TW_LINE_MAX);
  tw_buffer_init(&request->ca_path, TW_LINE_MAX);
  tw_buffer_init(&request->proxy, TW_LINE_MAX);
  forget(request);
}


/* Frees those whose data is NULL unless they were given. */
static void free_optional(tw_Request *request) {
  tw_buffer_free(&request->ca_file);
  tw_buffer_free(&request->ca_path);
  tw_buffer_free(&request->proxy);
}


void tw_request_wipe(tw_Request *request) {
  tw_buffer_wipe(&request->authorization);
  tw_buffer_wipe(&request->headers);
  tw_buffer_wipe(&request->proxy);
}


void tw_request_reset(tw_Request *request) {
  tw_buffer_reset(&request->base);
  tw_buffer_reset(&request->path);
  tw_buffer_reset(&request->body);
  tw_buffer_reset(&request->user_agent);
  tw_request_wipe(request);
  free_optional(request);
  forget(request);
}


long tw_request_time(const tw_Request *request) {
  const long limit = request->limit_ms;
  return limit > 0 && limit < request->timeout_ms ? limit : request->timeout_ms;
}


static void copy(tw_Buffer *to, const tw_Buffer *from) {
  if (from->data != NULL) (void)tw_buffer_append(to, from->data, from->length);
}


void tw_request_copy(tw_Request *request, const tw_Request *from) {
  copy(&request->base, &from->base);
  copy(&request->path, &from->path);
  copy(&request->user_agent, &from->user_agent);
  (void)tw_buffer_reserve(&request->authorization, from->authorization.length); /* before it may move */
  copy(&request->authorization, &from->authorization);
  copy(&request->headers, &from->headers);
  copy(&request->ca_file, &from->ca_file);
  copy(&request->ca_path, &from->ca_path);
  copy(&request->proxy, &from->proxy);
  request->clients_token = from->clients_token;
  request->plain = from->plain;
  request->loopback = from->loopback;
  request->timeout_ms = from->timeout_ms;
  request->connect_timeout_ms = from->connect_timeout_ms;
  request->response_max = from->response_max;
}


static bool lacks(const tw_Buffer *b) {
  return b->state == TW_BUFFER_NOMEM;
}


bool tw_request_lacks_memory(const tw_Request *request) {
  return lacks(&request->base) || lacks(&request->path) || lacks(&request->body) ||
         lacks(&request->user_agent) || lacks(&request->authorization) ||
         lacks(&request->headers) || lacks(&request->ca_file) || lacks(&request->ca_path) ||
         lacks(&request->proxy);
}


void tw_request_free(tw_Request *request) {
  tw_buffer_free(&request->base);
  tw_buffer_free(&request->path);
  tw_buffer_free(&request->body);
  tw_buffer_free(&request->user_agent);
  tw_request_wipe(request);
  tw_buffer_free(&request->authorization);
  tw_buffer_free(&request->headers);
  free_optional(request);
}


/* ---- responses ---- */

void tw_response_init(tw_Response *response) {
  tw_buffer_init(&response->head, TW_HEAD_MAX);
  tw_buffer_init(&response->body, TW_RESPONSE_MAX);
  tw_response_reset(response, TW_RESPONSE_MAX);
}


void tw_response_reset(tw_Response *response, size_t response_max) {
  response->fault = TW_FAULT_NONE;
  response->curl_code = 0;
  response->error[0] = '\0';
  response->status = 0;
  response->requests = 0;
  response->lines = 0;
  tw_buffer_reset(&response->head);
  tw_buffer_reset(&response->body);
  response->body.limit = response_max;
}


bool tw_response_lacks_memory(const tw_Response *response) {
  return lacks(&response->head) || lacks(&response->body);
}


void tw_response_fail(tw_Response *response, tw_Fault fault, const char *words) {
  const size_t n = strlen(words);
  const size_t length = n < sizeof response->error ? n : sizeof response->error - 1;
  response->fault = fault;
  memcpy(response->error, words, length);
  response->error[length] = '\0';
}


void tw_response_cancel(tw_Response *response, bool begun, const char *why) {
  tw_response_reset(response, response->body.limit);
  tw_response_fail(response, TW_FAULT_CANCELED, why);
  response->requests = begun ? 1 : 0;
}


void tw_response_free(tw_Response *response) {
  tw_buffer_free(&response->head);
  tw_buffer_free(&response->body);
}

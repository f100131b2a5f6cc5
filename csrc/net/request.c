/*
** The life of a request's and a response's buffers; see the header for what
** they hold.
*/
#include "net/request.h"


/* All but the buffers. */
static void forget(tw_Request *request) {
  request->method = NULL;
  request->repeatable = false;
  request->plain = false;
  request->loopback = false;
  request->timeout_ms = 0;
  request->connect_timeout_ms = 0;
  request->response_max = TW_RESPONSE_MAX;
  request->username = request->password = NULL;
  request->user_agent = request->ca_file = request->ca_path = request->proxy = NULL;
}


void tw_request_init(tw_Request *request) {
  tw_buffer_init(&request->base, TW_BASE_MAX);
  tw_buffer_init(&request->path, TW_PATH_MAX);
  tw_buffer_init(&request->body, TW_FORM_MAX);
  forget(request);
}


void tw_request_reset(tw_Request *request) {
  tw_buffer_reset(&request->base);
  tw_buffer_reset(&request->path);
  tw_buffer_reset(&request->body);
  forget(request);
}


void tw_request_free(tw_Request *request) {
  tw_buffer_free(&request->base);
  tw_buffer_free(&request->path);
  tw_buffer_free(&request->body);
}


void tw_response_init(tw_Response *response) {
  tw_buffer_init(&response->head, TW_HEAD_MAX);
  tw_buffer_init(&response->body, TW_RESPONSE_MAX);
  tw_response_reset(response, TW_RESPONSE_MAX);
}


void tw_response_reset(tw_Response *response, size_t response_max) {
  response->fault = TW_FAULT_NONE;
  response->curl_code = 0;
  response->error = NULL;
  response->status = 0;
  response->requests = 0;
  response->lines = 0;
  tw_buffer_reset(&response->head);
  tw_buffer_reset(&response->body);
  response->body.limit = response_max;
}


void tw_response_free(tw_Response *response) {
  tw_buffer_free(&response->head);
  tw_buffer_free(&response->body);
}


void tw_response_cancel(tw_Response *response, bool begun, const char *why) {
  tw_response_reset(response, response->body.limit);
  response->fault = TW_FAULT_CANCELED;
  response->error = why;
  response->requests = begun ? 1 : 0;
}


bool tw_response_lacks_memory(const tw_Response *response) {
  return response->head.state == TW_BUFFER_NOMEM || response->body.state == TW_BUFFER_NOMEM;
}

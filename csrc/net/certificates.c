/*
** Finds out once a session which certificates libcurl has, and sets a handle's CA options by that.
** It trusts nothing that libcurl would not trust by itself. A wrong guess costs a second attempt.
*/
#define _POSIX_C_SOURCE 200809L /* O_CLOEXEC; NOLINT(bugprone-reserved-identifier): POSIX names it so */

#include "net/certificates.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ascii.h"

/* The first certificate of a bundle lies within this many bytes. */
#define FIRST_MAX (16 * 1024)


void tw_certificates_init(tw_Certificates *c) {
  c->known = c->may_narrow = c->hashed = c->all_needed = false;
  tw_buffer_init(&c->one, FIRST_MAX);
}


void tw_certificates_free(tw_Certificates *c) {
  tw_buffer_free(&c->one);
  tw_certificates_init(c);
}


#if TW_CURL_CA_DEFAULTS

/* ---- what libcurl has ---- */

/* "4042bcee.0": a name that c_rehash makes, and OpenSSL looks for. */
static bool is_hash(const char *name) {
  int n = 0;
  while (tw_ascii_is_hex(name[n])) n++;
  return n == 8 && name[8] == '.' && tw_ascii_is_digit(name[9]);
}


static bool has_hashes(const char *path) {
  DIR *directory = path != NULL ? opendir(path) : NULL;
  const struct dirent *entry;
  bool found = false;
  if (directory == NULL) return false;
  while (!found && (entry = readdir(directory)) != NULL) found = is_hash(entry->d_name);
  closedir(directory);
  return found;
}


/* Keeps the first certificate of a bundle. */
static void read_one(tw_Buffer *one, const char *path) {
  static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----\n";
  char bytes[FIRST_MAX];
  const char *first, *last = NULL;
  const int file = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  const ssize_t n = file >= 0 ? read(file, bytes, sizeof bytes - 1) : 0;
  if (file >= 0) close(file);
  bytes[n > 0 ? n : 0] = '\0';
  first = strstr(bytes, begin);
  if (first != NULL) last = strstr(first, end);
  if (last != NULL) (void)tw_buffer_append(one, first, (size_t)(last - first) + sizeof end - 1);
}


/* Only OpenSSL and its forks look certificates up in a directory. */
static bool is_openssl(const char *version) {
  return version != NULL && (strstr(version, "OpenSSL") != NULL || strstr(version, "LibreSSL") != NULL ||
                             strstr(version, "BoringSSL") != NULL || strstr(version, "AWS-LC") != NULL);
}


static void find_out(tw_Certificates *c) {
  const curl_version_info_data *libcurl;
  if (c->known) return;
  c->known = true;
  libcurl = curl_version_info(CURLVERSION_NOW); /* which writes some of its texts each time */
  c->may_narrow = is_openssl(libcurl->ssl_version);
  if (!c->may_narrow) return;
  c->hashed = has_hashes(libcurl->capath);
  if (c->hashed) read_one(&c->one, libcurl->cainfo);
}


/* ---- settings ---- */

/* Leaves libcurl's bundle out. One of its certificates takes its place, since libcurl 8.17 and
** newer put the bundle back if there is none. */
static CURLcode drop_bundle(const tw_Certificates *c, CURL *easy) {
  struct curl_blob one;
  one.data = c->one.data;
  one.len = c->one.length;
  one.flags = CURL_BLOB_NOCOPY;
  return c->one.length > 0 ? curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &one)
                           : curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
}


/* Leaves out what libcurl would add by itself, if less may be enough. */
static CURLcode narrow(tw_Certificates *c, CURL *easy, const tw_Request *request) {
  const bool path = request->ca_path.data != NULL;
  find_out(c);
  if (!c->may_narrow || (path && request->ca_file.data != NULL)) return CURLE_OK;
  if (path || (c->hashed && request->ca_file.data == NULL)) return drop_bundle(c, easy);
  return curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
}


bool tw_certificates_lacked(const tw_Certificates *c, CURL *easy, CURLcode code) {
  enum { UNSPECIFIED = 1 }; /* of OpenSSL's X509_V_ERR_...: so is a wrong host name */
  long why = 0;
  if (code != CURLE_PEER_FAILED_VERIFICATION || !c->may_narrow) return false;
  (void)curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &why); /* which every libcurl has */
  return why > UNSPECIFIED;
}

#else

static CURLcode narrow(tw_Certificates *c, CURL *easy, const tw_Request *request) {
  (void)c;
  (void)easy;
  (void)request;
  return CURLE_OK;
}


bool tw_certificates_lacked(const tw_Certificates *c, CURL *easy, CURLcode code) {
  (void)c;
  (void)easy;
  (void)code;
  return false;
}

#endif


/* Makes libcurl read the certificates again, if it is one that keeps a file's certificates. */
static void keep_none(CURL *easy) {
#if TW_CURL_CA_CACHE
  (void)curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
#else
  (void)easy;
#endif
}


CURLcode tw_certificates_set(tw_Certificates *c, CURL *easy, const tw_Request *request, bool all) {
  CURLcode code = CURLE_OK;
  if (request->ca_file.data != NULL) code = curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file.data);
  if (code == CURLE_OK && request->ca_path.data != NULL) {
    code = curl_easy_setopt(easy, CURLOPT_CAPATH, request->ca_path.data);
  }
  if (all) keep_none(easy);
  return code == CURLE_OK && !all ? narrow(c, easy, request) : code;
}

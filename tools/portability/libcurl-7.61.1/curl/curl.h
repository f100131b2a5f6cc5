/*
** The headers of this machine's libcurl as those of 7.61.1, the oldest that is
** supported: put this directory first on the compiler's path. Whatever came later
** is an error to name (see newer.h), so what compiles is the code that an old
** libcurl gets. Linked and run it talks to the libcurl that is here.
*/
#if defined(__GNUC__)
#pragma GCC system_header /* or include_next would be a warning */
#endif

#ifndef TW_LIBCURL_7_61_1
#define TW_LIBCURL_7_61_1

#define CURL_DISABLE_DEPRECATION /* nothing was deprecated then that is used */
#include_next <curl/curl.h>

#undef LIBCURL_VERSION
#undef LIBCURL_VERSION_NUM
#undef LIBCURL_VERSION_MAJOR
#undef LIBCURL_VERSION_MINOR
#undef LIBCURL_VERSION_PATCH
#define LIBCURL_VERSION "7.61.1"
#define LIBCURL_VERSION_NUM 0x073d01
#define LIBCURL_VERSION_MAJOR 7
#define LIBCURL_VERSION_MINOR 61
#define LIBCURL_VERSION_PATCH 1

/* A certificate that does not hold had one code of two, 60 with OpenSSL; 7.62.0 made
** 60 of both names (libcurl-errors(3), CURLE_PEER_FAILED_VERIFICATION). */
#undef CURLE_SSL_CACERT
#define CURLE_SSL_CACERT ((CURLcode)60)
#define CURLE_PEER_FAILED_VERIFICATION ((CURLcode)51)

#include "newer.h"

#endif

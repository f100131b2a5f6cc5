/*
** Every difference between the versions of Lua (5.1-5.5, LuaJIT) and of
** libcurl (7.61.1 and newer) that matters to this module. No other file asks
** for a version.
*/
#ifndef TW_COMPAT_H
#define TW_COMPAT_H

#include <curl/curl.h>
#include <lauxlib.h>
#include <lua.h>

#if LUA_VERSION_NUM < 501 || LUA_VERSION_NUM > 505
#error "twilio-webhooks needs Lua 5.1 to 5.5 or LuaJIT"
#endif

#if LIBCURL_VERSION_NUM < 0x073d01
#error "twilio-webhooks needs libcurl 7.61.1 or newer"
#endif


/* ---- Lua ---- */

#if LUA_VERSION_NUM < 502
#define lua_rawlen(L, index) lua_objlen(L, index)
/* a userdata's environment has to be a table; user values here always are */
#define lua_setuservalue(L, index) ((void)lua_setfenv(L, index))
#define lua_getuservalue(L, index) lua_getfenv(L, index)
#define lua_copy(L, from, to) (lua_pushvalue(L, from), lua_replace(L, to))
/* called without upvalues here */
#define luaL_setfuncs(L, functions, upvalues) luaL_register(L, NULL, functions)
#endif

/* Has Lua an integer subtype, and so a difference between 2 and 2.0? */
#if LUA_VERSION_NUM >= 503
#define TW_LUA_INTEGERS 1
#else
#define TW_LUA_INTEGERS 0
#define lua_isinteger(L, index) ((void)(L), (void)(index), 0)
#endif

/* A symbol that the dynamic linker sees, whatever -fvisibility says. */
#if defined(_WIN32)
#define TW_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define TW_EXPORT __attribute__((visibility("default")))
#else
#define TW_EXPORT
#endif


/* ---- libcurl ---- */

/* CURLE_SSL_CACERT: the older of two codes for a certificate that does not verify. */
#define TW_CURL_SSL_CACERT (LIBCURL_VERSION_NUM < 0x073e00)

/* CURLOPT_CURLU takes a parsed URL. */
#if !defined(TW_CURL_URL_HANDLE)
#define TW_CURL_URL_HANDLE (LIBCURL_VERSION_NUM >= 0x073f00)
#endif

/* CURLOPT_MAXAGE_CONN limits how long a connection may be idle. */
#define TW_CURL_MAXAGE (LIBCURL_VERSION_NUM >= 0x074100)

/* CURLOPT_PREREQFUNCTION is called before each request, repeated ones included. */
#define TW_CURL_PREREQ (LIBCURL_VERSION_NUM >= 0x075000)

/* libcurl says where its own CA certificates are (7.70), and takes certificates from memory (7.77). */
#define TW_CURL_CA_DEFAULTS (LIBCURL_VERSION_NUM >= 0x074d00)

/* From 7.84 on a handle keeps a pointer to the last header of its last answer. Before 8.1 it keeps
** the pointer even after it frees the header: an answer whose first header line begins with a space
** then writes to freed memory. All of these versions show a line to CURLOPT_DEBUGFUNCTION, which may
** change it, right before they keep it. The version is that of the libcurl that is loaded. */
#define TW_CURL_STALE_HEADER(version) ((version) >= 0x075400 && (version) < 0x080100)

/* libcurl waits for a "100 Continue" before it sends more than 1 KiB. Newer ones wait from 1 MiB on,
** which none of our forms has. */
#define TW_CURL_EXPECT (LIBCURL_VERSION_NUM < 0x074600)

/* CURLOPT_MAXLIFETIME_CONN limits the age of a connection, idle or not. */
#define TW_CURL_MAXLIFETIME (LIBCURL_VERSION_NUM >= 0x075000)

/* CURLINFO_PROXY_ERROR says why a SOCKS proxy refused, after CURLE_PROXY. */
#define TW_CURL_PROXY_ERROR (LIBCURL_VERSION_NUM >= 0x074900)

/* libcurl keeps the certificates that it has parsed from a file, for a day by default. */
#define TW_CURL_CA_CACHE (LIBCURL_VERSION_NUM >= 0x075700)

/* CURLOPT_QUICK_EXIT: a transfer that ends does not wait for its resolver thread. */
#define TW_CURL_QUICK_EXIT (LIBCURL_VERSION_NUM >= 0x075700)

/* CURLMOPT_QUICK_EXIT: the same for the multi handle, which owns the resolver threads from 8.20 on. */
#define TW_CURL_MULTI_QUICK_EXIT (LIBCURL_VERSION_NUM >= 0x081400)

/* CURLOPT_PROTOCOLS_STR, which replaces a bit mask. */
#define TW_CURL_PROTOCOLS_STR (LIBCURL_VERSION_NUM >= 0x075500)

/* Does libcurl let its TLS library write to sockets, and so raise SIGPIPE? */
#if !defined(TW_CURL_SIGPIPE)
#define TW_CURL_SIGPIPE (LIBCURL_VERSION_NUM < 0x075700)
#endif

/* CURLE_TOO_LARGE of 8.6.0: the server's data passed a cap of libcurl's own. A number, since
** the loaded libcurl may be newer than the one that this was built for. */
#define TW_CURLE_TOO_LARGE 100

#endif

/*
** Each function is one system call or a few, on sockets that do not block.
*/
#define _POSIX_C_SOURCE 200112L

#include "loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>


static int descriptor(lua_State *L) {
  return (int)luaL_checkinteger(L, 1);
}


static void no_waiting(int fd) {
  fcntl(fd, F_SETFL, O_NONBLOCK);
}


static int do_listen(lua_State *L) {
  struct sockaddr_in address;
  socklen_t n = sizeof address;
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, n) != 0 || listen(fd, 64) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &n) != 0) {
    return luaL_error(L, "cannot listen: %s", strerror(errno));
  }
  no_waiting(fd);
  lua_pushinteger(L, ntohs(address.sin_port));
  lua_pushinteger(L, fd);
  return 2;
}


static int do_accept(lua_State *L) {
  const int fd = accept(descriptor(L), NULL, NULL);
  const int on = 1;
  if (fd < 0) return 0;
  no_waiting(fd);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  lua_pushinteger(L, fd);
  return 1;
}


static int do_read(lua_State *L) {
  char bytes[4096];
  ssize_t n;
  luaL_Buffer all;
  luaL_buffinit(L, &all);
  while ((n = recv(descriptor(L), bytes, sizeof bytes, 0)) > 0) luaL_addlstring(&all, bytes, (size_t)n);
  n = n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
  luaL_pushresult(&all);
  lua_pushboolean(L, (int)n);
  return 2;
}


static int do_write(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 2, &length);
  const ssize_t n = send(descriptor(L), text, length, MSG_NOSIGNAL);
  lua_pushinteger(L, n > 0 ? n : 0);
  return 1;
}


static int do_shut(lua_State *L) {
  shutdown(descriptor(L), SHUT_WR);
  return 0;
}


static int do_close(lua_State *L) {
  close(descriptor(L));
  return 0;
}


static int do_reset(lua_State *L) {
  const struct linger now = {1, 0};
  setsockopt(descriptor(L), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  return do_close(L);
}


const luaL_Reg fuzz_loopback[] = {
  {"accept", do_accept}, {"close", do_close}, {"listen", do_listen}, {"read", do_read},
  {"reset", do_reset},   {"shut", do_shut},   {"write", do_write},   {NULL, NULL}
};

/*
** Names the errors that are usual with files; any other is "errno 5" or the like.
*/
#include "system/failure.h"

#include <errno.h>
#include <string.h>


static const struct { int error; const char *name; } names[] = {
  {EACCES, "EACCES"}, {EAGAIN, "EWOULDBLOCK"}, {EBADF, "EBADF"}, {EDQUOT, "EDQUOT"},
  {EEXIST, "EEXIST"}, {EFBIG, "EFBIG"},        {EINVAL, "EINVAL"}, {EIO, "EIO"},
  {EISDIR, "EISDIR"}, {ELOOP, "ELOOP"},        {EMFILE, "EMFILE"}, {ENFILE, "ENFILE"},
  {ENOENT, "ENOENT"}, {ENOLCK, "ENOLCK"},      {ENOMEM, "ENOMEM"}, {ENOSPC, "ENOSPC"},
  {ENOTDIR, "ENOTDIR"}, {EPERM, "EPERM"},      {EROFS, "EROFS"}
};


static void push_name(lua_State *L, int error) {
  size_t i;
  for (i = 0; i < sizeof names / sizeof *names; i++) {
    if (names[i].error != error) continue;
    lua_pushstring(L, names[i].name);
    return;
  }
  lua_pushfstring(L, "errno %d", error);
}


int tw_failure_push(lua_State *L, const char *what, int error) {
  lua_pushnil(L);
  lua_pushfstring(L, "%s: %s", what, strerror(error));
  push_name(L, error);
  return 3;
}

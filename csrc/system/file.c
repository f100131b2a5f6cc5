/*
** A file is a userdata that is born closed. System calls that a signal interrupts are repeated.
*/
#if defined(__linux__)
#define _FILE_OFFSET_BITS 64 /* a journal may pass 2 GiB; NOLINT(bugprone-reserved-identifier): so is this */
#define _GNU_SOURCE /* mkostemp, O_CLOEXEC; NOLINT(bugprone-reserved-identifier): glibc names it so */
#endif

#include "system/file.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "system/failure.h"

#define FILE_TYPE "twilio.webhooks.file"
#define BLOCK 16384 /* bytes of one read */
#define CLOSED (-1)

typedef struct File {
  int descriptor;
  char name[64]; /* the last bytes of its path, for messages */
} File;


/* ---- opening ---- */

static void set_name(File *f, const char *path) {
  const size_t n = strlen(path), room = sizeof f->name - 1;
  memcpy(f->name, n > room ? path + n - room : path, (n > room ? room : n) + 1);
}


static File *push_file(lua_State *L, const char *path) {
  File *f = lua_newuserdata(L, sizeof *f);
  f->descriptor = CLOSED;
  set_name(f, path);
  luaL_getmetatable(L, FILE_TYPE);
  lua_setmetatable(L, -2);
  return f;
}


static File *check_file(lua_State *L) {
  File *f = luaL_checkudata(L, 1, FILE_TYPE);
  if (f->descriptor == CLOSED) luaL_error(L, "the file is closed");
  return f;
}


static int fail(lua_State *L, const File *f) {
  return tw_failure_push(L, f->name, errno);
}


static int succeed(lua_State *L, const File *f, bool done) {
  if (!done) return fail(L, f);
  lua_pushboolean(L, 1);
  return 1;
}


static int open_path(const char *path, int flags) {
  int descriptor;
  do descriptor = open(path, flags | O_CLOEXEC, S_IRUSR | S_IWUSR);
  while (descriptor < 0 && errno == EINTR);
  return descriptor;
}


static bool is_regular(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) != 0) return false;
  if (S_ISREG(status.st_mode)) return true;
  errno = EINVAL; /* a directory was refused by open */
  return false;
}


static void close_file(File *f) {
  const int descriptor = f->descriptor;
  f->descriptor = CLOSED;
  if (descriptor != CLOSED) (void)close(descriptor);
}


int tw_file_open(lua_State *L) {
  static const char *const modes[] = {"append", "new", "read", "write", NULL};
  static const int flags[] = {O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK, O_WRONLY | O_CREAT | O_EXCL, O_RDONLY,
                              O_WRONLY | O_CREAT | O_TRUNC};
  const char *path = luaL_checkstring(L, 1);
  const int mode = luaL_checkoption(L, 2, NULL, modes);
  File *f = push_file(L, path);
  f->descriptor = open_path(path, flags[mode]);
  if (f->descriptor < 0) return fail(L, f);
  if (mode == 0 && !is_regular(f->descriptor)) {
    const int error = errno;
    close_file(f);
    return tw_failure_push(L, f->name, error);
  }
  return 1;
}


/* Creates the file and removes its name. */
static int open_unnamed(char *path) {
  int descriptor;
#if defined(__linux__)
  descriptor = mkostemp(path, O_CLOEXEC);
#else
  descriptor = mkstemp(path);
  if (descriptor >= 0) (void)fcntl(descriptor, F_SETFD, FD_CLOEXEC);
#endif
  if (descriptor >= 0) (void)unlink(path);
  return descriptor;
}


int tw_file_temporary(lua_State *L) {
  const char *directory = luaL_optstring(L, 1, getenv("TMPDIR"));
  File *f;
  char *path;
  size_t n;
  if (directory == NULL || *directory == '\0') directory = "/tmp";
  f = push_file(L, directory);
  lua_pushfstring(L, "%s/twilio-webhooks.XXXXXX", directory);
  n = lua_rawlen(L, -1) + 1;
  path = lua_newuserdata(L, n); /* mkstemp writes to it */
  memcpy(path, lua_tostring(L, -2), n);
  f->descriptor = open_unnamed(path);
  if (f->descriptor < 0) return fail(L, f);
  lua_pop(L, 2);
  return 1;
}


/* ---- reading and writing ---- */

static int file_read(lua_State *L) {
  const File *f = check_file(L);
  char block[BLOCK];
  ssize_t n;
  do n = read(f->descriptor, block, sizeof block);
  while (n < 0 && errno == EINTR);
  if (n < 0) return fail(L, f);
  lua_pushlstring(L, block, (size_t)n);
  return 1;
}


static int file_write(lua_State *L) {
  const File *f = check_file(L);
  size_t left;
  const char *next = luaL_checklstring(L, 2, &left);
  while (left > 0) {
    const ssize_t n = write(f->descriptor, next, left);
    if (n < 0 && errno != EINTR) return fail(L, f);
    if (n > 0) {
      next += n;
      left -= (size_t)n;
    }
  }
  return succeed(L, f, true);
}


static off_t check_offset(lua_State *L, int index) {
  const lua_Number offset = luaL_checknumber(L, index);
  luaL_argcheck(L, offset >= 0 && offset < 9007199254740992.0, index, "no offset");
  return (off_t)offset;
}


static int file_seek(lua_State *L) {
  const File *f = check_file(L);
  return succeed(L, f, lseek(f->descriptor, check_offset(L, 2), SEEK_SET) >= 0);
}


static int file_size(lua_State *L) {
  const File *f = check_file(L);
  struct stat status;
  if (fstat(f->descriptor, &status) != 0) return fail(L, f);
  lua_pushnumber(L, (lua_Number)status.st_size);
  return 1;
}


static int file_mode(lua_State *L) {
  const File *f = check_file(L);
  struct stat status;
  if (fstat(f->descriptor, &status) != 0) return fail(L, f);
  lua_pushinteger(L, (lua_Integer)(status.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO)));
  return 1;
}


static int file_truncate(lua_State *L) {
  const File *f = check_file(L);
  const off_t size = check_offset(L, 2);
  int result;
  do result = ftruncate(f->descriptor, size);
  while (result != 0 && errno == EINTR);
  return succeed(L, f, result == 0);
}


/* A failed sync is never repeated: the system may have dropped what it could not write. */
static int sync_descriptor(int descriptor) {
#if defined(F_FULLFSYNC) /* on a system whose fsync leaves data in the drive's own memory */
  if (fcntl(descriptor, F_FULLFSYNC) == 0) return 0;
  return fsync(descriptor);
#elif defined(__linux__)
  return fdatasync(descriptor);
#else
  return fsync(descriptor);
#endif
}


static int file_sync(lua_State *L) {
  const File *f = check_file(L);
  return succeed(L, f, sync_descriptor(f->descriptor) == 0);
}


/* Pushes the directory that the path's last name is in. */
static const char *push_directory(lua_State *L, const char *path) {
  const char *end = strrchr(path, '/');
  if (end == NULL) lua_pushliteral(L, ".");
  else lua_pushlstring(L, path, end == path ? 1 : (size_t)(end - path));
  return lua_tostring(L, -1);
}


int tw_file_sync_name(lua_State *L) {
  const char *path = push_directory(L, luaL_checkstring(L, 1));
  File *f = push_file(L, path);
  f->descriptor = open_path(path, O_RDONLY | O_DIRECTORY);
  if (f->descriptor < 0) return fail(L, f);
  if (fsync(f->descriptor) != 0 && errno != EINVAL) { /* EINVAL: this file system has no such thing */
    const int error = errno;
    close_file(f);
    return tw_failure_push(L, f->name, error);
  }
  close_file(f);
  lua_pushboolean(L, 1);
  return 1;
}


/* ---- locks ---- */

static int file_lock(lua_State *L) {
  const File *f = check_file(L);
  int result;
  do result = flock(f->descriptor, LOCK_EX | LOCK_NB);
  while (result != 0 && errno == EINTR);
  return succeed(L, f, result == 0);
}


static int file_is_at(lua_State *L) {
  const File *f = check_file(L);
  struct stat mine, there;
  if (fstat(f->descriptor, &mine) != 0) return fail(L, f);
  lua_pushboolean(L, stat(luaL_checkstring(L, 2), &there) == 0 && mine.st_dev == there.st_dev &&
                     mine.st_ino == there.st_ino);
  return 1;
}


/* ---- the end ---- */

static int file_close(lua_State *L) {
  close_file(luaL_checkudata(L, 1, FILE_TYPE));
  return 0;
}


void tw_file_register(lua_State *L) {
  static const luaL_Reg methods[] = {
    {"__close", file_close}, {"__gc", file_close}, {"close", file_close},       {"is_at", file_is_at},
    {"lock", file_lock},     {"mode", file_mode},  {"read", file_read},         {"seek", file_seek},
    {"size", file_size},
    {"sync", file_sync},     {"truncate", file_truncate}, {"write", file_write}, {NULL, NULL}
  };
  luaL_newmetatable(L, FILE_TYPE);
  luaL_setfuncs(L, methods, 0);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

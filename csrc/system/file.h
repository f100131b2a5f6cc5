/*
** POSIX files for data that has to outlive a crash: appended by one write at a time, locked,
** on the disk once sync returns, closed in children.
*/
#ifndef TW_SYSTEM_FILE_H
#define TW_SYSTEM_FILE_H

#include <lua.h>

/* open(path, mode): a file; or nil, message, the name of the error (such as "ENOSPC"), as all
** functions here. Modes: "read"; "append" (creates it if needed, reads too, takes a regular file
** only); "write" (creates or empties it); "new" (fails with "EEXIST" if it is there). Only the owner
** can use a created file. Methods:
**
** read()             at most 16 KiB, "" at the end; goes on where the last one ended
** write(text)        all of it
** seek(offset)       for read, and for write where the mode is not "append"
** size()             in bytes
** mode()             its permissions, nine bits: rwxrwxrwx
** truncate(size)
** sync()             returns once what was written is on the disk
** lock()             for this open file only, until it is closed; "EWOULDBLOCK" if another
**                    has it
** is_at(path)        is it still the file of that name?
** close() */
int tw_file_open(lua_State *L);

/* temporary([directory]): a file without a name, which disappears when it is closed. */
int tw_file_temporary(lua_State *L);

/* sync_name(path): returns once that name is on the disk, or is gone from it. The file's own sync
** covers only its content. */
int tw_file_sync_name(lua_State *L);

/* Makes the metatable of files. */
void tw_file_register(lua_State *L);

#endif

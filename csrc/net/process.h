/*
** Which process this is. A Lua state may find itself in a process that was forked off the
** one in which its connections were made.
*/
#ifndef TW_PROCESS_H
#define TW_PROCESS_H

/* The process's number: getpid without a system call. */
long tw_process_id(void);

#endif

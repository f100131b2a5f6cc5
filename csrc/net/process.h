/*
** Which process this is. A Lua state may run in a child that was forked after the state's
** connections were made; those are the parent's.
*/
#ifndef TW_PROCESS_H
#define TW_PROCESS_H

/* The process's id: getpid without a system call. */
long tw_process_id(void);

#endif

/*
** Tells in which process the code runs. A Lua state may run in a forked child, while its
** connections belong to the parent.
*/
#ifndef TW_PROCESS_H
#define TW_PROCESS_H

/* The process's id: getpid without a system call. */
long tw_process_id(void);

#endif

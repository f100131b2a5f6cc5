/*
** A server on this machine, as functions for a script that plays it by hand: none of
** them waits. The client is in the same thread, so one input has one course of events.
*/
#ifndef FUZZ_LOOPBACK_H
#define FUZZ_LOOPBACK_H

#include <lauxlib.h>

/* listen()           a port on 127.0.0.1, and the listener's descriptor
** accept(listener)   a connection's descriptor, or nil where none is there
** read(fd)           all bytes that are there, and whether the other side has closed
** write(fd, text)    how many of them the system took
** shut(fd)           says that no more will come
** close(fd)
** reset(fd)          closes so that the other side sees an error */
extern const luaL_Reg fuzz_loopback[];

#endif

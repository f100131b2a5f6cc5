/*
** The time that passes: for deadlines and waits, and for nothing that people
** would call a date.
*/
#ifndef TW_CLOCK_H
#define TW_CLOCK_H

/* Seconds from some fixed moment; never goes back. */
double tw_clock_now(void);

/* Waits as many milliseconds, or less if a signal comes. */
void tw_clock_sleep(long ms);

#endif

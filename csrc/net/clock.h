/*
** Monotonic time, for deadlines and waits; not calendar time.
*/
#ifndef TW_CLOCK_H
#define TW_CLOCK_H

/* Seconds from some fixed moment; never goes back. */
double tw_clock_now(void);

/* Sleeps for that many milliseconds, or less if a signal comes. */
void tw_clock_sleep(long ms);

#endif

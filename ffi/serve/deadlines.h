/* SPDX-License-Identifier: MIT */

/*
 * The clock of each connection and the deadlines that are held against it.
 *
 * A connection is in one of three phases and its clock tells since when:
 *   FRESH  accepted, not a byte received;
 *   HEAD   the first byte of a request's head has come (later ones do not restart the clock, so
 *          that dripping prolongs nothing);
 *   IDLE   the last answer is out.
 * While a request is in a handler the clock stands still and no deadline applies.
 */

#ifndef SERVE_DEADLINES_H
#define SERVE_DEADLINES_H

#include "numbers.h"
#include "slots.h"

#include <time.h>

enum phase {
    PHASE_FRESH,
    PHASE_HEAD,
    PHASE_IDLE,
};

/* Milliseconds since boot, some milliseconds coarse: no system call. */
static inline int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Phase and time are one word, so that a reader never sees one without the other. */
static inline void clock_set(struct slot *slot, enum phase phase)
{
    atomic_store_explicit(&slot->clock, now_ms() * 4 + phase, memory_order_relaxed);
}

static inline enum phase clock_phase(int64_t clock)
{
    return (enum phase)(clock & 3);
}

/* Milliseconds since the phase began. */
static inline int64_t clock_age(int64_t clock, int64_t now)
{
    return now - clock / 4;
}

static inline void clock_received(struct slot *slot)
{
    int64_t clock = atomic_load_explicit(&slot->clock, memory_order_relaxed);
    if (clock_phase(clock) != PHASE_HEAD && number_busy(slot->number) == 0)
        clock_set(slot, PHASE_HEAD);
}

static inline void clock_sent(struct slot *slot, size_t bytes)
{
    atomic_fetch_add_explicit(&slot->sent, bytes, memory_order_relaxed);
    if (number_busy(slot->number) == 0)
        clock_set(slot, PHASE_IDLE);
}

/* The idle deadline of the last sweep in milliseconds; the default before the first. */
int64_t deadline_idle_ms(void);

/* Whether the connection waits for nothing: not busy and no input that we have yet to read. */
bool deadline_waits(const struct slot *slot);

/*
 * Shuts every connection that is past its deadline and returns how many. A sweep that comes more
 * than half of `head_ms` after the one before shuts none: the process was held up, and requests
 * that were read meanwhile may not have reached their handler yet. Under the lock.
 */
int deadline_sweep(int64_t idle_ms, int64_t head_ms);

#endif

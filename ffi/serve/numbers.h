/* SPDX-License-Identifier: MIT */

/*
 * Connection numbers, 1..65535: what TypeScript calls a connection by. A number is handed out
 * again only when its connection is closed and no request of it is in a handler any more, so a
 * late aziot_serve_busy(n, -1) never reaches somebody else's connection.
 */

#ifndef SERVE_NUMBERS_H
#define SERVE_NUMBERS_H

#include <stdatomic.h>
#include <stdint.h>

#define NUMBERS 65536

struct number {
    _Atomic int32_t fd_plus_one; /* 0: no open connection has it */
    _Atomic int32_t busy;        /* requests in a handler */
};

extern struct number numbers[NUMBERS];

/* Takes the next free number for `fd`; 0 when none is free. Under the lock. */
uint16_t number_take(int fd);

/* The connection is closed. */
void number_release(uint16_t number);

/* The descriptor of the open connection `number`, or -1. */
int number_fd(int32_t number);

static inline int32_t number_busy(uint16_t number)
{
    return atomic_load_explicit(&numbers[number].busy, memory_order_relaxed);
}

/* Adds `delta` to the requests in a handler and returns the count, never below 0. */
int32_t number_add_busy(uint16_t number, int32_t delta);

#endif

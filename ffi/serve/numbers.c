/* SPDX-License-Identifier: MIT */

#include "numbers.h"

struct number numbers[NUMBERS];

static uint16_t last;

uint16_t number_take(int fd)
{
    for (int tries = 1; tries < NUMBERS; tries++) {
        if (++last == 0)
            last = 1;
        struct number *number = &numbers[last];
        if (atomic_load(&number->fd_plus_one) == 0 && atomic_load(&number->busy) == 0) {
            atomic_store(&number->fd_plus_one, fd + 1);
            return last;
        }
    }
    return 0;
}

void number_release(uint16_t number)
{
    atomic_store(&numbers[number].fd_plus_one, 0);
}

int number_fd(int32_t number)
{
    if (number <= 0 || number >= NUMBERS)
        return -1;
    return atomic_load_explicit(&numbers[number].fd_plus_one, memory_order_acquire) - 1;
}

int32_t number_add_busy(uint16_t number, int32_t delta)
{
    _Atomic int32_t *busy = &numbers[number].busy;
    int32_t count = atomic_fetch_add_explicit(busy, delta, memory_order_relaxed) + delta;
    if (count >= 0)
        return count;
    /* One -1 too many must not make the next request count as none. */
    atomic_fetch_sub_explicit(busy, delta, memory_order_relaxed);
    return 0;
}

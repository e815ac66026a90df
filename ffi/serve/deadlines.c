/* SPDX-License-Identifier: MIT */

#include "deadlines.h"

#include "connections.h"
#include "listeners.h"

#include <sys/ioctl.h>

static int64_t idle_limit_ms = 60000;
static int64_t last_sweep_ms;

int64_t deadline_idle_ms(void)
{
    return idle_limit_ms;
}

bool deadline_waits(const struct slot *slot)
{
    int unread = 0;
    return number_busy(slot->number) == 0 && ioctl(slot_fd(slot), FIONREAD, &unread) == 0 &&
           unread == 0;
}

static bool is_overdue(const struct slot *slot, int64_t now, int64_t idle_ms, int64_t head_ms)
{
    int64_t clock = atomic_load_explicit(&slot->clock, memory_order_relaxed);
    int64_t limit = clock_phase(clock) == PHASE_IDLE ? idle_ms : head_ms;
    return clock_age(clock, now) > limit && deadline_waits(slot);
}

static int sweep_listener(struct listener *listener, int64_t now, int64_t idle_ms, int64_t head_ms)
{
    int shut = 0;
    for (struct slot *slot = listener->first, *next; slot != NULL; slot = next) {
        next = slot->next;
        if (is_overdue(slot, now, idle_ms, head_ms) && connection_retire(slot))
            shut++;
    }
    return shut;
}

int deadline_sweep(int64_t idle_ms, int64_t head_ms)
{
    int64_t now = now_ms();
    bool late = last_sweep_ms != 0 && now - last_sweep_ms > head_ms / 2;
    last_sweep_ms = now;
    idle_limit_ms = idle_ms;
    if (late)
        return 0;

    int shut = 0;
    for (struct listener *listener = NULL; (listener = listener_next(listener)) != NULL;)
        shut += sweep_listener(listener, now, idle_ms, head_ms);
    return shut;
}

/* SPDX-License-Identifier: MIT */

#include "throttle.h"

#include "connections.h"
#include "deadlines.h"

#include <poll.h>

static int connections_of(const struct listener *listener, uint32_t uid)
{
    int count = 0;
    for (const struct slot *slot = listener->first; slot != NULL; slot = slot->next)
        count += slot->peer.uid == uid;
    return count;
}

/* The uid's connection that has been idle longest, if any of them has been for long enough. */
static struct slot *longest_idle(const struct listener *listener, uint32_t uid)
{
    struct slot *longest = NULL;
    int64_t now = now_ms(), most = deadline_idle_ms();
    for (struct slot *slot = listener->first; slot != NULL; slot = slot->next) {
        int64_t clock = atomic_load_explicit(&slot->clock, memory_order_relaxed);
        int64_t age = clock_age(clock, now);
        if (slot->peer.uid == uid && clock_phase(clock) == PHASE_IDLE && age >= most &&
            deadline_waits(slot)) {
            longest = slot;
            most = age;
        }
    }
    return longest;
}

/*
 * The uid's connection whose caller has hung up and waits for nothing any more; it is about to be
 * closed, and a caller who closes one connection and opens another must not be turned away.
 */
static struct slot *hung_up(const struct listener *listener, uint32_t uid)
{
    for (struct slot *slot = listener->first; slot != NULL; slot = slot->next) {
        struct pollfd question = {.fd = slot_fd(slot)};
        if (slot->peer.uid == uid && poll(&question, 1, 0) == 1 &&
            (question.revents & POLLHUP) != 0 && deadline_waits(slot))
            return slot;
    }
    return NULL;
}

bool throttle_admits(struct listener *listener, uint32_t uid, enum refusal_reason *reason)
{
    const struct limits *limits = &listener->limits;
    bool uid_is_full = connections_of(listener, uid) >= limits->per_uid;
    if (!uid_is_full && listener->count < limits->all)
        return true;

    struct slot *over = hung_up(listener, uid);
    if (over == NULL)
        over = longest_idle(listener, uid);
    if (over != NULL && connection_retire(over))
        return true;
    *reason = uid_is_full ? REFUSED_UID : REFUSED_LISTENER;
    return false;
}

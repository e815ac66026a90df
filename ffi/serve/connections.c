/* SPDX-License-Identifier: MIT */

#include "connections.h"

#include "deadlines.h"
#include "listeners.h"
#include "real.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

static void count(struct slot *slot, struct listener *listener)
{
    slot->listener = listener;
    slot->previous = NULL;
    slot->next = listener->first;
    if (slot->next != NULL)
        slot->next->previous = slot;
    listener->first = slot;
    listener->count++;
    slot->counted = true;
}

static void uncount(struct slot *slot)
{
    struct listener *listener = slot->listener;
    if (!slot->counted)
        return;
    if (slot->previous != NULL)
        slot->previous->next = slot->next;
    else
        listener->first = slot->next;
    if (slot->next != NULL)
        slot->next->previous = slot->previous;
    slot->counted = false;
    listener->count--;
    listener_unused(listener);
}

struct slot *connection_open(int fd, struct listener *listener, const struct peer *peer)
{
    uint16_t number = number_take(fd);
    if (number == 0)
        return NULL;
    if (!slot_enter(fd, SLOT_CONNECTION)) {
        number_release(number);
        return NULL;
    }
    struct slot *slot = &slots[fd];
    slot->number = number;
    slot->peer = *peer;
    slot->descriptor = listener->descriptor;
    atomic_store_explicit(&slot->sent, 0, memory_order_relaxed);
    clock_set(slot, PHASE_FRESH);
    count(slot, listener);
    return slot;
}

static bool end(struct slot *slot, int how)
{
    if (slot_confirmed(slot_fd(slot), SLOT_CONNECTION) == NULL) {
        connection_forget(slot);
        return false;
    }
    if (number_busy(slot->number) == 0)
        uncount(slot);
    return real()->shutdown(slot_fd(slot), how) == 0;
}

bool connection_shut(struct slot *slot)
{
    return end(slot, SHUT_RDWR);
}

bool connection_retire(struct slot *slot)
{
    int untaken = 0;
    bool is_stuck = ioctl(slot_fd(slot), SIOCOUTQ, &untaken) != 0 || untaken > 0;
    return end(slot, is_stuck ? SHUT_RDWR : SHUT_RD);
}

void connection_forget(struct slot *slot)
{
    uncount(slot);
    number_release(slot->number);
    slot_clear(slot);
}

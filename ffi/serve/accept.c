/* SPDX-License-Identifier: MIT */

#include "accept.h"

#include "connections.h"
#include "listeners.h"
#include "real.h"
#include "release.h"
#include "spare.h"
#include "throttle.h"

#include <errno.h>

/* Closes a caller's socket; input it has already sent stays unread, which tells it by a reset. */
static void turn_away(int caller, uint32_t uid, enum refusal_reason reason)
{
    refusal_add(uid, reason);
    real()->close(caller);
}

/* Enters an accepted socket as a connection, or turns its caller away and returns NULL. */
static struct slot *admit(struct listener *listener, int caller)
{
    struct peer peer;
    /* An entry that is still there speaks of a socket that was closed without our knowing. */
    release_descriptor(caller);
    if (!identity_read(caller, &peer)) {
        turn_away(caller, UID_UNKNOWN, REFUSED_IDENTITY);
        return NULL;
    }
    enum refusal_reason reason = REFUSED_DESCRIPTORS;
    if (caller >= listener_ceiling() || !throttle_admits(listener, peer.uid, &reason)) {
        turn_away(caller, peer.uid, reason);
        return NULL;
    }
    struct slot *slot = connection_open(caller, listener, &peer);
    if (slot == NULL)
        turn_away(caller, peer.uid, REFUSED_DESCRIPTORS);
    return slot;
}

/* Out of descriptors: turns one caller away with the spare one. False when there is no more to do. */
static bool turn_away_one(struct listener *listener)
{
    struct peer peer;
    bool known = false;
    enum spare_outcome outcome = spare_turn_away(listener->fd, &peer, &known);
    if (outcome == SPARE_TURNED_AWAY)
        refusal_add(known ? peer.uid : UID_UNKNOWN, REFUSED_DESCRIPTORS);
    listener->stalled = outcome == SPARE_FAILED;
    return outcome == SPARE_TURNED_AWAY;
}

enum next { NEXT_AGAIN, NEXT_NOBODY, NEXT_CALLER };

static enum next next_caller(int fd, int flags, struct sockaddr_in6 *name, int *caller)
{
    enum next next = NEXT_AGAIN;
    slots_lock();
    struct slot *entry = slot_at(fd, SLOT_LISTENER);
    if (entry == NULL) {
        next = NEXT_NOBODY;
        goto done;
    }
    struct listener *listener = entry->listener;

    *caller = real()->accept4(fd, NULL, NULL, flags);
    if (*caller >= 0) {
        struct slot *slot = admit(listener, *caller);
        if (slot != NULL) {
            *name = identity_of_peer(&slot->peer, slot->number);
            next = NEXT_CALLER;
        }
    } else if (errno == EAGAIN) {
        listener->stalled = false;
        next = NEXT_NOBODY;
    } else if (errno == EMFILE || errno == ENFILE) {
        next = turn_away_one(listener) ? NEXT_AGAIN : NEXT_NOBODY;
    } else if (errno != EINTR && errno != ECONNABORTED) {
        listener->stalled = true;
        next = NEXT_NOBODY;
    }
done:
    slots_unlock();
    return next;
}

/*
 * So many refusals in a row, and the event loop gets its turn: callers who are turned away as fast
 * as they come would hold it up and everybody else with it.
 */
#define REFUSALS_IN_A_ROW 16

static bool announce(int fd)
{
    slots_lock();
    struct slot *entry = slot_at(fd, SLOT_LISTENER);
    bool announced = entry != NULL && listener_announce(entry->listener);
    slots_unlock();
    return announced;
}

int accept_caller(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    struct sockaddr_in6 name;
    int caller = -1, refusals = 0;
    enum next next;
    do {
        next = next_caller(fd, flags, &name, &caller);
    } while (next == NEXT_AGAIN && (++refusals % REFUSALS_IN_A_ROW != 0 || !announce(fd)));
    if (next != NEXT_CALLER) {
        errno = EAGAIN;
        return -1;
    }
    identity_give(&name, address, length);
    return caller;
}

/* SPDX-License-Identifier: MIT */

/* Listeners that were adopted. All functions: under the lock. */

#ifndef SERVE_LISTENERS_H
#define SERVE_LISTENERS_H

#include "slots.h"

/* Twice what the largest daemon of ours has open: a replaced one stays while its callers do. */
#define LISTENERS 1024

/*
 * Puts the listening unix socket `wanted` in the place of `fd` (non-blocking, close-on-exec),
 * closes `wanted` and enters `fd` as a listener with the limits noted for `wanted`. False, with
 * nothing changed, when `wanted` is no such socket, is one of ours already, or there is no room.
 */
bool listener_adopt(int fd, int wanted);

/* Notes the limits of the listener that `descriptor` will become; false when out of range. */
bool listener_limit(int descriptor, struct limits limits);

/* Takes note of an epoll_ctl() on a listener that has succeeded. */
void listener_watch(struct listener *listener, int operation, struct watch watch);

/*
 * Has the event loop told once more that somebody is queued, if somebody is. Events are told at
 * the moment a caller comes (EPOLLET), so whoever leaves the queue unfinished has to ask for
 * another. False when it is not known whom to tell.
 */
bool listener_announce(const struct listener *listener);

/* The same for each listener whose callers an error has left queued. */
void listeners_announce_stalled(void);

/* Its descriptor is being closed. */
void listener_forget(struct slot *slot);

/* To be told when a listener lost a connection: a closed one without any makes room for others. */
void listener_unused(struct listener *listener);

/* How many are open. */
int listener_count(void);

/* The one after `listener` (NULL: the first), those included that are closed; NULL at the end. */
struct listener *listener_next(const struct listener *listener);

/* Above this descriptor no connection is taken, so that the process keeps some for itself. */
int listener_ceiling(void);

#endif

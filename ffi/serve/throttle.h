/* SPDX-License-Identifier: MIT */

/* Whether a listener has room for one more caller. Under the lock. */

#ifndef SERVE_THROTTLE_H
#define SERVE_THROTTLE_H

#include "refusals.h"
#include "slots.h"

/*
 * True when one more connection of `uid` is within the limits. At a limit the uid's longest
 * connection that is answered, not busy and silent for the idle time is shut to make room; without
 * such a one the answer is false and `*reason` says which limit it was.
 */
bool throttle_admits(struct listener *listener, uint32_t uid, enum refusal_reason *reason);

#endif

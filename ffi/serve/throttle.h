/* SPDX-License-Identifier: MIT */

/* Whether a listener has room for one more caller. Under the lock. */

#ifndef SERVE_THROTTLE_H
#define SERVE_THROTTLE_H

#include "refusals.h"
#include "slots.h"

/*
 * True when one more connection of `uid` is within the limits. At a limit one of the uid's own is
 * shut to make room: one whose caller has hung up, else the longest that is answered, not busy and
 * silent for the idle time. Without such a one the answer is false and `*reason` says which limit
 * it was.
 */
bool throttle_admits(struct listener *listener, uint32_t uid, enum refusal_reason *reason);

#endif

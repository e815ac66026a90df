/* SPDX-License-Identifier: MIT */

/* Callers who were turned away, counted by uid and reason until somebody asks. Under the lock. */

#ifndef SERVE_REFUSALS_H
#define SERVE_REFUSALS_H

#include <stdbool.h>
#include <stdint.h>

enum refusal_reason {
    REFUSED_UID = 1,     /* the uid has as many connections to this listener as it may */
    REFUSED_LISTENER,    /* the listener has as many connections as it may */
    REFUSED_DESCRIPTORS, /* the process has no descriptor, or no connection number, to give */
    REFUSED_IDENTITY,    /* the kernel did not say who it was; uid is UID_UNKNOWN */
};

struct refusal {
    uint32_t uid;
    uint32_t reason;
    uint32_t count;
};

/* Beyond a few dozen uids further ones are counted together as UID_UNKNOWN. */
void refusal_add(uint32_t uid, enum refusal_reason reason);

/* Takes the oldest entry out; false when there is none. */
bool refusal_take(struct refusal *out);

#endif

/* SPDX-License-Identifier: MIT */

/*
 * One descriptor kept back for the moment when the process has none left: a caller can then still
 * be accepted and turned away, instead of staying queued with nothing to announce it any more.
 * Under the lock.
 */

#ifndef SERVE_SPARE_H
#define SERVE_SPARE_H

#include "identity.h"

/* Makes sure that there is one; harmless when there is, or when none can be had just now. */
void spare_keep(void);

enum spare_outcome {
    SPARE_TURNED_AWAY, /* one caller accepted and closed; `peer` says who, if it is known */
    SPARE_NOBODY,      /* nobody is queued */
    SPARE_FAILED,      /* there is no spare, or another thread was faster */
};

/* Accepts one caller of the listening socket `fd` with the spare descriptor and closes it. */
enum spare_outcome spare_turn_away(int fd, struct peer *peer, bool *known);

#endif

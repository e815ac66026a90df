/* SPDX-License-Identifier: MIT */

#ifndef NOTICE_H
#define NOTICE_H

#include <stdbool.h>
#include <stdint.h>

/* Things worth saying, but not at every call. */

enum { NOTICE_COUNT = 128, NOTICE_ONCE = -1 };

struct notices {
    struct {
        uint64_t hash;
        int64_t said;
    } entries[NOTICE_COUNT];
};

/* Whether it is time to say this about this key id: it has not been said within the last `pause`
 * seconds (NOTICE_ONCE: in this process). Counts as said then. */
bool notice_is_due(struct notices *notices, const char *what, const char *id, int64_t pause);

#endif

/* SPDX-License-Identifier: MIT */

#include "refusals.h"

#include "identity.h"

#include <string.h>

#define ENTRIES 64
/* The last entries are one a reason, for the uids that found no entry of their own. */
#define SHARED 4

static struct refusal entries[ENTRIES];
static size_t used;

static bool add_to_existing(uint32_t uid, enum refusal_reason reason)
{
    for (size_t i = 0; i < used; i++) {
        struct refusal *entry = &entries[i];
        if (entry->uid == uid && entry->reason == reason) {
            if (entry->count < UINT32_MAX)
                entry->count++;
            return true;
        }
    }
    return false;
}

void refusal_add(uint32_t uid, enum refusal_reason reason)
{
    if (used >= ENTRIES - SHARED && !add_to_existing(uid, reason))
        uid = UID_UNKNOWN;
    else if (used >= ENTRIES - SHARED)
        return;
    if (add_to_existing(uid, reason))
        return;
    entries[used++] = (struct refusal){.uid = uid, .reason = reason, .count = 1};
}

bool refusal_take(struct refusal *out)
{
    if (used == 0)
        return false;
    *out = entries[0];
    used--;
    memmove(entries, entries + 1, used * sizeof entries[0]);
    return true;
}

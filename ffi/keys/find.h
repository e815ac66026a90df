/* SPDX-License-Identifier: MIT */

#ifndef FIND_H
#define FIND_H

#include "fault.h"
#include "key.h"

/* Where a key is or would be. */
struct location {
    char *path;
    /* In our own directory, as opposed to a place an administrator has named. */
    bool is_private;
};

/* Finds the place of a key id. Logs a failure and answers the result code; the caller clears the
 * location afterwards in any case. */
unsigned int find_location(const struct call *call, struct location *location);

void location_clear(struct location *location);

enum find_result { FIND_FOUND, FIND_ABSENT, FIND_EMPTY, FIND_FAILED };

/* Looks for a key and logs nothing: found with a reference to it, absent, an empty file, or a
 * failure; the latter two with a reason. */
enum find_result find_try(const struct call *call, enum key_kind kind,
                          const struct location *location, struct key **key,
                          struct reason *reason);

/* Finds a key that has to be there. `absent` says how its absence, the caller's mistake, reads in
 * the record; NULL: the key has just been written, so its absence is none. Logs a failure and
 * answers the result code. */
unsigned int find_key(const struct call *call, enum key_kind kind, const char *absent,
                      struct key **key);

#endif

/* SPDX-License-Identifier: MIT */

#ifndef TARGETS_H
#define TARGETS_H

#include <stddef.h>
#include <stdint.h>

/* Code that reads what somebody else has written. Each target ends the process when it finds what
 * must not be. */
struct target {
    const char *name;
    void (*run)(const uint8_t *data, size_t size);
    /* Good inputs to start from; the table ends with NULL. */
    const char *const *seeds;
};

/* The table ends with an entry without a name. */
extern const struct target targets[];

#endif

/* SPDX-License-Identifier: MIT */

#ifndef BYTES_H
#define BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Secret bytes on the heap; zeroed means none. */
struct bytes {
    uint8_t *data;
    size_t size;
};

/* Room for `size` bytes, at least one; false when there is no memory. */
bool bytes_reserve(struct bytes *bytes, size_t size);

/* Wipes and frees. */
void bytes_wipe(struct bytes *bytes);

#endif

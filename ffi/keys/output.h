/* SPDX-License-Identifier: MIT */

#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a function puts the bytes it hands out: a buffer of the caller, or NULL to ask for the
 * size, and the length that goes in and out. */
struct output {
    /* What the public header calls the buffer. */
    const char *name;
    unsigned char *buffer;
    uintptr_t *size;
};

/* Whether only the size is asked for. */
bool output_is_query(const struct output *output);

/* Stores `size`, which nothing can stop any more from being the answer, and says whether the
 * buffer takes that much: RC_OK or RC_ERR_INVALID_PARAMETER. The caller of it fills the buffer. */
unsigned int output_claim(const struct output *output, size_t size);

/* Answers with these bytes, or with their number when only the size is asked for. */
unsigned int output_bytes(const struct output *output, const void *bytes, size_t size);

#endif

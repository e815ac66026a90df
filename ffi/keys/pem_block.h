/* SPDX-License-Identifier: MIT */

#ifndef PEM_BLOCK_H
#define PEM_BLOCK_H

#include "bytes.h"

/* The first block of a PEM text whose label ends in "PRIVATE KEY". */
struct pem_block {
    /* "EC PRIVATE KEY". */
    const char *label;
    size_t label_size;
    /* What stands between the lines of the label. */
    const char *body;
    size_t body_size;
};

/* False when there is no such block or it has no end. */
bool pem_block_find(const struct bytes *text, struct pem_block *block);

/* Whether the block has this label. */
bool pem_block_is(const struct pem_block *block, const char *label);

/* Decodes the base64 of a block; the caller wipes it. False when there is anything else in it, such
 * as the header lines of an encrypted block. */
bool pem_block_decode(const struct pem_block *block, struct bytes *der);

#endif

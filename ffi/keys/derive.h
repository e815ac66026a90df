/* SPDX-License-Identifier: MIT */

#ifndef DERIVE_H
#define DERIVE_H

#include "fault.h"
#include "key.h"

/* Checks the data a key is derived from: the derivation_data of every function that takes it. */
bool derive_is_data(const unsigned char *data, uintptr_t size);

/* Derives a key: HMAC-SHA-256 of the data under the base key. The caller wipes it. Logs a failure
 * and answers the result code. */
unsigned int derive_from(const struct call *call, const struct key *base,
                         const unsigned char *data, size_t size, struct bytes *derived);

#endif

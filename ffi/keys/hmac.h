/* SPDX-License-Identifier: MIT */

#ifndef HMAC_H
#define HMAC_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "bytes.h"
#include "spare.h"

enum { HMAC_SIZE = 32 };

/* What every computation starts from: it costs as much to find the algorithm as to run it. NULL when
 * OpenSSL has none. */
EVP_MAC_CTX *hmac_prepare(void);

/* HMAC-SHA-256 of a message under a key of any length; false leaves OpenSSL's error queue. `spare`:
 * what this key keeps between computations, or NULL for a key that is used once. */
bool hmac_compute(const struct bytes *key, struct spare *spare, const void *message, size_t size,
                  unsigned char mac[HMAC_SIZE]);

/* Whether a context can be used again for another message under the same key, as it should be.
 * The first releases of OpenSSL 3.0 answered wrong MACs then. */
bool hmac_is_reusable(const EVP_MAC_CTX *prepared);

#endif

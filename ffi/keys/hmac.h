/* SPDX-License-Identifier: MIT */

#ifndef HMAC_H
#define HMAC_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "bytes.h"

enum { HMAC_SIZE = 32 };

/* What every computation starts from: it costs as much to find the algorithm as to run it. NULL when
 * OpenSSL has none. */
EVP_MAC_CTX *hmac_prepare(void);

/* HMAC-SHA-256 of a message under a key of any length; false leaves OpenSSL's error queue. */
bool hmac_compute(const struct bytes *key, const void *message, size_t size,
                  unsigned char mac[HMAC_SIZE]);

#endif

/* SPDX-License-Identifier: MIT */

#ifndef HMAC_H
#define HMAC_H

#include <stdbool.h>

#include "bytes.h"

enum { HMAC_SIZE = 32 };

/* HMAC-SHA-256 of a message under a key of any length; false leaves OpenSSL's error queue. */
bool hmac_compute(const struct bytes *key, const void *message, size_t size,
                  unsigned char mac[HMAC_SIZE]);

#endif

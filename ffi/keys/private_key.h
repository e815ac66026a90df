/* SPDX-License-Identifier: MIT */

#ifndef PRIVATE_KEY_H
#define PRIVATE_KEY_H

#include <openssl/evp.h>

#include "bytes.h"

/* What the DER of a private key is. */
enum private_key_form { PRIVATE_KEY_PKCS8, PRIVATE_KEY_PKCS1, PRIVATE_KEY_SEC1 };

/*
 * Makes a key of the DER of an RSA key with two primes, an RSA-PSS key, which becomes a plain one,
 * or an EC key on a named curve, whose public point is computed. OpenSSL's own decoders leave
 * copies of the private numbers in freed memory; this does not. NULL for every other key.
 */
EVP_PKEY *private_key_read(enum private_key_form form, const struct bytes *der);

#endif

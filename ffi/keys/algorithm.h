/* SPDX-License-Identifier: MIT */

#ifndef ALGORITHM_H
#define ALGORITHM_H

#include <openssl/evp.h>

/* Kinds of key pairs that can be made. */
enum algorithm { ALGORITHM_NONE, ALGORITHM_EC_P256, ALGORITHM_RSA_2048, ALGORITHM_RSA_4096 };

/* The first known name in a list separated by colons; an asterisk, or NULL for the list, leaves
 * the choice to us. */
enum algorithm algorithm_preferred(const char *list);

/* Makes a key pair; NULL leaves OpenSSL's error queue. */
EVP_PKEY *algorithm_generate(enum algorithm algorithm);

#endif

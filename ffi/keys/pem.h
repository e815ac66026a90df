/* SPDX-License-Identifier: MIT */

#ifndef PEM_H
#define PEM_H

#include <openssl/evp.h>

#include "bytes.h"
#include "fault.h"

/* The private key in a PEM text: the first one of any type that OpenSSL decodes without a
 * passphrase (PKCS#8, PKCS#1, SEC 1), whatever stands before it. RSA-PSS keys become plain RSA
 * keys: the callers pad themselves. EC points are handed out compressed. NULL with a reason that says what is in its place. */
EVP_PKEY *pem_read(const struct bytes *text, struct reason *reason);

/* A key pair as PKCS#8 PEM without a passphrase. The caller wipes it; false leaves OpenSSL's error
 * queue. */
bool pem_write(const EVP_PKEY *pair, struct bytes *text);

#endif

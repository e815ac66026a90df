/* SPDX-License-Identifier: MIT */

#ifndef SPARE_H
#define SPARE_H

#include <openssl/evp.h>

/*
 * Contexts of OpenSSL that a key keeps from one use to the next, with the key already in them:
 * without them most of the time of an HMAC goes into what does not depend on the message. Whoever
 * uses a context takes it out, so that two threads never have the same; the second one makes its
 * own. Zeroed means none.
 */
struct spare {
    _Atomic(EVP_MAC_CTX *) hmac;
    _Atomic(EVP_CIPHER_CTX *) gcm;
};

/* The context that is there, which belongs to the caller then, or NULL. `spare` may be NULL. */
EVP_MAC_CTX *spare_take_hmac(struct spare *spare);
EVP_CIPHER_CTX *spare_take_gcm(struct spare *spare);

/* Keeps a context that is ready for the next use, or frees it when there is no place for it. */
void spare_keep_hmac(struct spare *spare, EVP_MAC_CTX *context);
void spare_keep_gcm(struct spare *spare, EVP_CIPHER_CTX *context);

/* Frees what is kept; OpenSSL wipes the key in it. */
void spare_clear(struct spare *spare);

#endif

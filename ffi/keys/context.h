/* SPDX-License-Identifier: MIT */

#ifndef CONTEXT_H
#define CONTEXT_H

#include <openssl/evp.h>
#include <pthread.h>

#include "cache.h"
#include "notice.h"
#include "parameters.h"

/*
 * Everything the library remembers. Calls may overlap: `state` is held only as long as something
 * here is looked at, never during cryptography or while the file of a key is read or written.
 */
struct context {
    pthread_mutex_t state;
    /* Guarded by `state`. */
    struct parameters parameters;
    struct cache cache;
    struct notices notices;
    /* Held by whoever changes files, one at a time; recursive, and taken before `state`. */
    pthread_mutex_t change;
    /* Shared while a key file is read, exclusive while one may be written in place. Innermost. */
    pthread_rwlock_t contents;
    /* Fetched once: a look-up by name costs as much as the operation. Never changed. */
    EVP_MAC_CTX *hmac;
    bool is_hmac_reusable;
    EVP_CIPHER *aead;
};

/* The one context, set up by the first call. */
struct context *context_get(void);

/* notice_is_due() of the context. */
bool context_notice_is_due(const char *what, const char *id, int64_t pause);

#endif

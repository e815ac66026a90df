/* SPDX-License-Identifier: MIT */

#ifndef KEY_H
#define KEY_H

#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "bytes.h"
#include "spare.h"

/* How the content of a key file is understood; nothing in the file says so. */
enum key_kind { KEY_SYMMETRIC, KEY_PAIR };

/* A loaded key. Nothing but its spare contexts ever changes, so several threads may use it; the last
 * one wipes it. */
struct key {
    atomic_uint references;
    enum key_kind kind;
    /* Of a symmetric key. */
    struct bytes material;
    struct spare spare;
    /* Of a key pair. */
    EVP_PKEY *pair;
    /* Where it is, for records and the cache. */
    char *path;
    /* Whether that is in our own directory. */
    bool is_private;
    /* When the file was last written. */
    time_t written;
};

/* A key with one reference and nothing else in it; NULL when there is no memory. */
struct key *key_new(enum key_kind kind, const char *path, bool is_private);

struct key *key_keep(struct key *key);

/* Gives a reference back; NULL is fine. */
void key_release(struct key *key);

#endif

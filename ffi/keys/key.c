/* SPDX-License-Identifier: MIT */

#include "key.h"

#include <stdlib.h>
#include <string.h>

struct key *key_new(enum key_kind kind, const char *path, bool is_private)
{
    struct key *key = calloc(1, sizeof *key);
    if (key == NULL)
        return NULL;
    atomic_init(&key->references, 1);
    key->kind = kind;
    key->is_private = is_private;
    key->path = strdup(path);
    if (key->path == NULL) {
        free(key);
        return NULL;
    }
    return key;
}

struct key *key_keep(struct key *key)
{
    atomic_fetch_add(&key->references, 1);
    return key;
}

void key_release(struct key *key)
{
    if (key == NULL || atomic_fetch_sub(&key->references, 1) != 1)
        return;
    bytes_wipe(&key->material);
    spare_clear(&key->spare);
    EVP_PKEY_free(key->pair);
    free(key->path);
    free(key);
}

/* SPDX-License-Identifier: MIT */

#ifndef CACHE_H
#define CACHE_H

#include <stdint.h>
#include <sys/stat.h>

#include "key.h"

/*
 * The keys used last. An entry counts only while the file it came from is the same file with the
 * same content, as far as stat() can tell; so whatever an administrator does to a file takes effect
 * at the next call.
 */

enum { CACHE_SIZE = 64 };

struct cache_entry {
    /* NULL: the entry is free. */
    struct key *key;
    char *id;
    uint32_t hash;
    struct stat status;
    uint64_t used;
};

struct cache {
    struct cache_entry entries[CACHE_SIZE];
    uint64_t uses;
};

/* A reference to the key, or NULL when there is none that counts. */
struct key *cache_find(struct cache *cache, const char *id, enum key_kind kind);

/* Remembers a key that was read from a file that looked like `status` at the time `looked` or later,
 * before it was read. */
void cache_put(struct cache *cache, const char *id, struct key *key, const struct stat *status,
               struct timespec looked);

/* Forgets every key that came from this file. */
void cache_drop(struct cache *cache, const char *path);

/* Forgets everything. */
void cache_clear(struct cache *cache);

#endif

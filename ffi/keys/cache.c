/* SPDX-License-Identifier: MIT */

#include "cache.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const int64_t nanoseconds = 1000000000;

/* Time stamps of files advance in steps of a few milliseconds: a file that changed less than a
 * step before somebody looked at it could have changed once more and look the same. */
static const int64_t step = 20000000;

static uint32_t hash_of(const char *text)
{
    /* FNV-1a; only to be quick, strcmp() decides. */
    uint32_t hash = 2166136261;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619;
    return hash;
}

static int64_t count(struct timespec time)
{
    return (int64_t)time.tv_sec * nanoseconds + time.tv_nsec;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           count(a->st_mtim) == count(b->st_mtim) && count(a->st_ctim) == count(b->st_ctim) &&
           a->st_mode == b->st_mode;
}

/* A change after `looked`, however long after, is as recent as one shortly before: the thread may
 * have waited in between. A time stamp ahead of the clock, which was set back then, is one that no
 * further change will have. */
static bool had_settled(const struct stat *status, struct timespec looked)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t changed = count(status->st_ctim);
    return count(looked) - changed > step || changed - count(now) > step;
}

static void forget(struct cache_entry *entry)
{
    key_release(entry->key);
    free(entry->id);
    *entry = (struct cache_entry){0};
}

struct key *cache_find(struct cache *cache, const char *id, enum key_kind kind)
{
    uint32_t hash = hash_of(id);
    for (size_t i = 0; i < CACHE_SIZE; i++) {
        struct cache_entry *entry = &cache->entries[i];
        if (entry->key == NULL || entry->hash != hash || entry->key->kind != kind ||
            strcmp(entry->id, id) != 0)
            continue;
        struct stat status;
        if (stat(entry->key->path, &status) == 0 && is_same(&status, &entry->status)) {
            entry->used = ++cache->uses;
            return key_keep(entry->key);
        }
        forget(entry);
        return NULL;
    }
    return NULL;
}

void cache_put(struct cache *cache, const char *id, struct key *key, const struct stat *status,
               struct timespec looked)
{
    if (!had_settled(status, looked))
        return;
    struct cache_entry *entry = &cache->entries[0];
    for (size_t i = 1; i < CACHE_SIZE; i++)
        if (cache->entries[i].used < entry->used)
            entry = &cache->entries[i];
    char *copy = strdup(id);
    if (copy == NULL)
        return;
    if (entry->key != NULL)
        forget(entry);
    *entry = (struct cache_entry){
        .key = key_keep(key),
        .id = copy,
        .hash = hash_of(id),
        .status = *status,
        .used = ++cache->uses,
    };
}

void cache_drop(struct cache *cache, const char *path)
{
    for (size_t i = 0; i < CACHE_SIZE; i++)
        if (cache->entries[i].key != NULL && strcmp(cache->entries[i].key->path, path) == 0)
            forget(&cache->entries[i]);
}

void cache_clear(struct cache *cache)
{
    for (size_t i = 0; i < CACHE_SIZE; i++)
        if (cache->entries[i].key != NULL)
            forget(&cache->entries[i]);
}

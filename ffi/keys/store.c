/* SPDX-License-Identifier: MIT */

#include "store.h"

#include "aziot-keys.h"
#include "context.h"
#include "directory.h"
#include "log.h"

void store_lock(void)
{
    pthread_mutex_lock(&context_get()->change);
}

void store_unlock(void)
{
    pthread_mutex_unlock(&context_get()->change);
}

static void forget(const struct location *location)
{
    struct context *context = context_get();
    pthread_mutex_lock(&context->state);
    cache_drop(&context->cache, location->path);
    pthread_mutex_unlock(&context->state);
}

/* Our own directory may have been removed since its first use. */
static unsigned int prepare(const struct call *call, const struct location *location)
{
    struct context *context = context_get();
    struct reason reason;
    if (!location->is_private)
        return AZIOT_KEYS_RC_OK;
    pthread_mutex_lock(&context->state);
    bool prepared = directory_prepare(context->parameters.directory, &reason);
    pthread_mutex_unlock(&context->state);
    return prepared ? AZIOT_KEYS_RC_OK : fault_external(call, location->path, &reason);
}

/* Files in our own directory are only ever replaced: who reads one is never in the way. */
static bool write_file(const struct location *location, enum key_file_mode mode,
                       const struct bytes *bytes, struct reason *reason)
{
    pthread_rwlock_t *contents = &context_get()->contents;
    if (!location->is_private)
        pthread_rwlock_wrlock(contents);
    bool written = key_file_write(location->path, location->is_private, mode, bytes, reason);
    if (!location->is_private)
        pthread_rwlock_unlock(contents);
    return written;
}

unsigned int store_write(const struct call *call, const struct location *location,
                         enum key_file_mode mode, const struct bytes *bytes)
{
    struct reason reason;
    unsigned int code = prepare(call, location);
    if (code != AZIOT_KEYS_RC_OK)
        return code;
    bool written = write_file(location, mode, bytes, &reason);
    /* After a failure, too: a write in place may have got half way. */
    forget(location);
    if (!written)
        return fault_external(call, location->path, &reason);
    if (!location->is_private && mode == KEY_FILE_REPLACE)
        log_write(LOG_LEVEL_WARN, "%s: key \"%s\" is preloaded, its file %s was overwritten",
                  call->operation, call->id, location->path);
    return AZIOT_KEYS_RC_OK;
}

static unsigned int delete_at(const struct call *call, const struct location *location)
{
    struct reason reason;
    bool existed = false;
    bool removed = key_file_remove(location->path, &existed, &reason);
    forget(location);
    if (!removed)
        return fault_external(call, location->path, &reason);
    if (existed && !location->is_private)
        log_write(LOG_LEVEL_WARN, "%s: key \"%s\" is preloaded, its file %s was removed",
                  call->operation, call->id, location->path);
    return AZIOT_KEYS_RC_OK;
}

unsigned int store_delete(const struct call *call)
{
    struct location location;
    unsigned int code = find_location(call, &location);
    if (code == AZIOT_KEYS_RC_OK) {
        store_lock();
        code = delete_at(call, &location);
        store_unlock();
    }
    location_clear(&location);
    return code;
}

static unsigned int move_between(const struct call *call, const struct location *from,
                                 const struct location *to)
{
    struct reason reason;
    unsigned int code = prepare(call, to);
    if (code != AZIOT_KEYS_RC_OK)
        return code;
    bool moved = key_file_rename(from->path, to->path, &reason);
    forget(from);
    forget(to);
    if (!moved)
        return fault_external(call, from->path, &reason);
    if (!from->is_private || !to->is_private)
        log_write(LOG_LEVEL_WARN, "%s: a preloaded key is concerned, the file %s is now %s",
                  call->operation, from->path, to->path);
    return AZIOT_KEYS_RC_OK;
}

unsigned int store_move(const struct call *call, const char *to)
{
    struct call other = {call->operation, to, NULL};
    struct location source = {NULL, false};
    struct location target = {NULL, false};
    unsigned int code = find_location(call, &source);
    if (code == AZIOT_KEYS_RC_OK)
        code = find_location(&other, &target);
    if (code == AZIOT_KEYS_RC_OK) {
        store_lock();
        code = move_between(call, &source, &target);
        store_unlock();
    }
    location_clear(&source);
    location_clear(&target);
    return code;
}

/* SPDX-License-Identifier: MIT */

#include "find.h"

#include <stdlib.h>
#include <string.h>

#include "aziot-keys.h"
#include "context.h"
#include "directory.h"
#include "file_name.h"
#include "key_file.h"
#include "log.h"
#include "pem.h"

/* Makes the directory of the keys before its first use and clears it of leftovers, which a write in
 * another thread must not be. */
static unsigned int prepare(const struct call *call)
{
    struct context *context = context_get();
    struct parameters *parameters = &context->parameters;
    struct reason reason;
    unsigned int code = AZIOT_KEYS_RC_OK;
    pthread_mutex_lock(&context->change);
    pthread_mutex_lock(&context->state);
    if (!parameters->is_prepared) {
        if (directory_prepare(parameters->directory, &reason)) {
            directory_sweep(parameters->directory);
            parameters->is_prepared = true;
        } else {
            code = fault_external(call, parameters->directory, &reason);
        }
    }
    pthread_mutex_unlock(&context->state);
    pthread_mutex_unlock(&context->change);
    return code;
}

/* `state` is held. `is_unprepared`: the location counts only when the directory is there. */
static unsigned int locate(const struct call *call, struct location *location, bool *is_unprepared)
{
    struct parameters *parameters = &context_get()->parameters;
    const struct preloaded *preloaded = parameters_preloaded(parameters, call->id);
    if (preloaded != NULL && preloaded->path == NULL)
        return fault_invalid("id", "key \"%s\" is in a token and pkcs11_lib_path is not set",
                             call->id);
    if (preloaded != NULL) {
        location->path = strdup(preloaded->path);
    } else if (parameters->directory == NULL) {
        return fault_invalid("id", "no way to create keys");
    } else {
        *is_unprepared = !parameters->is_prepared;
        location->path = file_name_of(parameters->directory, call->id);
        location->is_private = true;
    }
    return location->path == NULL ? fault_external_text(call, NULL, "out of memory")
                                  : AZIOT_KEYS_RC_OK;
}

unsigned int find_location(const struct call *call, struct location *location)
{
    struct context *context = context_get();
    bool is_unprepared = false;
    *location = (struct location){NULL, false};
    pthread_mutex_lock(&context->state);
    unsigned int code = locate(call, location, &is_unprepared);
    pthread_mutex_unlock(&context->state);
    return code == AZIOT_KEYS_RC_OK && is_unprepared ? prepare(call) : code;
}

void location_clear(struct location *location)
{
    free(location->path);
    *location = (struct location){NULL, false};
}

/* Nothing forbids to use a private key's file as the bytes of a symmetric key, but hardly anybody
 * means to. */
static void warn_of_pem(const struct call *call, const struct key *key, const struct bytes *content)
{
    static const char begin[] = "-----BEGIN ";
    if (memmem(content->data, content->size, begin, sizeof begin - 1) != NULL &&
        context_notice_is_due("PEM", call->id, NOTICE_ONCE))
        log_write(LOG_LEVEL_WARN, "the symmetric key \"%s\" is the text of a PEM file: %s", call->id,
                  key->path);
}

static bool understand(const struct call *call, struct key *key, struct bytes *content,
                       struct reason *reason)
{
    if (key->kind == KEY_PAIR) {
        key->pair = pem_read(content, reason);
        return key->pair != NULL;
    }
    warn_of_pem(call, key, content);
    key->material = *content;
    *content = (struct bytes){NULL, 0};
    return true;
}

/* Reads a key from its file; `status` is what the file looked like. */
static enum find_result read_key(const struct call *call, enum key_kind kind,
                                 const struct location *location, struct key **key,
                                 struct stat *status, struct reason *reason)
{
    struct bytes content;
    struct key *read = NULL;
    enum find_result result = FIND_FAILED;
    pthread_rwlock_t *contents = &context_get()->contents;
    pthread_rwlock_rdlock(contents);
    enum key_file_state state =
        key_file_read(location->path, location->is_private, &content, status, reason);
    pthread_rwlock_unlock(contents);
    switch (state) {
    case KEY_FILE_ABSENT:
        result = FIND_ABSENT;
        goto done;
    case KEY_FILE_EMPTY:
        result = FIND_EMPTY;
        goto done;
    case KEY_FILE_REFUSED:
        goto done;
    case KEY_FILE_READ:
        break;
    }
    read = key_new(kind, location->path, location->is_private);
    if (read == NULL) {
        reason_set(reason, "out of memory");
        goto done;
    }
    read->written = status->st_mtime;
    if (!understand(call, read, &content, reason))
        goto done;
    *key = key_keep(read);
    result = FIND_FOUND;

done:
    key_release(read);
    bytes_wipe(&content);
    return result;
}

enum find_result find_try(const struct call *call, enum key_kind kind,
                          const struct location *location, struct key **key,
                          struct reason *reason)
{
    struct context *context = context_get();
    struct stat status;
    struct timespec looked;
    clock_gettime(CLOCK_REALTIME, &looked);
    enum find_result result = read_key(call, kind, location, key, &status, reason);
    pthread_mutex_lock(&context->state);
    if (result == FIND_FOUND)
        cache_put(&context->cache, call->id, *key, &status, looked);
    /* A store that has gone as a whole, or cannot be made, is not one without this key. */
    else if (result == FIND_ABSENT && location->is_private &&
             !directory_prepare(context->parameters.directory, reason))
        result = FIND_FAILED;
    pthread_mutex_unlock(&context->state);
    return result;
}

static struct key *find_cached(const char *id, enum key_kind kind)
{
    struct context *context = context_get();
    pthread_mutex_lock(&context->state);
    struct key *key = cache_find(&context->cache, id, kind);
    pthread_mutex_unlock(&context->state);
    return key;
}

unsigned int find_key(const struct call *call, enum key_kind kind, const char *absent,
                      struct key **key)
{
    *key = find_cached(call->id, kind);
    if (*key != NULL)
        return AZIOT_KEYS_RC_OK;

    struct location location;
    struct reason reason;
    unsigned int code = find_location(call, &location);
    if (code != AZIOT_KEYS_RC_OK)
        goto done;
    switch (find_try(call, kind, &location, key, &reason)) {
    case FIND_FOUND:
        break;
    case FIND_ABSENT:
        code = absent != NULL
                   ? fault_invalid(call->id_name == NULL ? "id" : call->id_name, "%s", absent)
                   : fault_external_text(call, location.path, "vanished after it was written");
        break;
    case FIND_EMPTY:
    case FIND_FAILED:
        code = fault_external(call, location.path, &reason);
        break;
    }

done:
    location_clear(&location);
    return code;
}

/* SPDX-License-Identifier: MIT */

#include <openssl/rand.h>

#include "argument.h"
#include "aziot-keys.h"
#include "context.h"
#include "find.h"
#include "functions.h"
#include "key_file.h"
#include "log.h"
#include "store.h"

/* The size of the keys we make, whatever they are for. */
enum { GENERATED_SIZE = 32 };

/* Loads what has just been written: only what can be read again has been stored. */
static unsigned int load_again(const struct call *call)
{
    struct key *key = NULL;
    unsigned int code = find_key(call, KEY_SYMMETRIC, NULL, &key);
    key_release(key);
    return code;
}

static unsigned int generate(const struct call *call, const struct location *location)
{
    struct bytes bytes;
    unsigned int code;
    if (!bytes_reserve(&bytes, GENERATED_SIZE)) {
        code = fault_external_text(call, location->path, "out of memory");
    } else if (RAND_priv_bytes(bytes.data, GENERATED_SIZE) != 1) {
        struct reason reason;
        reason_openssl(&reason, "no randomness");
        code = fault_external(call, location->path, &reason);
    } else {
        code = store_write(call, location, KEY_FILE_CREATE, &bytes);
    }
    bytes_wipe(&bytes);
    return code;
}

static unsigned int create_missing(const struct call *call, const struct location *location)
{
    struct key *key = NULL;
    struct reason reason;
    enum find_result found = find_try(call, KEY_SYMMETRIC, location, &key, &reason);
    key_release(key);
    if (found == FIND_FOUND)
        return AZIOT_KEYS_RC_OK;
    /* An empty file of ours is a write that a power cut undid, in upstream's way of writing. An
     * empty file of the administrator's may be a copy that went wrong: not ours to replace. */
    if (found == FIND_FAILED || (found == FIND_EMPTY && !location->is_private))
        return fault_external(call, location->path, &reason);
    unsigned int code = generate(call, location);
    return code == AZIOT_KEYS_RC_OK ? load_again(call) : code;
}

unsigned int create_key_if_not_exists(const char *id, unsigned int usage)
{
    /* A file does not say what its key is for. */
    (void)usage;
    if (!argument_text("id", id))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;

    struct call call = {"create key", id, NULL};
    struct location location;
    unsigned int code = find_location(&call, &location);
    if (code == AZIOT_KEYS_RC_OK) {
        store_lock();
        code = create_missing(&call, &location);
        store_unlock();
    }
    location_clear(&location);
    return code;
}

unsigned int load_key(const char *id)
{
    if (!argument_text("id", id))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;
    struct call call = {"load key", id, NULL};
    struct key *key = NULL;
    unsigned int code = find_key(&call, KEY_SYMMETRIC, "not found", &key);
    key_release(key);
    return code;
}

unsigned int import_key(const char *id, const uint8_t *bytes, uintptr_t bytes_len,
                        unsigned int usage)
{
    (void)usage;
    if (!argument_text("id", id) || !argument_bytes("bytes", bytes, bytes_len))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;
    if (bytes_len == 0)
        return fault_invalid("bytes", "a key has at least one byte");
    if (bytes_len > KEY_FILE_LIMIT)
        return fault_invalid("bytes", "a key has at most %d bytes", KEY_FILE_LIMIT);

    struct call call = {"import key", id, NULL};
    struct location location;
    /* Only read. */
    struct bytes borrowed = {(uint8_t *)(uintptr_t)bytes, bytes_len};
    unsigned int code = find_location(&call, &location);
    if (code == AZIOT_KEYS_RC_OK) {
        store_lock();
        code = store_write(&call, &location, KEY_FILE_REPLACE, &borrowed);
        if (code == AZIOT_KEYS_RC_OK)
            code = load_again(&call);
        store_unlock();
    }
    location_clear(&location);
    return code;
}

unsigned int delete_key(const char *id)
{
    if (!argument_text("id", id))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;
    struct call call = {"delete key", id, NULL};
    return store_delete(&call);
}

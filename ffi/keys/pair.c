/* SPDX-License-Identifier: MIT */

#include <openssl/err.h>

#include "algorithm.h"
#include "argument.h"
#include "aziot-keys.h"
#include "find.h"
#include "functions.h"
#include "pem.h"
#include "store.h"

enum need { NEED_NOTHING, NEED_PAIR, NEED_IMPOSSIBLE };

/* Whether a pair has to be made, or why that must not be: whatever is in the file may be a key of
 * another kind or a damaged one, and is not ours to replace unless it is an empty file of ours. */
static enum need assess(const struct call *call, const struct location *location,
                        struct reason *reason)
{
    struct key *key = NULL;
    enum find_result found = find_try(call, KEY_PAIR, location, &key, reason);
    key_release(key);
    if (found == FIND_FOUND)
        return NEED_NOTHING;
    if (found == FIND_ABSENT || (found == FIND_EMPTY && location->is_private))
        return NEED_PAIR;
    return NEED_IMPOSSIBLE;
}

static unsigned int load_again(const struct call *call)
{
    struct key *key = NULL;
    unsigned int code = find_key(call, KEY_PAIR, NULL, &key);
    key_release(key);
    return code;
}

/* Stores the pair unless another call has been quicker. */
static unsigned int store_pair(const struct call *call, const struct location *location,
                               const struct bytes *text)
{
    struct reason reason;
    unsigned int code = AZIOT_KEYS_RC_OK;
    store_lock();
    switch (assess(call, location, &reason)) {
    case NEED_NOTHING:
        break;
    case NEED_IMPOSSIBLE:
        code = fault_external(call, location->path, &reason);
        break;
    case NEED_PAIR:
        code = store_write(call, location, KEY_FILE_CREATE, text);
        if (code == AZIOT_KEYS_RC_OK)
            code = load_again(call);
        break;
    }
    store_unlock();
    return code;
}

/* Making a pair can take seconds, so nothing is locked meanwhile. */
static unsigned int make_pair(const struct call *call, const struct location *location,
                              enum algorithm algorithm)
{
    struct bytes text = {NULL, 0};
    unsigned int code;
    ERR_clear_error();
    EVP_PKEY *pair = algorithm_generate(algorithm);
    if (pair != NULL && pem_write(pair, &text)) {
        code = store_pair(call, location, &text);
    } else {
        struct reason reason;
        reason_openssl(&reason, "cannot generate a key pair");
        code = fault_external(call, location->path, &reason);
    }
    bytes_wipe(&text);
    EVP_PKEY_free(pair);
    return code;
}

unsigned int create_key_pair_if_not_exists(const char *id, const char *preferred_algorithms)
{
    if (!argument_text("id", id) ||
        (preferred_algorithms != NULL &&
         !argument_text("preferred_algorithms", preferred_algorithms)))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;

    struct call call = {"create key pair", id, NULL};
    struct location location;
    struct reason reason;
    enum algorithm algorithm = algorithm_preferred(preferred_algorithms);
    unsigned int code = find_location(&call, &location);
    if (code != AZIOT_KEYS_RC_OK)
        goto done;
    switch (assess(&call, &location, &reason)) {
    case NEED_NOTHING:
        break;
    case NEED_IMPOSSIBLE:
        code = fault_external(&call, location.path, &reason);
        break;
    case NEED_PAIR:
        code = algorithm == ALGORITHM_NONE
                   ? fault_invalid("preferred_algorithms", "none specified that is known")
                   : make_pair(&call, &location, algorithm);
        break;
    }

done:
    location_clear(&location);
    return code;
}

unsigned int load_key_pair(const char *id)
{
    if (!argument_text("id", id))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;
    struct call call = {"load key pair", id, NULL};
    struct key *key = NULL;
    unsigned int code = find_key(&call, KEY_PAIR, "not found", &key);
    key_release(key);
    return code;
}

unsigned int move_key_pair(const char *from, const char *to)
{
    if (!argument_text("from", from) || !argument_text("to", to))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;
    struct call call = {"move key pair", from, NULL};
    return store_move(&call, to);
}

unsigned int delete_key_pair(const char *id)
{
    if (!argument_text("id", id))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;
    struct call call = {"delete key pair", id, NULL};
    return store_delete(&call);
}

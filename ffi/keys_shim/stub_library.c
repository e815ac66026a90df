/* SPDX-License-Identifier: MIT */

/*
 * A keys library for tests of the Keys Service: everything is done by the product's own library,
 * which lies in the directory above, but
 *
 *  - a call that begins before another one has ended ends the process: the interface promises that
 *    there are no such calls;
 *  - a call about an id that contains `sleep-N` takes N milliseconds longer, and every call a little
 *    longer, as with a token;
 *  - the parameter `stub`, whatever its value, is accepted; with it a service has to reckon with
 *    slow calls.
 *
 * With STUB_2_0_0_0 it is a library of the older version, which can neither move nor delete keys.
 */

#include <dlfcn.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aziot-keys.h"

#define EXPORTED __attribute__((visibility("default")))

enum { EVERY_CALL_US = 100 };

static const AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 *real;
static atomic_flag busy = ATOMIC_FLAG_INIT;

static void pause_us(long microseconds)
{
    struct timespec time = {
        .tv_sec = microseconds / 1000000,
        .tv_nsec = microseconds % 1000000 * 1000,
    };
    (void)nanosleep(&time, NULL);
}

static void enter(const char *id)
{
    if (atomic_flag_test_and_set(&busy)) {
        fprintf(stderr, "stub library: two calls at a time\n");
        abort();
    }
    const char *sleep = id == NULL ? NULL : strstr(id, "sleep-");
    long milliseconds = sleep == NULL ? 0 : strtol(sleep + strlen("sleep-"), NULL, 10);
    pause_us(EVERY_CALL_US + milliseconds * 1000);
}

static AZIOT_KEYS_RC leave(AZIOT_KEYS_RC rc)
{
    atomic_flag_clear(&busy);
    return rc;
}

static AZIOT_KEYS_RC set_parameter(const char *name, const char *value)
{
    enter(NULL);
    if (name != NULL && strcmp(name, "stub") == 0) {
        return leave(AZIOT_KEYS_RC_OK);
    }
    return leave(real->set_parameter(name, value));
}

static AZIOT_KEYS_RC create_key_pair_if_not_exists(const char *id, const char *algorithms)
{
    enter(id);
    return leave(real->create_key_pair_if_not_exists(id, algorithms));
}

static AZIOT_KEYS_RC load_key_pair(const char *id)
{
    enter(id);
    return leave(real->load_key_pair(id));
}

static AZIOT_KEYS_RC get_key_pair_parameter(const char *id, AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE type,
                                            unsigned char *value, uintptr_t *value_len)
{
    enter(id);
    return leave(real->get_key_pair_parameter(id, type, value, value_len));
}

static AZIOT_KEYS_RC create_key_if_not_exists(const char *id, AZIOT_KEYS_KEY_USAGE usage)
{
    enter(id);
    return leave(real->create_key_if_not_exists(id, usage));
}

static AZIOT_KEYS_RC load_key(const char *id)
{
    enter(id);
    return leave(real->load_key(id));
}

static AZIOT_KEYS_RC import_key(const char *id, const uint8_t *bytes, uintptr_t bytes_len,
                                AZIOT_KEYS_KEY_USAGE usage)
{
    enter(id);
    return leave(real->import_key(id, bytes, bytes_len, usage));
}

static AZIOT_KEYS_RC derive_key(const char *base_id, const uint8_t *data, uintptr_t data_len,
                                unsigned char *derived, uintptr_t *derived_len)
{
    enter(base_id);
    return leave(real->derive_key(base_id, data, data_len, derived, derived_len));
}

static AZIOT_KEYS_RC sign(const char *id, AZIOT_KEYS_SIGN_MECHANISM mechanism,
                          const void *parameters, const unsigned char *digest, uintptr_t digest_len,
                          unsigned char *signature, uintptr_t *signature_len)
{
    enter(id);
    return leave(
        real->sign(id, mechanism, parameters, digest, digest_len, signature, signature_len));
}

static AZIOT_KEYS_RC verify(const char *id, AZIOT_KEYS_SIGN_MECHANISM mechanism,
                            const void *parameters, const unsigned char *digest,
                            uintptr_t digest_len, const unsigned char *signature,
                            uintptr_t signature_len, int *ok)
{
    enter(id);
    return leave(
        real->verify(id, mechanism, parameters, digest, digest_len, signature, signature_len, ok));
}

static AZIOT_KEYS_RC encrypt(const char *id, AZIOT_KEYS_ENCRYPT_MECHANISM mechanism,
                             const void *parameters, const unsigned char *plaintext,
                             uintptr_t plaintext_len, unsigned char *ciphertext,
                             uintptr_t *ciphertext_len)
{
    enter(id);
    return leave(real->encrypt(id, mechanism, parameters, plaintext, plaintext_len, ciphertext,
                               ciphertext_len));
}

static AZIOT_KEYS_RC decrypt(const char *id, AZIOT_KEYS_ENCRYPT_MECHANISM mechanism,
                             const void *parameters, const unsigned char *ciphertext,
                             uintptr_t ciphertext_len, unsigned char *plaintext,
                             uintptr_t *plaintext_len)
{
    enter(id);
    return leave(real->decrypt(id, mechanism, parameters, ciphertext, ciphertext_len, plaintext,
                               plaintext_len));
}

#ifndef STUB_2_0_0_0
static AZIOT_KEYS_RC move_key_pair(const char *from, const char *to)
{
    enter(from);
    return leave(real->move_key_pair(from, to));
}

static AZIOT_KEYS_RC delete_key_pair(const char *id)
{
    enter(id);
    return leave(real->delete_key_pair(id));
}

static AZIOT_KEYS_RC delete_key(const char *id)
{
    enter(id);
    return leave(real->delete_key(id));
}
#endif

#ifdef STUB_2_0_0_0
#define STUB_VERSION AZIOT_KEYS_VERSION_2_0_0_0
static const AZIOT_KEYS_FUNCTION_LIST_2_0_0_0 list = {
#else
#define STUB_VERSION AZIOT_KEYS_VERSION_2_1_0_0
static const AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 list = {
    .move_key_pair = move_key_pair,
    .delete_key_pair = delete_key_pair,
    .delete_key = delete_key,
#endif
    .base = {.version = STUB_VERSION},
    .set_parameter = set_parameter,
    .create_key_pair_if_not_exists = create_key_pair_if_not_exists,
    .load_key_pair = load_key_pair,
    .get_key_pair_parameter = get_key_pair_parameter,
    .create_key_if_not_exists = create_key_if_not_exists,
    .load_key = load_key,
    .import_key = import_key,
    .derive_key = derive_key,
    .sign = sign,
    .verify = verify,
    .encrypt = encrypt,
    .decrypt = decrypt,
};

/* Loads the product's library, by this one's own place in the file system with links resolved. */
static const AZIOT_KEYS_FUNCTION_LIST *open_real(void)
{
    typedef AZIOT_KEYS_RC (*get_list)(AZIOT_KEYS_VERSION, const AZIOT_KEYS_FUNCTION_LIST **);
    const AZIOT_KEYS_FUNCTION_LIST *functions = NULL;
    char own[PATH_MAX];
    char path[PATH_MAX + sizeof "/../libaziot_keys.so"];
    Dl_info info;
    get_list get = NULL;

    if (dladdr(&list, &info) == 0 || realpath(info.dli_fname, own) == NULL) {
        return NULL;
    }
    *strrchr(own, '/') = '\0';
    (void)snprintf(path, sizeof path, "%s/../libaziot_keys.so", own);

    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        return NULL;
    }
    /* ISO C has no conversion from an object pointer to a function pointer. */
    void *symbol = dlsym(handle, "aziot_keys_get_function_list");
    memcpy(&get, &symbol, sizeof get);
    if (get == NULL || get(AZIOT_KEYS_VERSION_2_1_0_0, &functions) != AZIOT_KEYS_RC_OK) {
        return NULL;
    }
    return functions;
}

EXPORTED AZIOT_KEYS_RC aziot_keys_get_function_list(AZIOT_KEYS_VERSION version,
                                                    const AZIOT_KEYS_FUNCTION_LIST **functions)
{
    enter(NULL);
    if (version != STUB_VERSION || functions == NULL) {
        return leave(AZIOT_KEYS_RC_ERR_INVALID_PARAMETER);
    }
    if (real == NULL) {
        /* The list of this version begins with the part that all lists have. */
        real = (const AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 *)(const void *)open_real();
    }
    if (real == NULL) {
        return leave(AZIOT_KEYS_RC_ERR_EXTERNAL);
    }
    *functions = &list.base;
    return leave(AZIOT_KEYS_RC_OK);
}

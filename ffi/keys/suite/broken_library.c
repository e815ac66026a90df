/* SPDX-License-Identifier: MIT */

/*
 * A keys library that is wrong in some ways, to see that the suite notices: everything is done by
 * our own library, which lies in the directory above, but for
 *
 *  - the old list, which lacks a function,
 *  - derived keys, which have a wrong first byte,
 *  - signatures, which verify when their first bytes are right,
 *  - get_key_pair_parameter, which loses the caller's length when there is no such key,
 *  - decrypt, which ends the process without parameters.
 */

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aziot-keys.h"

static const AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 *real;
static AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 list;
static AZIOT_KEYS_FUNCTION_LIST_2_0_0_0 old_list;

static AZIOT_KEYS_RC derive_key(const char *base_id, const uint8_t *data, uintptr_t data_len,
                                unsigned char *out, uintptr_t *out_len)
{
    AZIOT_KEYS_RC code = real->derive_key(base_id, data, data_len, out, out_len);
    if (code == 0 && out != NULL)
        out[0] ^= 1;
    return code;
}

static AZIOT_KEYS_RC verify(const char *id, AZIOT_KEYS_SIGN_MECHANISM mechanism,
                            const void *parameters, const unsigned char *digest,
                            uintptr_t digest_len, const unsigned char *signature,
                            uintptr_t signature_len, int *ok)
{
    unsigned char mac[32];
    uintptr_t size = sizeof mac;
    AZIOT_KEYS_RC code = real->verify(id, mechanism, parameters, digest, digest_len, signature,
                                      signature_len, ok);
    if (code == 0 && real->sign(id, mechanism, NULL, digest, digest_len, mac, &size) == 0)
        *ok = signature_len >= 16 && memcmp(mac, signature, 16) == 0;
    return code;
}

static AZIOT_KEYS_RC get_key_pair_parameter(const char *id,
                                            AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE type,
                                            unsigned char *value, uintptr_t *value_len)
{
    AZIOT_KEYS_RC code = real->get_key_pair_parameter(id, type, value, value_len);
    if (code != 0 && value_len != NULL)
        *value_len = 0;
    return code;
}

static AZIOT_KEYS_RC decrypt(const char *id, AZIOT_KEYS_ENCRYPT_MECHANISM mechanism,
                             const void *parameters, const unsigned char *ciphertext,
                             uintptr_t ciphertext_len, unsigned char *plaintext,
                             uintptr_t *plaintext_len)
{
    if (parameters == NULL)
        abort();
    return real->decrypt(id, mechanism, parameters, ciphertext, ciphertext_len, plaintext,
                         plaintext_len);
}

/* Loads the library in the directory above that of this one. */
static void load(void)
{
    Dl_info self;
    char path[PATH_MAX];
    AZIOT_KEYS_RC (*get)(AZIOT_KEYS_VERSION, const AZIOT_KEYS_FUNCTION_LIST **) = NULL;
    const AZIOT_KEYS_FUNCTION_LIST *base = NULL;
    if (dladdr((const void *)&list, &self) == 0)
        abort();
    const char *slash = strrchr(self.dli_fname, '/');
    int size = slash == NULL ? 0 : (int)(slash - self.dli_fname);
    snprintf(path, sizeof path, "%.*s/../libaziot_keys.so", size, self.dli_fname);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library != NULL)
        *(void **)&get = dlsym(library, "aziot_keys_get_function_list");
    if (get == NULL || get(AZIOT_KEYS_VERSION_2_1_0_0, &base) != 0)
        abort();
    real = (const void *)base;
    list = *real;
    list.derive_key = derive_key;
    list.verify = verify;
    list.get_key_pair_parameter = get_key_pair_parameter;
    list.decrypt = decrypt;
    old_list.base.version = AZIOT_KEYS_VERSION_2_0_0_0;
}

__attribute__((visibility("default"))) AZIOT_KEYS_RC
aziot_keys_get_function_list(AZIOT_KEYS_VERSION version,
                             const AZIOT_KEYS_FUNCTION_LIST **pfunction_list)
{
    if (real == NULL)
        load();
    if (pfunction_list == NULL)
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;
    if (version == AZIOT_KEYS_VERSION_2_1_0_0)
        *pfunction_list = &list.base;
    else if (version == AZIOT_KEYS_VERSION_2_0_0_0)
        *pfunction_list = &old_list.base;
    else
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;
    return AZIOT_KEYS_RC_OK;
}

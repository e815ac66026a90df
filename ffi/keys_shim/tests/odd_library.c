/* SPDX-License-Identifier: MIT */

/* Keys libraries that are odd in the way a flag of the compiler says. */

#include <string.h>

#include "aziot-keys.h"

/* Answers that tell the functions apart. */
static AZIOT_KEYS_RC set_parameter(const char *name, const char *value)
{
    (void)name;
    return value == NULL ? 7 : 0;
}

static AZIOT_KEYS_RC one_text(const char *id)
{
    return (AZIOT_KEYS_RC)strlen(id);
}

static AZIOT_KEYS_RC two_texts(const char *first, const char *second)
{
    return (AZIOT_KEYS_RC)(strlen(first) * 16 + (second == NULL ? 15 : strlen(second)));
}

static AZIOT_KEYS_RC text_and_number(const char *id, AZIOT_KEYS_KEY_USAGE usage)
{
    return (AZIOT_KEYS_RC)strlen(id) + usage;
}

static AZIOT_KEYS_RC import_key(const char *id, const uint8_t *bytes, uintptr_t size,
                                AZIOT_KEYS_KEY_USAGE usage)
{
    (void)id;
    return bytes == NULL ? 99 : (AZIOT_KEYS_RC)size + usage;
}

/* Hands out bytes: as many as were asked for, or 2000 which no first buffer takes. */
static AZIOT_KEYS_RC hand_out(unsigned char *out, uintptr_t *size, uintptr_t wanted)
{
    uintptr_t room = *size;
    *size = wanted;
#ifdef OVERRUN
    (void)out;
    (void)room;
    *size = 1 << 20;
    return 0;
#else
    if (room < wanted)
        return 1;
    memset(out, 0x42, wanted);
    return 0;
#endif
}

static AZIOT_KEYS_RC get_key_pair_parameter(const char *id, AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE type,
                                            unsigned char *value, uintptr_t *value_len)
{
    (void)id;
    return hand_out(value, value_len, type);
}

static AZIOT_KEYS_RC derive_key(const char *id, const uint8_t *data, uintptr_t data_len,
                                unsigned char *out, uintptr_t *out_len)
{
    (void)id;
    return data == NULL ? 99 : hand_out(out, out_len, data_len + 2000);
}

static AZIOT_KEYS_RC sign(const char *id, AZIOT_KEYS_SIGN_MECHANISM mechanism,
                          const void *parameters, const unsigned char *digest, uintptr_t digest_len,
                          unsigned char *signature, uintptr_t *signature_len)
{
    const AZIOT_KEYS_SIGN_DERIVED_PARAMETERS *derived = parameters;
    (void)id;
    if (digest == NULL)
        return 99;
    if (mechanism != 3)
        return parameters == NULL ? hand_out(signature, signature_len, digest_len) : 98;
    if (derived->derivation_data == NULL || derived->mechanism != 2 || derived->parameters != NULL)
        return 97;
    return hand_out(signature, signature_len, derived->derivation_data_len);
}

static AZIOT_KEYS_RC verify(const char *id, AZIOT_KEYS_SIGN_MECHANISM mechanism,
                            const void *parameters, const unsigned char *digest,
                            uintptr_t digest_len, const unsigned char *signature,
                            uintptr_t signature_len, int *ok)
{
    (void)id;
    (void)mechanism;
    (void)digest_len;
    (void)signature_len;
    if (digest == NULL || signature == NULL || parameters != NULL)
        return 99;
    *ok = digest[0] == 1;
    return digest[0] == 9 ? 2 : 0;
}

static AZIOT_KEYS_RC crypt(const char *id, AZIOT_KEYS_ENCRYPT_MECHANISM mechanism,
                           const void *parameters, const unsigned char *in, uintptr_t in_len,
                           unsigned char *out, uintptr_t *out_len)
{
    const AZIOT_KEYS_ENCRYPT_DERIVED_PARAMETERS *derived = parameters;
    const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS *aead = parameters;
    (void)id;
    if (in == NULL)
        return 99;
    if (mechanism == 2 || mechanism == 3)
        return parameters == NULL ? hand_out(out, out_len, in_len) : 98;
    if (mechanism == 4) {
        if (derived->derivation_data == NULL || derived->mechanism != 1)
            return 97;
        aead = derived->parameters;
    }
    if (aead->iv == NULL || aead->aad == NULL)
        return 96;
    return hand_out(out, out_len, in_len + aead->iv_len + aead->aad_len);
}

static const AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 list = {
    .base.version = AZIOT_KEYS_VERSION_2_1_0_0,
    .set_parameter = set_parameter,
    .create_key_pair_if_not_exists = two_texts,
    .move_key_pair = two_texts,
    .load_key_pair = one_text,
    .get_key_pair_parameter = get_key_pair_parameter,
    .delete_key_pair = one_text,
    .create_key_if_not_exists = text_and_number,
    .load_key = one_text,
    .import_key = import_key,
#ifndef LACKS_FUNCTION
    .delete_key = one_text,
#endif
    .derive_key = derive_key,
    .sign = sign,
    .verify = verify,
    .encrypt = crypt,
    .decrypt = crypt,
};

static const AZIOT_KEYS_FUNCTION_LIST_2_0_0_0 old_list = {
#ifdef FUTURE
    .base.version = 0x03000000,
#else
    .base.version = AZIOT_KEYS_VERSION_2_0_0_0,
#endif
    .set_parameter = set_parameter,
    .create_key_pair_if_not_exists = two_texts,
    .load_key_pair = one_text,
    .get_key_pair_parameter = get_key_pair_parameter,
    .create_key_if_not_exists = text_and_number,
    .load_key = one_text,
    .import_key = import_key,
    .derive_key = derive_key,
    .sign = sign,
    .verify = verify,
    .encrypt = crypt,
    .decrypt = crypt,
};

__attribute__((visibility("default"))) AZIOT_KEYS_RC
aziot_keys_get_function_list(AZIOT_KEYS_VERSION version,
                             const AZIOT_KEYS_FUNCTION_LIST **pfunction_list)
{
#if defined(NO_VERSION)
    (void)version;
    (void)pfunction_list;
    (void)list;
    (void)old_list;
    return 5;
#elif defined(NO_LIST)
    (void)version;
    (void)list;
    (void)old_list;
    *pfunction_list = NULL;
    return 0;
#elif defined(OLD) || defined(FUTURE)
    (void)list;
    if (version != AZIOT_KEYS_VERSION_2_0_0_0)
        return 1;
    *pfunction_list = &old_list.base;
    return 0;
#else
    (void)old_list;
    if (version != AZIOT_KEYS_VERSION_2_1_0_0)
        return 1;
    *pfunction_list = &list.base;
    return 0;
#endif
}

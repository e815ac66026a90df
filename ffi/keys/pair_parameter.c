/* SPDX-License-Identifier: MIT */

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <string.h>

#include "argument.h"
#include "aziot-keys.h"
#include "find.h"
#include "functions.h"
#include "output.h"

/* More than an RSA modulus that OpenSSL accepts and a point of any curve. */
enum { VALUE_LIMIT = 2048 };

struct value {
    unsigned char bytes[VALUE_LIMIT];
    size_t size;
};

static unsigned int fail(const struct call *call, const struct key *key)
{
    struct reason reason;
    reason_openssl(&reason, "cannot compute the public parameter");
    return fault_external(call, key->path, &reason);
}

static unsigned int algorithm_of(const struct key *key, struct value *value)
{
    unsigned int algorithm;
    if (EVP_PKEY_is_a(key->pair, "EC"))
        algorithm = AZIOT_KEYS_KEY_PAIR_PARAMETER_ALGORITHM_EC;
    else if (EVP_PKEY_is_a(key->pair, "RSA"))
        algorithm = AZIOT_KEYS_KEY_PAIR_PARAMETER_ALGORITHM_RSA;
    else
        return fault_invalid("id", "key is neither RSA nor EC");
    memcpy(value->bytes, &algorithm, sizeof algorithm);
    value->size = sizeof algorithm;
    return AZIOT_KEYS_RC_OK;
}

static unsigned int curve_of(const struct key *key, struct value *value)
{
    static const unsigned char p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    char group[64] = "";
    if (!EVP_PKEY_is_a(key->pair, "EC"))
        return fault_invalid("type", "not an EC key pair");
    if (EVP_PKEY_get_group_name(key->pair, group, sizeof group, NULL) != 1 ||
        strcmp(group, SN_X9_62_prime256v1) != 0)
        return fault_invalid("type", "key curve not recognized");
    memcpy(value->bytes, p256, sizeof p256);
    value->size = sizeof p256;
    return AZIOT_KEYS_RC_OK;
}

static unsigned int point_of(const struct call *call, const struct key *key, struct value *value)
{
    if (!EVP_PKEY_is_a(key->pair, "EC"))
        return fault_invalid("type", "not an EC key pair");
    if (EVP_PKEY_get_octet_string_param(key->pair, OSSL_PKEY_PARAM_PUB_KEY, value->bytes,
                                        sizeof value->bytes, &value->size) != 1)
        return fail(call, key);
    return AZIOT_KEYS_RC_OK;
}

static unsigned int number_of(const struct call *call, const struct key *key, const char *name,
                              struct value *value)
{
    BIGNUM *number = NULL;
    if (!EVP_PKEY_is_a(key->pair, "RSA"))
        return fault_invalid("type", "not an RSA key pair");
    if (EVP_PKEY_get_bn_param(key->pair, name, &number) != 1)
        return fail(call, key);
    unsigned int code = AZIOT_KEYS_RC_OK;
    if ((size_t)BN_num_bytes(number) <= sizeof value->bytes)
        value->size = (size_t)BN_bn2bin(number, value->bytes);
    else
        code = fault_external_text(call, key->path, "the key is too large");
    BN_free(number);
    return code;
}

static unsigned int value_of(const struct call *call, const struct key *key, unsigned int type,
                             struct value *value)
{
    switch (type) {
    case AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE_ALGORITHM:
        return algorithm_of(key, value);
    case AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE_EC_CURVE_OID:
        return curve_of(key, value);
    case AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE_EC_POINT:
        return point_of(call, key, value);
    case AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE_RSA_MODULUS:
        return number_of(call, key, OSSL_PKEY_PARAM_RSA_N, value);
    case AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE_RSA_EXPONENT:
        return number_of(call, key, OSSL_PKEY_PARAM_RSA_E, value);
    default:
        return fault_invalid("type", "unrecognized value");
    }
}

unsigned int get_key_pair_parameter(const char *id, unsigned int type, unsigned char *value,
                                    uintptr_t *value_len)
{
    if (!argument_text("id", id) || !argument_pointer("value_len", value_len))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;
    struct call call = {"get key pair parameter", id, NULL};
    struct output output = {"value", value, value_len};
    struct value result = {.size = 0};
    struct key *key = NULL;
    unsigned int code = find_key(&call, KEY_PAIR, "key not found", &key);
    if (code == AZIOT_KEYS_RC_OK)
        code = value_of(&call, key, type, &result);
    if (code == AZIOT_KEYS_RC_OK)
        code = output_bytes(&output, result.bytes, result.size);
    key_release(key);
    return code;
}

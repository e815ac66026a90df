/* SPDX-License-Identifier: MIT */

#include <openssl/crypto.h>

#include "argument.h"
#include "aziot-keys.h"
#include "derive.h"
#include "ecdsa.h"
#include "find.h"
#include "functions.h"
#include "hmac.h"
#include "output.h"

static const char key_absent[] = "key not found";

/* What a signature is made over. */
struct message {
    const unsigned char *data;
    size_t size;
};

/* `spare` belongs to the material. */
static unsigned int answer_mac(const struct call *call, const struct key *key,
                               const struct bytes *material, struct spare *spare,
                               const struct message *message, const struct output *output)
{
    unsigned char mac[HMAC_SIZE] = {0};
    if (!output_is_query(output) &&
        !hmac_compute(material, spare, message->data, message->size, mac)) {
        struct reason reason;
        reason_openssl(&reason, "HMAC-SHA-256 failed");
        return fault_external(call, key->path, &reason);
    }
    unsigned int code = output_bytes(output, mac, sizeof mac);
    OPENSSL_cleanse(mac, sizeof mac);
    return code;
}

static unsigned int sign_hmac(const struct call *call, const struct message *message,
                              const struct output *output)
{
    struct key *key = NULL;
    unsigned int code = find_key(call, KEY_SYMMETRIC, key_absent, &key);
    if (code == AZIOT_KEYS_RC_OK)
        code = answer_mac(call, key, &key->material, &key->spare, message, output);
    key_release(key);
    return code;
}

static unsigned int sign_derived(const struct call *call,
                                 const AZIOT_KEYS_SIGN_DERIVED_PARAMETERS *parameters,
                                 const struct message *message, const struct output *output)
{
    if (!argument_pointer("parameters", parameters) ||
        !derive_is_data(parameters->derivation_data, parameters->derivation_data_len))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;
    if (parameters->mechanism != AZIOT_KEYS_SIGN_MECHANISM_HMAC_SHA256)
        return fault_invalid("mechanism", "unrecognized value");

    struct key *base = NULL;
    struct bytes derived = {NULL, 0};
    unsigned int code = find_key(call, KEY_SYMMETRIC, key_absent, &base);
    if (code == AZIOT_KEYS_RC_OK)
        code = derive_from(call, base, parameters->derivation_data,
                           parameters->derivation_data_len, &derived);
    if (code == AZIOT_KEYS_RC_OK)
        code = answer_mac(call, base, &derived, NULL, message, output);
    bytes_wipe(&derived);
    key_release(base);
    return code;
}

static unsigned int sign_ecdsa(const struct call *call, const struct message *message,
                               const struct output *output)
{
    struct key *key = NULL;
    unsigned int code = find_key(call, KEY_PAIR, key_absent, &key);
    if (code == AZIOT_KEYS_RC_OK)
        code = ecdsa_sign(call, key, message->data, message->size, output);
    key_release(key);
    return code;
}

unsigned int sign(const char *id, unsigned int mechanism, const void *parameters,
                  const unsigned char *digest, uintptr_t digest_len, unsigned char *signature,
                  uintptr_t *signature_len)
{
    if (!argument_text("id", id) || !argument_bytes("digest", digest, digest_len) ||
        !argument_pointer("signature_len", signature_len))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;

    struct call call = {"sign", id, NULL};
    struct message message = {digest, digest_len};
    struct output output = {"signature", signature, signature_len};
    switch (mechanism) {
    case AZIOT_KEYS_SIGN_MECHANISM_ECDSA:
        return sign_ecdsa(&call, &message, &output);
    case AZIOT_KEYS_SIGN_MECHANISM_HMAC_SHA256:
        return sign_hmac(&call, &message, &output);
    case AZIOT_KEYS_SIGN_MECHANISM_DERIVED:
        return sign_derived(&call, parameters, &message, &output);
    default:
        return fault_invalid("mechanism", "unrecognized value");
    }
}

unsigned int verify(const char *id, unsigned int mechanism, const void *parameters,
                    const unsigned char *digest, uintptr_t digest_len,
                    const unsigned char *signature, uintptr_t signature_len, int *ok)
{
    (void)parameters;
    if (!argument_text("id", id) || !argument_bytes("digest", digest, digest_len) ||
        !argument_bytes("signature", signature, signature_len) || !argument_pointer("ok", ok))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;
    if (mechanism != AZIOT_KEYS_SIGN_MECHANISM_HMAC_SHA256)
        return fault_invalid("mechanism", "unrecognized value");

    struct call call = {"verify", id, NULL};
    unsigned char mac[HMAC_SIZE];
    struct key *key = NULL;
    unsigned int code = find_key(&call, KEY_SYMMETRIC, key_absent, &key);
    if (code == AZIOT_KEYS_RC_OK &&
        !hmac_compute(&key->material, &key->spare, digest, digest_len, mac)) {
        struct reason reason;
        reason_openssl(&reason, "HMAC-SHA-256 failed");
        code = fault_external(&call, key->path, &reason);
    }
    if (code == AZIOT_KEYS_RC_OK)
        *ok = signature_len == sizeof mac && CRYPTO_memcmp(signature, mac, sizeof mac) == 0;
    OPENSSL_cleanse(mac, sizeof mac);
    key_release(key);
    return code;
}

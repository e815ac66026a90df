/* SPDX-License-Identifier: MIT */

#include "rsa.h"

#include <openssl/rsa.h>
#include <stdlib.h>

#include "aziot-keys.h"

/* What block type 1 adds at least. */
enum { PKCS1_OVERHEAD = 11 };

static bool fits(const struct call *call, const struct key *key, enum rsa_form form, size_t size,
                 size_t modulus_size)
{
    struct reason reason;
    if (form == RSA_FORM_RAW && size != modulus_size)
        reason_set(&reason, "RSA without padding needs %zu bytes, not %zu", modulus_size, size);
    else if (form == RSA_FORM_PKCS1 && size + PKCS1_OVERHEAD > modulus_size)
        reason_set(&reason, "%zu bytes are too long for an RSA key of %zu bytes", size,
                   modulus_size);
    else
        return true;
    fault_external(call, key->path, &reason);
    return false;
}

unsigned int rsa_private_operation(const struct call *call, const struct key *key,
                                   enum rsa_form form, const unsigned char *data, size_t size,
                                   const struct output *output)
{
    if (!EVP_PKEY_is_a(key->pair, "RSA"))
        return fault_invalid("mechanism", "not an RSA key");
    size_t modulus_size = (size_t)EVP_PKEY_get_size(key->pair);
    if (!fits(call, key, form, size, modulus_size))
        return AZIOT_KEYS_RC_ERR_EXTERNAL;
    if (output_is_query(output))
        return output_claim(output, modulus_size);

    struct reason reason;
    unsigned int code;
    int padding = form == RSA_FORM_RAW ? RSA_NO_PADDING : RSA_PKCS1_PADDING;
    size_t written = modulus_size;
    unsigned char *block = malloc(modulus_size);
    EVP_PKEY_CTX *signer = EVP_PKEY_CTX_new_from_pkey(NULL, key->pair, NULL);
    if (block != NULL && signer != NULL && EVP_PKEY_sign_init(signer) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(signer, padding) == 1 &&
        EVP_PKEY_sign(signer, block, &written, data, size) == 1) {
        code = output_bytes(output, block, written);
    } else {
        reason_openssl(&reason, "the RSA operation failed");
        code = fault_external(call, key->path, &reason);
    }
    EVP_PKEY_CTX_free(signer);
    free(block);
    return code;
}

/* SPDX-License-Identifier: MIT */

#include <openssl/crypto.h>
#include <time.h>

#include "aead.h"
#include "argument.h"
#include "aziot-keys.h"
#include "context.h"
#include "derive.h"
#include "find.h"
#include "functions.h"
#include "output.h"
#include "rsa.h"

static const char key_absent[] = "key not found";

/* How often the details of an unsuitable key are repeated, in seconds. */
static const int64_t details_pause = 60;

struct text {
    const unsigned char *data;
    size_t size;
};

/* What the cipher is keyed with, and what it keeps between operations. */
struct material {
    const struct bytes *bytes;
    struct spare *spare;
};

/* One AEAD operation under the bytes of a key or of one derived from it. */
typedef unsigned int aead_operation(const struct call *call, const struct key *key,
                                    const struct material *material,
                                    const struct aead_input *input, const struct text *text,
                                    const struct output *output);

static bool read_aead_parameters(const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS *parameters,
                                 struct aead_input *input)
{
    if (!argument_pointer("parameters", parameters) ||
        !argument_optional_bytes("iv", parameters->iv, parameters->iv_len) ||
        !argument_optional_bytes("aad", parameters->aad, parameters->aad_len))
        return false;
    *input = (struct aead_input){parameters->iv, parameters->iv_len, parameters->aad,
                                 parameters->aad_len};
    return true;
}

static unsigned int refuse_material(const struct call *call, const struct key *key)
{
    struct reason reason;
    if (context_notice_is_due("AEAD", call->id, details_pause))
        reason_set(&reason,
                   "unsuitable key material: found %zu bytes%s, AES-256-GCM needs %d",
                   key->material.size, key->material.size > 0 && key->material.data[0] == '-'
                                           ? " of text" : "", AEAD_KEY_SIZE);
    else
        reason_set(&reason, "unsuitable key material, described before");
    return fault_external(call, key->path, &reason);
}

/* Checks what can be checked before the operation. */
static unsigned int check_aead(const struct call *call, const struct key *key,
                               const struct bytes *material, const struct aead_input *input)
{
    if (material->size != AEAD_KEY_SIZE)
        return refuse_material(call, key);
    if (input->iv_size >= 1 && input->iv_size <= AEAD_IV_LIMIT)
        return AZIOT_KEYS_RC_OK;
    struct reason reason;
    reason_set(&reason, "the IV has %zu bytes; 1 to %d are possible", input->iv_size,
               AEAD_IV_LIMIT);
    return fault_external(call, key->path, &reason);
}

static unsigned int encrypt_with(const struct call *call, const struct key *key,
                                 const struct material *material, const struct aead_input *input,
                                 const struct text *text, const struct output *output)
{
    unsigned int code = check_aead(call, key, material->bytes, input);
    if (code == AZIOT_KEYS_RC_OK)
        code = output_claim(output, text->size + AEAD_OVERHEAD);
    if (code != AZIOT_KEYS_RC_OK || output_is_query(output) ||
        aead_encrypt(material->bytes, material->spare, input, text->data, text->size,
                     output->buffer))
        return code;
    struct reason reason;
    reason_openssl(&reason, "AES-256-GCM failed");
    return fault_external(call, key->path, &reason);
}

static unsigned int refuse_forged(const struct call *call, const struct key *key)
{
    char written[sizeof "2026-05-04T10:11:12Z"] = "";
    struct reason reason;
    struct tm utc;
    if (gmtime_r(&key->written, &utc) == NULL ||
        strftime(written, sizeof written, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        written[0] = '\0';
    reason_set(&reason,
               "ciphertext does not belong to this key or was modified (key written %s)", written);
    return fault_external(call, key->path, &reason);
}

static unsigned int decrypt_with(const struct call *call, const struct key *key,
                                 const struct material *material, const struct aead_input *input,
                                 const struct text *text, const struct output *output)
{
    char buffer[64];
    struct reason reason;
    struct bytes plain = {NULL, 0};
    const char *fault = aead_fault(text->data, text->size, buffer);
    if (fault != NULL)
        return fault_invalid("ciphertext", "%s", fault);
    unsigned int code = check_aead(call, key, material->bytes, input);
    if (code != AZIOT_KEYS_RC_OK)
        return code;
    if (output_is_query(output))
        return output_claim(output, text->size - AEAD_OVERHEAD);
    /* Not into the caller's buffer: nobody shall see bytes before they are authenticated. */
    if (!bytes_reserve(&plain, text->size - AEAD_OVERHEAD))
        return fault_external_text(call, key->path, "out of memory");

    switch (aead_decrypt(material->bytes, material->spare, input, text->data, text->size,
                         plain.data)) {
    case AEAD_OK:
        code = output_bytes(output, plain.data, plain.size);
        break;
    case AEAD_FORGED:
        code = refuse_forged(call, key);
        break;
    case AEAD_FAILED:
        reason_openssl(&reason, "AES-256-GCM failed");
        code = fault_external(call, key->path, &reason);
        break;
    }
    bytes_wipe(&plain);
    return code;
}

static unsigned int run_aead(const struct call *call, aead_operation *operation,
                             const void *parameters, const struct text *text,
                             const struct output *output)
{
    struct aead_input input;
    struct key *key = NULL;
    if (!read_aead_parameters(parameters, &input))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;
    unsigned int code = find_key(call, KEY_SYMMETRIC, key_absent, &key);
    if (code == AZIOT_KEYS_RC_OK) {
        const struct material material = {&key->material, &key->spare};
        code = operation(call, key, &material, &input, text, output);
    }
    key_release(key);
    return code;
}

static unsigned int run_derived(const struct call *call, aead_operation *operation,
                                const AZIOT_KEYS_ENCRYPT_DERIVED_PARAMETERS *parameters,
                                const struct text *text, const struct output *output)
{
    struct aead_input input;
    if (!argument_pointer("parameters", parameters) ||
        !derive_is_data(parameters->derivation_data, parameters->derivation_data_len))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;
    if (parameters->mechanism != AZIOT_KEYS_ENCRYPT_MECHANISM_AEAD)
        return fault_invalid("mechanism", "unrecognized value");
    if (!read_aead_parameters(parameters->parameters, &input))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;

    struct key *base = NULL;
    struct bytes derived = {NULL, 0};
    unsigned int code = find_key(call, KEY_SYMMETRIC, key_absent, &base);
    if (code == AZIOT_KEYS_RC_OK)
        code = derive_from(call, base, parameters->derivation_data,
                           parameters->derivation_data_len, &derived);
    if (code == AZIOT_KEYS_RC_OK) {
        const struct material material = {&derived, NULL};
        code = operation(call, base, &material, &input, text, output);
    }
    bytes_wipe(&derived);
    key_release(base);
    return code;
}

static unsigned int run_rsa(const struct call *call, enum rsa_form form, const struct text *text,
                            const struct output *output)
{
    struct key *key = NULL;
    unsigned int code = find_key(call, KEY_PAIR, key_absent, &key);
    if (code == AZIOT_KEYS_RC_OK)
        code = rsa_private_operation(call, key, form, text->data, text->size, output);
    key_release(key);
    return code;
}

unsigned int encrypt(const char *id, unsigned int mechanism, const void *parameters,
                     const unsigned char *plaintext, uintptr_t plaintext_len,
                     unsigned char *ciphertext, uintptr_t *ciphertext_len)
{
    if (!argument_text("id", id) || !argument_bytes("plaintext", plaintext, plaintext_len) ||
        !argument_pointer("ciphertext_len", ciphertext_len))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;

    struct call call = {"encrypt", id, NULL};
    struct text text = {plaintext, plaintext_len};
    struct output output = {"ciphertext", ciphertext, ciphertext_len};
    switch (mechanism) {
    case AZIOT_KEYS_ENCRYPT_MECHANISM_AEAD:
        return run_aead(&call, encrypt_with, parameters, &text, &output);
    case AZIOT_KEYS_ENCRYPT_MECHANISM_RSA_PKCS1:
        return run_rsa(&call, RSA_FORM_PKCS1, &text, &output);
    case AZIOT_KEYS_ENCRYPT_MECHANISM_RSA_NO_PADDING:
        return run_rsa(&call, RSA_FORM_RAW, &text, &output);
    case AZIOT_KEYS_ENCRYPT_MECHANISM_DERIVED:
        return run_derived(&call, encrypt_with, parameters, &text, &output);
    default:
        return fault_invalid("mechanism", "unrecognized value");
    }
}

unsigned int decrypt(const char *id, unsigned int mechanism, const void *parameters,
                     const unsigned char *ciphertext, uintptr_t ciphertext_len,
                     unsigned char *plaintext, uintptr_t *plaintext_len)
{
    if (!argument_text("id", id) || !argument_bytes("ciphertext", ciphertext, ciphertext_len) ||
        !argument_pointer("plaintext_len", plaintext_len))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;

    struct call call = {"decrypt", id, NULL};
    struct text text = {ciphertext, ciphertext_len};
    struct output output = {"plaintext", plaintext, plaintext_len};
    switch (mechanism) {
    case AZIOT_KEYS_ENCRYPT_MECHANISM_AEAD:
        return run_aead(&call, decrypt_with, parameters, &text, &output);
    case AZIOT_KEYS_ENCRYPT_MECHANISM_DERIVED:
        return run_derived(&call, decrypt_with, parameters, &text, &output);
    default:
        return fault_invalid("mechanism", "unrecognized value");
    }
}

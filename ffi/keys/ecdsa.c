/* SPDX-License-Identifier: MIT */

#include "ecdsa.h"

#include "aziot-keys.h"

/* More than the largest curve of OpenSSL needs. */
enum { SIGNATURE_LIMIT = 512 };

unsigned int ecdsa_sign(const struct call *call, const struct key *key,
                        const unsigned char *digest, size_t size, const struct output *output)
{
    if (!EVP_PKEY_is_a(key->pair, "EC"))
        return fault_invalid("mechanism", "ECDSA needs an EC key pair");
    if (output_is_query(output))
        return output_claim(output, (size_t)EVP_PKEY_get_size(key->pair));

    struct reason reason;
    unsigned char signature[SIGNATURE_LIMIT];
    size_t written = sizeof signature;
    EVP_PKEY_CTX *signer = EVP_PKEY_CTX_new_from_pkey(NULL, key->pair, NULL);
    bool done = signer != NULL && EVP_PKEY_sign_init(signer) == 1 &&
                EVP_PKEY_sign(signer, signature, &written, digest, size) == 1;
    EVP_PKEY_CTX_free(signer);
    if (done)
        return output_bytes(output, signature, written);
    reason_openssl(&reason, "ECDSA failed");
    return fault_external(call, key->path, &reason);
}

/* SPDX-License-Identifier: MIT */

#include "hmac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "context.h"

bool hmac_compute(const struct bytes *key, const void *message, size_t size,
                  unsigned char mac[HMAC_SIZE])
{
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    size_t written = 0;
    EVP_MAC *algorithm = context_get()->hmac;
    EVP_MAC_CTX *hmac = algorithm == NULL ? NULL : EVP_MAC_CTX_new(algorithm);
    bool done = hmac != NULL && EVP_MAC_init(hmac, key->data, key->size, parameters) == 1 &&
                EVP_MAC_update(hmac, message, size) == 1 &&
                EVP_MAC_final(hmac, mac, &written, HMAC_SIZE) == 1 && written == HMAC_SIZE;
    EVP_MAC_CTX_free(hmac);
    return done;
}

/* SPDX-License-Identifier: MIT */

#include "hmac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "context.h"

EVP_MAC_CTX *hmac_prepare(void)
{
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *prepared = algorithm == NULL ? NULL : EVP_MAC_CTX_new(algorithm);
    if (prepared != NULL && EVP_MAC_CTX_set_params(prepared, parameters) != 1) {
        EVP_MAC_CTX_free(prepared);
        prepared = NULL;
    }
    EVP_MAC_free(algorithm);
    return prepared;
}

bool hmac_compute(const struct bytes *key, const void *message, size_t size,
                  unsigned char mac[HMAC_SIZE])
{
    size_t written = 0;
    const EVP_MAC_CTX *prepared = context_get()->hmac;
    EVP_MAC_CTX *hmac = prepared == NULL ? NULL : EVP_MAC_CTX_dup(prepared);
    bool done = hmac != NULL && EVP_MAC_init(hmac, key->data, key->size, NULL) == 1 &&
                EVP_MAC_update(hmac, message, size) == 1 &&
                EVP_MAC_final(hmac, mac, &written, HMAC_SIZE) == 1 && written == HMAC_SIZE;
    EVP_MAC_CTX_free(hmac);
    return done;
}

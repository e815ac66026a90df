/* SPDX-License-Identifier: MIT */

#include "hmac.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

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

static bool start(EVP_MAC_CTX *hmac, const struct bytes *key)
{
    return EVP_MAC_init(hmac, key->data, key->size, NULL) == 1;
}

static bool finish(EVP_MAC_CTX *hmac, const void *message, size_t size,
                   unsigned char mac[HMAC_SIZE])
{
    size_t written = 0;
    return EVP_MAC_update(hmac, message, size) == 1 &&
           EVP_MAC_final(hmac, mac, &written, HMAC_SIZE) == 1 && written == HMAC_SIZE;
}

/* Lets a context with a key in it begin with the next message. */
static bool restart(EVP_MAC_CTX *hmac)
{
    return EVP_MAC_init(hmac, NULL, 0, NULL) == 1;
}

bool hmac_is_reusable(const EVP_MAC_CTX *prepared)
{
    unsigned char bytes[] = "any key and any message";
    const struct bytes key = {bytes, sizeof bytes};
    unsigned char first[HMAC_SIZE];
    unsigned char second[HMAC_SIZE];
    EVP_MAC_CTX *hmac = prepared == NULL ? NULL : EVP_MAC_CTX_dup(prepared);
    bool is_reusable = hmac != NULL && start(hmac, &key) &&
                       finish(hmac, bytes, sizeof bytes, first) && restart(hmac) &&
                       finish(hmac, bytes, sizeof bytes, second) &&
                       memcmp(first, second, sizeof first) == 0;
    EVP_MAC_CTX_free(hmac);
    ERR_clear_error();
    return is_reusable;
}

bool hmac_compute(const struct bytes *key, struct spare *spare, const void *message, size_t size,
                  unsigned char mac[HMAC_SIZE])
{
    const struct context *context = context_get();
    EVP_MAC_CTX *hmac = spare_take_hmac(spare);
    bool is_ready = hmac != NULL;
    if (!is_ready && context->hmac != NULL)
        hmac = EVP_MAC_CTX_dup(context->hmac);
    bool done = hmac != NULL && (is_ready || start(hmac, key)) && finish(hmac, message, size, mac);
    if (done && spare != NULL && context->is_hmac_reusable && restart(hmac))
        spare_keep_hmac(spare, hmac);
    else
        EVP_MAC_CTX_free(hmac);
    return done;
}

/* SPDX-License-Identifier: MIT */

#include "spare.h"

#include <stdatomic.h>
#include <stddef.h>

EVP_MAC_CTX *spare_take_hmac(struct spare *spare)
{
    return spare == NULL ? NULL : atomic_exchange(&spare->hmac, NULL);
}

EVP_CIPHER_CTX *spare_take_gcm(struct spare *spare)
{
    return spare == NULL ? NULL : atomic_exchange(&spare->gcm, NULL);
}

void spare_keep_hmac(struct spare *spare, EVP_MAC_CTX *context)
{
    EVP_MAC_CTX_free(spare == NULL ? context : atomic_exchange(&spare->hmac, context));
}

void spare_keep_gcm(struct spare *spare, EVP_CIPHER_CTX *context)
{
    EVP_CIPHER_CTX_free(spare == NULL ? context : atomic_exchange(&spare->gcm, context));
}

void spare_clear(struct spare *spare)
{
    spare_keep_hmac(spare, NULL);
    spare_keep_gcm(spare, NULL);
}

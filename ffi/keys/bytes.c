/* SPDX-License-Identifier: MIT */

#include "bytes.h"

#include <openssl/crypto.h>
#include <stdlib.h>

bool bytes_reserve(struct bytes *bytes, size_t size)
{
    *bytes = (struct bytes){calloc(size == 0 ? 1 : size, 1), size};
    return bytes->data != NULL;
}

void bytes_wipe(struct bytes *bytes)
{
    if (bytes->data != NULL)
        OPENSSL_cleanse(bytes->data, bytes->size);
    free(bytes->data);
    *bytes = (struct bytes){NULL, 0};
}

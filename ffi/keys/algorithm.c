/* SPDX-License-Identifier: MIT */

#include "algorithm.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <string.h>

static enum algorithm named(const char *name, size_t size)
{
    static const struct {
        const char *name;
        enum algorithm algorithm;
    } known[] = {
        {"*", ALGORITHM_EC_P256},
        {"ec-p256", ALGORITHM_EC_P256},
        {"rsa-2048", ALGORITHM_RSA_2048},
        {"rsa-4096", ALGORITHM_RSA_4096},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strlen(known[i].name) == size && memcmp(known[i].name, name, size) == 0)
            return known[i].algorithm;
    return ALGORITHM_NONE;
}

enum algorithm algorithm_preferred(const char *list)
{
    if (list == NULL)
        list = "*";
    for (;;) {
        size_t size = strcspn(list, ":");
        enum algorithm algorithm = named(list, size);
        if (algorithm != ALGORITHM_NONE || list[size] == '\0')
            return algorithm;
        list += size + 1;
    }
}

EVP_PKEY *algorithm_generate(enum algorithm algorithm)
{
    switch (algorithm) {
    case ALGORITHM_EC_P256:
        return EVP_EC_gen("P-256");
    case ALGORITHM_RSA_2048:
        return EVP_RSA_gen(2048);
    case ALGORITHM_RSA_4096:
        return EVP_RSA_gen(4096);
    case ALGORITHM_NONE:
        break;
    }
    return NULL;
}

/* SPDX-License-Identifier: MIT */

#include "file_name.h"

#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char suffix[] = ".key";

/* isalnum() would ask the locale. */
static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

char *file_name_of(const char *directory, const char *id)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[SHA256_DIGEST_LENGTH];
    size_t id_size = strlen(id);
    if (SHA256((const unsigned char *)id, id_size, digest) == NULL)
        return NULL;

    size_t directory_size = strlen(directory);
    char *path = malloc(directory_size + 1 + id_size + 1 + 2 * sizeof digest + sizeof suffix);
    if (path == NULL)
        return NULL;
    memcpy(path, directory, directory_size);
    char *at = path + directory_size;
    *at++ = '/';
    for (const char *c = id; *c != '\0'; c++)
        if (is_alphanumeric(*c))
            *at++ = *c;
    *at++ = '-';
    for (size_t i = 0; i < sizeof digest; i++) {
        *at++ = hex[digest[i] >> 4];
        *at++ = hex[digest[i] & 0x0f];
    }
    memcpy(at, suffix, sizeof suffix);
    return path;
}

/* SPDX-License-Identifier: MIT */

#include "pem_block.h"

#include <openssl/evp.h>
#include <string.h>

static const char begin[] = "-----BEGIN ";
static const char end[] = "-----END ";
static const char dashes[] = "-----";
static const char private_key[] = "PRIVATE KEY";

enum { BEGIN = sizeof begin - 1, END = sizeof end - 1, DASHES = sizeof dashes - 1 };

static bool is_private(const char *label, size_t size)
{
    size_t wanted = sizeof private_key - 1;
    return size >= wanted && memcmp(label + size - wanted, private_key, wanted) == 0;
}

bool pem_block_find(const struct bytes *text, struct pem_block *block)
{
    const char *at = (const char *)text->data;
    const char *stop = at + text->size;
    while ((at = memmem(at, (size_t)(stop - at), begin, BEGIN)) != NULL) {
        at += BEGIN;
        const char *label_end = memmem(at, (size_t)(stop - at), dashes, DASHES);
        if (label_end == NULL)
            return false;
        block->label = at;
        block->label_size = (size_t)(label_end - at);
        block->body = label_end + DASHES;
        at = block->body;
        if (!is_private(block->label, block->label_size))
            continue;
        const char *body_end = memmem(at, (size_t)(stop - at), end, END);
        if (body_end == NULL)
            return false;
        block->body_size = (size_t)(body_end - at);
        return true;
    }
    return false;
}

bool pem_block_is(const struct pem_block *block, const char *label)
{
    return block->label_size == strlen(label) &&
           memcmp(block->label, label, block->label_size) == 0;
}

bool pem_block_decode(const struct pem_block *block, struct bytes *der)
{
    struct bytes letters;
    size_t count = 0;
    size_t padding = 0;
    bool decoded = false;
    *der = (struct bytes){NULL, 0};
    if (!bytes_reserve(&letters, block->body_size))
        return false;
    for (size_t i = 0; i < block->body_size; i++) {
        char c = block->body[i];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            continue;
        padding += c == '=';
        letters.data[count++] = (unsigned char)c;
    }
    /* EVP_DecodeBlock() keeps no copy, unlike the functions that decode piece by piece; it counts
     * padding as bytes and takes it anywhere. */
    if (count == 0 || count % 4 != 0 || padding > 2 ||
        memchr(letters.data, '=', count - padding) != NULL || !bytes_reserve(der, count / 4 * 3))
        goto done;
    int size = EVP_DecodeBlock(der->data, letters.data, (int)count);
    decoded = size == (int)der->size;
    der->size -= decoded ? padding : 0;

done:
    if (!decoded)
        bytes_wipe(der);
    bytes_wipe(&letters);
    return decoded;
}

/* SPDX-License-Identifier: MIT */

#include "der.h"

#include <string.h>

/* Reads a definite length in its shortest form. */
static bool read_length(struct der *from, size_t *length)
{
    if (from->left == 0)
        return false;
    unsigned char first = *from->at++;
    from->left--;
    if (first < 0x80) {
        *length = first;
        return true;
    }
    size_t count = first & 0x7f;
    /* Key files are smaller than 2^24 bytes. */
    if (count == 0 || count > 3 || count > from->left || *from->at == 0)
        return false;
    *length = 0;
    for (; count > 0; count--) {
        *length = *length << 8 | *from->at++;
        from->left--;
    }
    return *length >= 0x80;
}

bool der_read(struct der *from, enum der_tag tag, struct der *content)
{
    struct der rest = *from;
    size_t length;
    if (rest.left == 0 || *rest.at != tag)
        return false;
    rest.at++;
    rest.left--;
    if (!read_length(&rest, &length) || length > rest.left)
        return false;
    *content = (struct der){rest.at, length};
    *from = (struct der){rest.at + length, rest.left - length};
    return true;
}

bool der_read_number(struct der *from, struct der *number)
{
    if (!der_read(from, DER_INTEGER, number) || number->left == 0 || *number->at >= 0x80)
        return false;
    while (number->left > 1 && *number->at == 0) {
        number->at++;
        number->left--;
    }
    return true;
}

bool der_read_version(struct der *from, unsigned char version)
{
    struct der number;
    return der_read_number(from, &number) && number.left == 1 && *number.at == version;
}

bool der_is(const struct der *content, const void *bytes, size_t size)
{
    return content->left == size && memcmp(content->at, bytes, size) == 0;
}

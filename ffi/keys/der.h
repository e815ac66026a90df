/* SPDX-License-Identifier: MIT */

#ifndef DER_H
#define DER_H

#include <stdbool.h>
#include <stddef.h>

/* Reads DER in place: nothing is copied, so nothing has to be wiped. */

enum der_tag {
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_OBJECT = 0x06,
    DER_SEQUENCE = 0x30,
    DER_CONTEXT_0 = 0xa0,
};

/* What has not been read yet. */
struct der {
    const unsigned char *at;
    size_t left;
};

/* Reads the next element if it has this tag, otherwise answers false and moves nothing. */
bool der_read(struct der *from, enum der_tag tag, struct der *content);

/* Reads an unsigned INTEGER without its leading zeros. */
bool der_read_number(struct der *from, struct der *number);

/* Reads an INTEGER that has to be this small number. */
bool der_read_version(struct der *from, unsigned char version);

/* Whether these are the content bytes of an OBJECT IDENTIFIER. */
bool der_is(const struct der *content, const void *bytes, size_t size);

#endif

/* SPDX-License-Identifier: MIT */

#include "percent.h"

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

size_t percent_decode(const char *text, size_t size, char *out)
{
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '%' && size - i > 2 && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
            out[used++] = (char)(unsigned char)(digit(text[i + 1]) * 16 + digit(text[i + 2]));
            i += 2;
        } else {
            out[used++] = text[i];
        }
    }
    return used;
}

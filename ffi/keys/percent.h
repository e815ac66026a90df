/* SPDX-License-Identifier: MIT */

#ifndef PERCENT_H
#define PERCENT_H

#include <stddef.h>

/* Percent-decodes `size` characters into `out`, which has room for as many, and answers how many
 * bytes came out. A percent sign without two hexadecimal digits stands for itself. */
size_t percent_decode(const char *text, size_t size, char *out);

#endif

/* SPDX-License-Identifier: MIT */

#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>

/* Whether a string is UTF-8 as RFC 3629 defines it: no surrogates, no overlong forms. */
bool text_is_utf8(const char *text);

#endif

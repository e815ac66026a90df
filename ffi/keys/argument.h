/* SPDX-License-Identifier: MIT */

#ifndef ARGUMENT_H
#define ARGUMENT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Checks of arguments that every function shares. Each logs what is wrong; `name` is what the
 * public header calls the argument. Each answers whether the argument is good.
 */

/* A string: not NULL, UTF-8. */
bool argument_text(const char *name, const char *text);

/* Mandatory bytes: not NULL even when there are none, and not longer than any real input. */
bool argument_bytes(const char *name, const void *bytes, uintptr_t size);

/* Bytes that may be NULL when there are none. */
bool argument_optional_bytes(const char *name, const void *bytes, uintptr_t size);

/* A pointer that is not NULL. */
bool argument_pointer(const char *name, const void *pointer);

#endif

/* SPDX-License-Identifier: MIT */
/* Numbers instead of pointers for what the caller holds; see atls.h. */
#ifndef ATLS_HANDLES_H
#define ATLS_HANDLES_H

#include <stdint.h>

enum handle_kind { HANDLE_FREE = 0, HANDLE_CONTEXT, HANDLE_CONNECTION };

/* Gives object a number, never 0; 0 when the thread's table is full. */
uint32_t handle_add(enum handle_kind kind, void *object);

/* The object of that number and kind, or NULL. */
void *handle_find(uint32_t handle, enum handle_kind kind);

/* The same, and the number is no longer valid afterwards. */
void *handle_take(uint32_t handle, enum handle_kind kind);

#endif

/* SPDX-License-Identifier: MIT */

#ifndef OVERLAP_H
#define OVERLAP_H

#include <stdbool.h>

/* Whether the shared object that this function belongs to has the ELF note of aziot-keys.h that
 * allows calls to overlap. */
bool overlap_is_allowed(const void *function);

#endif

/* SPDX-License-Identifier: MIT */

#ifndef DIRECTORY_H
#define DIRECTORY_H

#include <stdbool.h>

#include "fault.h"

enum { TEMPORARY_NAME_SIZE = sizeof ".aziot-keys-0123456789abcdef.tmp" };

/* Makes the directory of the keys, mode 0700, and what is missing above it. One of ours that others
 * may enter is closed to them. */
bool directory_prepare(const char *path, struct reason *reason);

/* Removes what writes that a crash cut short have left in a directory: temporary files of this
 * process's user. */
void directory_sweep(const char *path);

/* The same in the directory of a file. */
void directory_sweep_parent(const char *path);

/* Makes up the name of a temporary file: short, since the final name may already be as long as a
 * name can be. False when there is no randomness. */
bool directory_temporary_name(char name[TEMPORARY_NAME_SIZE]);

/* Opens the directory of a file, to name the file's neighbours by and to sync; -1 with errno. */
int directory_open_parent(const char *path);

/* What follows the last slash of a path. */
const char *directory_base_name(const char *path);

#endif

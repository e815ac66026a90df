/* SPDX-License-Identifier: MIT */

#ifndef STORE_H
#define STORE_H

#include "find.h"
#include "key_file.h"

/* Changes of the files, each of which also makes the cache forget. Each logs a failure and answers
 * the result code. */

/* One change at a time: hold this from looking for a key to having written it. */
void store_lock(void);
void store_unlock(void);

/* Writes the file of a key; `store_lock` is held. */
unsigned int store_write(const struct call *call, const struct location *location,
                         enum key_file_mode mode, const struct bytes *bytes);

/* Removes the file of a key; a missing one is fine. */
unsigned int store_delete(const struct call *call);

/* Renames the file of the call's key to that of the key id `to`. */
unsigned int store_move(const struct call *call, const char *to);

#endif

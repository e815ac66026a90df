/* SPDX-License-Identifier: MIT */

#ifndef KEY_FILE_H
#define KEY_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "bytes.h"
#include "fault.h"

/* The largest key file that is read and the largest key that is stored. */
enum { KEY_FILE_LIMIT = 64 * 1024 };

enum key_file_state { KEY_FILE_READ, KEY_FILE_ABSENT, KEY_FILE_EMPTY, KEY_FILE_REFUSED };

/* Reads a key file whole. `status` is what the file looked like meanwhile. Anything but a regular
 * file of sensible size is refused without being opened: a FIFO would block for ever. Empty and
 * refused come with a reason. `is_private`: the file lies in our own directory, so one of ours that
 * others may read is closed to them. */
enum key_file_state key_file_read(const char *path, bool is_private, struct bytes *bytes,
                                  struct stat *status, struct reason *reason);

/* How a write treats what is there. */
enum key_file_mode {
    /* A key that is there, or has just appeared, is kept; an empty file is replaced. */
    KEY_FILE_CREATE,
    /* Whatever is there is replaced. */
    KEY_FILE_REPLACE,
};

/* Writes a key file so that a crash at any moment leaves the old content or the new, and a power
 * cut afterwards the new. Symbolic links are followed. The mode is 0600; outside our own directory
 * an existing file keeps its mode and, if possible, its owner. */
bool key_file_write(const char *path, bool is_private, enum key_file_mode mode,
                    const struct bytes *bytes, struct reason *reason);

/* Removes a key file for good; true also when there is none, which `existed` tells. */
bool key_file_remove(const char *path, bool *existed, struct reason *reason);

/* Renames a key file for good, over one that has the name. */
bool key_file_rename(const char *from, const char *to, struct reason *reason);

#endif

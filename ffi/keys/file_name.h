/* SPDX-License-Identifier: MIT */

#ifndef FILE_NAME_H
#define FILE_NAME_H

/*
 * The path of the file that holds a key which is not preloaded:
 * `<directory>/<letters and digits of the id>-<SHA-256 of the id in hex>.key`. The caller frees
 * it; NULL when there is no memory.
 */
char *file_name_of(const char *directory, const char *id);

#endif

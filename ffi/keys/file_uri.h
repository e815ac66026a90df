/* SPDX-License-Identifier: MIT */

#ifndef FILE_URI_H
#define FILE_URI_H

/*
 * Turns the part of a `file:` URI after the colon into an absolute path, as browsers read such
 * URIs: `/x`, `x` and `///x` are all `/x`, dot segments collapse, query and fragment do not count,
 * a backslash is a slash, tabs and line ends are dropped, the host is empty or localhost.
 * Answers NULL and the path, which the caller frees, or why the URI is refused.
 */
const char *file_uri_path(const char *after_scheme, char **path);

#endif

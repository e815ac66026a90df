/* SPDX-License-Identifier: MIT */

#ifndef LOG_FILTER_H
#define LOG_FILTER_H

/*
 * Reads a filter as the daemons do: entries `level` or `target=level` separated by commas, levels
 * in any case, a target matching by prefix, the longest match winning, a word that is no level
 * standing for that target at trace. Answers how many of error, warn, info, debug, trace pass for
 * `target` (0: none, 3 without an entry). Entries that cannot be read are left to the daemon to
 * complain about.
 */
int log_filter_verbosity(const char *filter, const char *target);

#endif

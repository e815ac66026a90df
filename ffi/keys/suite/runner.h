/* SPDX-License-Identifier: MIT */

#ifndef RUNNER_H
#define RUNNER_H

#include <stdarg.h>

#include "check.h"

/* Notes that the running check has failed, with a line of explanation. */
void runner_fail(const char *format, va_list arguments);

/* The file that collects what the library writes to stderr during the running check. */
const char *runner_record_path(void);

/* Runs a check in a process of its own, prints its line of the report, and says whether it
 * passed. */
bool runner_run(const struct check *check);

/* Loads the library under test without calling it; false with the reason printed. */
bool runner_load(const char *path);

#endif

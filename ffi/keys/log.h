/* SPDX-License-Identifier: MIT */

#ifndef LOG_H
#define LOG_H

/*
 * One line a record on stderr, in the format of the daemons:
 * `<3>2026-05-04T10:11:12Z [ERR!] - message`.
 */

enum log_level { LOG_LEVEL_ERROR = 1, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Reads the filter: the value of AZIOT_LOG, or NULL for the default. Call it before the rest. */
void log_setup(const char *filter);

/* Writes a record if the filter lets it pass. Control characters of the text become spaces, so
 * that a key id cannot forge a record. Never pass key bytes, PINs or messages. */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

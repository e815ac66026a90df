/* SPDX-License-Identifier: MIT */

#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log_filter.h"

/* What AZIOT_LOG calls this library. */
#define TARGET "aziot_keys"

static const struct {
    int priority;
    const char *label;
    const char *origin;
} records[] = {
    [LOG_LEVEL_ERROR] = {3, "ERR!", ""},
    [LOG_LEVEL_WARN] = {4, "WARN", ""},
    [LOG_LEVEL_INFO] = {6, "INFO", ""},
    [LOG_LEVEL_DEBUG] = {7, "DBUG", "[" TARGET "] "},
};

/* Longer messages are cut: ids come from callers, and nobody reads a record of a megabyte. */
enum { LONGEST = 8192 };

static int verbosity = LOG_LEVEL_INFO;

void log_setup(const char *filter)
{
    verbosity = log_filter_verbosity(filter == NULL ? "" : filter, TARGET);
}

static void write_whole(const char *text, size_t size)
{
    while (size > 0) {
        ssize_t written = write(STDERR_FILENO, text, size);
        if (written < 0 && errno == EINTR)
            continue;
        /* Nobody is left to be told. */
        if (written <= 0)
            return;
        text += written;
        size -= (size_t)written;
    }
}

/* Cuts a message in front of a character, not in one. */
static void cut(char *message, size_t size)
{
    size_t end = LONGEST;
    if (size <= LONGEST)
        return;
    while (end > 0 && ((unsigned char)message[end] & 0xc0) == 0x80)
        end--;
    message[end] = '\0';
}

/* Whether a control character begins here, U+0080 to U+009F included: journald hides such records. */
static bool is_control(const char *at)
{
    unsigned char first = (unsigned char)at[0], second = (unsigned char)at[1];
    return first < ' ' || first == 0x7f || (first == 0xc2 && second >= 0x80 && second <= 0x9f);
}

/* One line, and nothing in it that could end the record or move a terminal. */
static void blank_controls(char *message)
{
    for (char *at = message; *at != '\0'; at++) {
        if (!is_control(at))
            continue;
        if ((unsigned char)at[0] == 0xc2)
            *at++ = ' ';
        *at = ' ';
    }
}

void log_write(enum log_level level, const char *format, ...)
{
    if ((int)level > verbosity)
        return;

    char *message = NULL;
    va_list arguments;
    va_start(arguments, format);
    int size = vasprintf(&message, format, arguments);
    va_end(arguments);
    if (size < 0)
        return;
    cut(message, (size_t)size);
    blank_controls(message);

    char now[sizeof "2026-05-04T10:11:12"];
    struct tm utc;
    time_t seconds = time(NULL);
    if (gmtime_r(&seconds, &utc) == NULL ||
        strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%S", &utc) == 0)
        now[0] = '\0';

    char *record = NULL;
    size = asprintf(&record, "<%d>%sZ [%s] - %s%s\n", records[level].priority, now,
                    records[level].label, records[level].origin, message);
    /* One write: records of several threads must not mix. */
    if (size > 0)
        write_whole(record, (size_t)size);
    free(size < 0 ? NULL : record);
    free(message);
}

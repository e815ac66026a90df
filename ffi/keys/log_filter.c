/* SPDX-License-Identifier: MIT */

#include "log_filter.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const char *const levels[] = {"off", "error", "warn", "info", "debug", "trace"};

enum { UNKNOWN = -1, INFO = 3, TRACE = 5 };

struct span {
    const char *start;
    size_t size;
};

static struct span trimmed(struct span text)
{
    while (text.size > 0 && strchr(" \t\r\n", text.start[0]) != NULL) {
        text.start++;
        text.size--;
    }
    while (text.size > 0 && strchr(" \t\r\n", text.start[text.size - 1]) != NULL)
        text.size--;
    return text;
}

static int level_of(struct span text)
{
    for (int level = 0; level <= TRACE; level++)
        if (strlen(levels[level]) == text.size &&
            strncasecmp(levels[level], text.start, text.size) == 0)
            return level;
    return UNKNOWN;
}

/* Splits one entry into its target (empty: every target) and its level. */
static bool read_entry(struct span entry, struct span *target, int *level)
{
    const char *equals = memchr(entry.start, '=', entry.size);
    *target = (struct span){entry.start, 0};
    if (equals == NULL) {
        *level = level_of(entry);
        if (*level == UNKNOWN) {
            *target = entry;
            *level = TRACE;
        }
        return true;
    }
    target->size = (size_t)(equals - entry.start);
    struct span right = {equals + 1, entry.size - target->size - 1};
    *level = right.size == 0 ? TRACE : level_of(right);
    return *level != UNKNOWN;
}

int log_filter_verbosity(const char *filter, const char *target)
{
    int verbosity = INFO;
    size_t best = 0;
    /* A slash starts a message filter, which the daemons do not support. */
    const char *end = filter + strcspn(filter, "/");
    for (const char *at = filter; at < end; at++) {
        size_t size = strcspn(at, ",/");
        struct span entry = trimmed((struct span){at, size});
        struct span prefix;
        int level;
        if (entry.size > 0 && read_entry(entry, &prefix, &level) && prefix.size >= best &&
            strncmp(target, prefix.start, prefix.size) == 0) {
            best = prefix.size;
            verbosity = level;
        }
        at += size;
    }
    return verbosity;
}

/* SPDX-License-Identifier: MIT */

#include "file_uri.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "percent.h"

/* A copy without what may stand around and between the characters of a URI, cut at its query, all
 * slashes leaning forward. */
static char *cleaned(const char *text)
{
    size_t size = strcspn(text, "?#");
    /* Blanks at the end of the whole URI are dropped, before a query they are part of the path. */
    bool is_end = text[size] == '\0';
    while (is_end && size > 0 && (unsigned char)text[size - 1] <= ' ')
        size--;
    char *copy = malloc(size + 1);
    if (copy == NULL)
        return NULL;
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        if (strchr("\t\r\n", text[i]) == NULL)
            copy[used++] = text[i] == '\\' ? '/' : text[i];
    }
    copy[used] = '\0';
    return copy;
}

static bool has_good_host(const char *host, size_t size)
{
    static const char local[] = "localhost";
    return size == 0 || (size == sizeof local - 1 && strncasecmp(host, local, size) == 0);
}

/* How many dots a segment stands for, 0 when it is an ordinary one. A dot may be encoded. */
static unsigned int dots_of(const char *segment, size_t size)
{
    unsigned int dots = 0;
    while (size > 0) {
        size_t step = *segment == '.'                                            ? 1
                      : size >= 3 && strncasecmp(segment, "%2e", 3) == 0 ? 3
                                                                                 : 0;
        if (step == 0 || ++dots > 2)
            return 0;
        segment += step;
        size -= step;
    }
    return dots;
}

/* Appends the decoded segments to `path`, which has room for all of them. */
static bool join_segments(const char *at, char *path)
{
    size_t used = 0;
    for (;;) {
        size_t size = strcspn(at, "/");
        bool is_last = at[size] == '\0';
        unsigned int dots = dots_of(at, size);
        if (dots == 2)
            while (used > 0 && path[--used] != '/')
                ;
        if (dots == 0) {
            path[used++] = '/';
            used += percent_decode(at, size, path + used);
        } else if (is_last) {
            path[used++] = '/';
        }
        if (is_last)
            break;
        at += size + 1;
    }
    path[used] = '\0';
    /* An encoded NUL cannot be part of a path. */
    return strlen(path) == used;
}

const char *file_uri_path(const char *after_scheme, char **path)
{
    const char *fault = "out of memory";
    char *joined = NULL;
    char *clean = cleaned(after_scheme);
    if (clean == NULL)
        goto done;
    /* A slash before and one after: the longest that joining makes of it. */
    joined = malloc(strlen(clean) + 3);
    if (joined == NULL)
        goto done;

    fault = "cannot convert to file path";
    const char *at = clean;
    if (at[0] == '/' && at[1] == '/') {
        size_t host_size = strcspn(at + 2, "/");
        if (!has_good_host(at + 2, host_size))
            goto done;
        at += 2 + host_size;
    }
    if (*at == '/')
        at++;
    if (!join_segments(at, joined))
        goto done;
    fault = NULL;

done:
    free(clean);
    if (fault == NULL)
        *path = joined;
    else
        free(joined);
    return fault;
}

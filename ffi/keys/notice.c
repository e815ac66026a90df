/* SPDX-License-Identifier: MIT */

#include "notice.h"

#include <stddef.h>
#include <time.h>

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return (hash ^ 0xff) * 1099511628211u;
}

bool notice_is_due(struct notices *notices, const char *what, const char *id, int64_t pause)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t hash = hash_text(hash_text(14695981039346656037u, what), id);
    size_t oldest = 0;
    for (size_t i = 0; i < NOTICE_COUNT; i++) {
        if (notices->entries[i].hash == hash) {
            if (pause == NOTICE_ONCE || now.tv_sec - notices->entries[i].said < pause)
                return false;
            oldest = i;
            break;
        }
        if (notices->entries[i].said < notices->entries[oldest].said)
            oldest = i;
    }
    notices->entries[oldest].hash = hash;
    notices->entries[oldest].said = now.tv_sec;
    return true;
}

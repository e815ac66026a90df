/* SPDX-License-Identifier: MIT */

/*
 * Feeds a target with inputs made by changing good ones.
 *
 *     keys_fuzz TARGET RUNS SEED     the same SEED gives the same inputs
 *     keys_fuzz TARGET inputs DIR    writes the good ones to files, for libfuzzer.c to begin with
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "targets.h"

enum { INPUT_LIMIT = 1024 };

static uint64_t state;

/* xorshift64*; a number below `limit`. */
static size_t random_below(size_t limit)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return limit == 0 ? 0 : (size_t)((state * 2685821657736338717u) >> 33) % limit;
}

static size_t change(uint8_t *data, size_t size)
{
    static const char *const pieces[] = {"%", "%2e", "..", "/", "=", "\xff", "\n", "-----BEGIN ",
                                         "-----END ", "?", "AAAA", "\x30\x82", ";", ":"};
    size_t at = random_below(size + 1);
    switch (random_below(6)) {
    case 0:
        if (at < size)
            data[at] ^= (uint8_t)(1 << random_below(8));
        return size;
    case 1:
        if (at < size)
            data[at] = (uint8_t)random_below(256);
        return size;
    case 2: {
        size_t cut = random_below(size - at + 1);
        memmove(data + at, data + at + cut, size - at - cut);
        return size - cut;
    }
    case 3: {
        size_t count = random_below(8);
        if (size + count > INPUT_LIMIT)
            return size;
        memmove(data + at + count, data + at, size - at);
        for (size_t i = 0; i < count; i++)
            data[at + i] = (uint8_t)random_below(256);
        return size + count;
    }
    case 4: {
        const char *piece = pieces[random_below(sizeof pieces / sizeof pieces[0])];
        size_t count = strlen(piece);
        if (size + count > INPUT_LIMIT)
            return size;
        memmove(data + at + count, data + at, size - at);
        memcpy(data + at, piece, count);
        return size + count;
    }
    default:
        return at;
    }
}

static void feed(const struct target *target, unsigned long runs)
{
    static uint8_t data[INPUT_LIMIT];
    size_t seeds = 0;
    while (target->seeds[seeds] != NULL)
        seeds++;
    for (unsigned long run = 0; run < runs; run++) {
        const char *seed = target->seeds[random_below(seeds)];
        size_t size = strlen(seed);
        memcpy(data, seed, size);
        for (size_t changes = random_below(6); changes > 0; changes--)
            size = change(data, size);
        target->run(data, size);
    }
}

static int write_inputs(const struct target *target, const char *directory)
{
    for (size_t i = 0; target->seeds[i] != NULL; i++) {
        char path[4200];
        snprintf(path, sizeof path, "%s/%zu", directory, i);
        FILE *file = fopen(path, "w");
        if (file == NULL)
            return 1;
        size_t size = strlen(target->seeds[i]);
        int written = fwrite(target->seeds[i], 1, size, file) == size;
        if (fclose(file) != 0 || !written)
            return 1;
    }
    return 0;
}

int main(int count, char *arguments[])
{
    if (count == 4) {
        state = strtoull(arguments[3], NULL, 10) * 2 + 1;
        for (const struct target *target = targets; target->name != NULL; target++) {
            if (strcmp(target->name, arguments[1]) != 0)
                continue;
            if (strcmp(arguments[2], "inputs") == 0)
                return write_inputs(target, arguments[3]);
            feed(target, strtoul(arguments[2], NULL, 10));
            printf("%s: %s inputs from seed %s\n", target->name, arguments[2], arguments[3]);
            return 0;
        }
    }
    fprintf(stderr, "usage: keys_fuzz TARGET RUNS SEED | TARGET inputs DIR\n");
    return 2;
}

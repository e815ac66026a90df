/* SPDX-License-Identifier: MIT */

/*
 * Changes a store of keys until it is killed, and says afterwards whether the store is whole.
 *
 *     keys_worker LIBRARY HOME work OPERATION      prints a line when it begins and after each round
 *     keys_worker LIBRARY HOME verify OPERATION N  N: how many rounds were reported done
 *     keys_worker LIBRARY HOME once OPERATION      prepares and does one round, for a look at its
 *                                                  system calls, which begin behind a getppid()
 *     keys_worker LIBRARY HOME use                 uses what `once import` has imported
 */

#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aziot-keys.h"

enum { POINT_SIZE = 33, MAX_SIZE = 16 * 1024 };

static const AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 *keys;
static const char *home;
static unsigned int failures;

static void fail(const char *what, unsigned int round)
{
    printf("%s in round %u\n", what, round);
    failures++;
}

static void check(unsigned int code, const char *what, unsigned int round)
{
    if (code == 0)
        return;
    printf("%s in round %u answered %u\n", what, round, code);
    failures++;
}

static const char *numbered(const char *name, unsigned int round)
{
    static char id[32];
    snprintf(id, sizeof id, "%s-%u", name, round);
    return id;
}

static void set_up_nothing(void)
{
}

static void create_key(unsigned int round)
{
    check(keys->create_key_if_not_exists(numbered("made", round), 1), "create key", round);
}

/* What was reported is there; what was interrupted is there whole or not at all. */
static void verify_key(unsigned int rounds)
{
    for (unsigned int round = 0; round < rounds; round++)
        check(keys->load_key(numbered("made", round)), "load key", round);
    if (keys->load_key(numbered("made", rounds)) > 1)
        fail("a torn key", rounds);
}

static void create_pair(unsigned int round)
{
    check(keys->create_key_pair_if_not_exists(numbered("pair", round), "ec-p256"), "create key pair",
          round);
}

static void verify_pair(unsigned int rounds)
{
    for (unsigned int round = 0; round < rounds; round++)
        check(keys->load_key_pair(numbered("pair", round)), "load key pair", round);
    if (keys->load_key_pair(numbered("pair", rounds)) > 1)
        fail("a torn key pair", rounds);
}

/* The bytes that a round imports, several pages of them: their number and each tells the round. */
static uintptr_t imported(unsigned int round, unsigned char bytes[MAX_SIZE])
{
    uintptr_t size = 9000 + round % 200 * 31;
    memset(bytes, (int)(round % 251), size);
    return size;
}

static void import_key(unsigned int round)
{
    unsigned char bytes[MAX_SIZE];
    check(keys->import_key("imported", bytes, imported(round, bytes), 1), "import key", round);
}

/* Whether HMAC with the key `imported` is what the bytes of this round give. */
static int is_imported(unsigned int round)
{
    unsigned char bytes[MAX_SIZE];
    unsigned char actual[32];
    unsigned char expected[32];
    uintptr_t size = sizeof actual;
    check(keys->import_key("expected", bytes, imported(round, bytes), 1), "import key", round);
    check(keys->derive_key("expected", bytes, 0, expected, &size), "derive key", round);
    check(keys->derive_key("imported", bytes, 0, actual, &size), "derive key", round);
    return memcmp(actual, expected, sizeof actual) == 0;
}

static void verify_import(unsigned int rounds)
{
    if (rounds > 0 && !is_imported(rounds - 1) && !is_imported(rounds))
        fail("the imported key is neither the old one nor the new", rounds);
    if (rounds == 0 && keys->load_key("imported") > 1)
        fail("a torn key", rounds);
}

static const char *const ends[] = {"here", "there"};

static const char *point_path(void)
{
    static char path[4200];
    snprintf(path, sizeof path, "%s/point", home);
    return path;
}

/* Makes the pair that goes to and fro, and remembers outside the store which it is. */
static void set_up_move(void)
{
    unsigned char point[POINT_SIZE];
    uintptr_t size = sizeof point;
    check(keys->create_key_pair_if_not_exists(ends[0], "ec-p256"), "create key pair", 0);
    check(keys->get_key_pair_parameter(ends[0], 3, point, &size), "parameter", 0);
    FILE *file = fopen(point_path(), "w");
    if (file == NULL || fwrite(point, 1, sizeof point, file) != sizeof point || fclose(file) != 0)
        fail("writing the point", 0);
}

static void move_pair(unsigned int round)
{
    check(keys->move_key_pair(ends[round % 2], ends[1 - round % 2]), "move key pair", round);
}

/* The pair is in exactly one place, and which is no more than one round off. */
static void verify_move(unsigned int rounds)
{
    unsigned char expected[POINT_SIZE];
    unsigned int found = 0;
    unsigned int place = 0;
    FILE *file = fopen(point_path(), "r");
    if (file == NULL || fread(expected, 1, sizeof expected, file) != sizeof expected)
        fail("reading the point", 0);
    if (file != NULL)
        fclose(file);
    for (unsigned int end = 0; end < 2; end++) {
        unsigned char point[POINT_SIZE];
        uintptr_t size = sizeof point;
        unsigned int code = keys->get_key_pair_parameter(ends[end], 3, point, &size);
        if (code > 1)
            check(code, "parameter", rounds);
        if (code != 0)
            continue;
        found++;
        place = end;
        if (memcmp(point, expected, sizeof point) != 0)
            fail("another key pair", rounds);
    }
    if (found != 1)
        fail("the pair is not in exactly one place", rounds);
    if (place != rounds % 2 && place != (rounds + 1) % 2)
        fail("the pair is in a wrong place", rounds);
}

static void set_up_delete(void)
{
    check(keys->create_key_if_not_exists(numbered("doomed", 0), 1), "create key", 0);
}

static void delete_key(unsigned int round)
{
    check(keys->delete_key(numbered("doomed", round)), "delete key", round);
    check(keys->create_key_if_not_exists(numbered("doomed", round + 1), 1), "create key", round);
}

static void verify_delete(unsigned int rounds)
{
    for (unsigned int round = 0; round < rounds; round++)
        if (keys->load_key(numbered("doomed", round)) != 1)
            fail("a deleted key is there", round);
    for (unsigned int round = rounds; round < rounds + 2; round++)
        if (keys->load_key(numbered("doomed", round)) > 1)
            fail("a torn key", round);
}

static const struct operation {
    const char *name;
    void (*set_up)(void);
    void (*change)(unsigned int round);
    void (*verify)(unsigned int rounds);
} operations[] = {
    {"create-key", set_up_nothing, create_key, verify_key},
    {"create-key-pair", set_up_nothing, create_pair, verify_pair},
    {"import", set_up_nothing, import_key, verify_import},
    {"move", set_up_move, move_pair, verify_move},
    {"delete", set_up_delete, delete_key, verify_delete},
};

static void work(const struct operation *operation)
{
    operation->set_up();
    printf("ready\n");
    fflush(stdout);
    for (unsigned int round = 0;; round++) {
        operation->change(round);
        if (failures > 0)
            exit(1);
        printf("%u\n", round);
        fflush(stdout);
    }
}

static void verify_no_leftovers(void)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/keys", home);
    DIR *directory = opendir(path);
    struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        size_t size = strlen(entry->d_name);
        if (entry->d_name[0] != '.' && strcmp(entry->d_name + size - 4, ".key") == 0)
            continue;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        printf("left over: %s\n", entry->d_name);
        failures++;
    }
    if (directory != NULL)
        closedir(directory);
}

static void verify(const struct operation *operation, unsigned int rounds)
{
    operation->verify(rounds);
    check(keys->create_key_if_not_exists("another", 1), "create key", rounds);
    check(keys->create_key_pair_if_not_exists("another-pair", NULL), "create key pair", rounds);
    verify_no_leftovers();
}

static int run(int count, char *arguments[])
{
    const char *mode = arguments[3];
    if (strcmp(mode, "use") == 0)
        check(keys->load_key("imported"), "load key", 0);
    for (size_t i = 0; count > 4 && i < sizeof operations / sizeof operations[0]; i++) {
        const struct operation *operation = &operations[i];
        if (strcmp(operation->name, arguments[4]) != 0)
            continue;
        if (strcmp(mode, "work") == 0)
            work(operation);
        if (strcmp(mode, "verify") == 0 && count == 6)
            verify(operation, (unsigned int)atoi(arguments[5]));
        if (strcmp(mode, "once") == 0) {
            operation->set_up();
            (void)getppid();
            operation->change(0);
        }
    }
    return failures == 0 ? 0 : 1;
}

int main(int count, char *arguments[])
{
    AZIOT_KEYS_RC (*get)(AZIOT_KEYS_VERSION, const AZIOT_KEYS_FUNCTION_LIST **) = NULL;
    const AZIOT_KEYS_FUNCTION_LIST *list = NULL;
    void *library = count >= 4 ? dlopen(arguments[1], RTLD_NOW) : NULL;
    if (library != NULL)
        *(void **)&get = dlsym(library, "aziot_keys_get_function_list");
    if (get == NULL || get(AZIOT_KEYS_VERSION_2_1_0_0, &list) != 0)
        return 2;
    keys = (const void *)list;
    home = arguments[2];
    check(keys->set_parameter("homedir_path", home), "set_parameter", 0);
    return run(count, arguments);
}

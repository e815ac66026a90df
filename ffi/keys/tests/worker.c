/* SPDX-License-Identifier: MIT */

/*
 * Changes a store of keys until it is killed, and says afterwards whether the store is whole.
 *
 *     worker LIBRARY HOME work      prints a line after each change that is done
 *     worker LIBRARY HOME verify N  N: how many rounds were reported done
 *     worker LIBRARY HOME once      one import, for a look at its system calls
 *     worker LIBRARY HOME use       uses what `once` has imported
 */

#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aziot-keys.h"

enum { MAX_SIZE = 600 };

static const AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 *keys;
static unsigned int failures;

static void check(unsigned int code, const char *what, unsigned int round)
{
    if (code == 0)
        return;
    printf("%s in round %u answered %u\n", what, round, code);
    failures++;
}

/* The bytes that round `round` imports: their number and each of them tells the round. */
static size_t imported(unsigned int round, unsigned char bytes[MAX_SIZE])
{
    size_t size = 300 + round % 200;
    memset(bytes, (int)(round % 251), size);
    return size;
}

static void work(void)
{
    for (unsigned int round = 0;; round++) {
        unsigned char bytes[MAX_SIZE];
        char made[32];
        char old[32];
        size_t size = imported(round, bytes);
        snprintf(made, sizeof made, "made-%u", round);
        snprintf(old, sizeof old, "made-%u", round - 3);
        check(keys->import_key("imported", bytes, size, 1), "import_key", round);
        check(keys->create_key_if_not_exists(made, 1), "create_key_if_not_exists", round);
        check(keys->create_key_pair_if_not_exists("new", "ec-p256"), "create_key_pair", round);
        check(keys->move_key_pair("new", "current"), "move_key_pair", round);
        if (round >= 3)
            check(keys->delete_key(old), "delete_key", round);
        if (failures > 0)
            exit(1);
        printf("%u\n", round);
        fflush(stdout);
    }
}

/* Whether HMAC with the key `imported` is what the bytes of this round give. */
static int is_imported(unsigned int round)
{
    unsigned char bytes[MAX_SIZE];
    unsigned char actual[32];
    unsigned char expected[32];
    uintptr_t size = sizeof actual;
    check(keys->import_key("expected", bytes, imported(round, bytes), 1), "import_key", round);
    check(keys->derive_key("expected", bytes, 0, expected, &size), "derive_key", round);
    check(keys->derive_key("imported", bytes, 0, actual, &size), "derive_key", round);
    return memcmp(actual, expected, sizeof actual) == 0;
}

/* Loads keys of which the kill may have taken any: there whole, or not there. */
static void verify_optional(unsigned int code, const char *what)
{
    if (code > 1)
        check(code, what, 0);
}

static void verify_no_leftovers(const char *home)
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

/* What was reported is there; the round that was interrupted has happened in part. */
static void verify(const char *home, unsigned int rounds)
{
    char id[32];
    if (rounds > 0) {
        if (!is_imported(rounds - 1) && !is_imported(rounds)) {
            printf("the imported key is neither that of round %u nor the next\n", rounds - 1);
            failures++;
        }
        check(keys->load_key_pair("current"), "load_key_pair", rounds);
        for (unsigned int back = 1; back <= 2 && back < rounds; back++) {
            snprintf(id, sizeof id, "made-%u", rounds - back);
            check(keys->load_key(id), "load_key", rounds - back);
        }
    }
    verify_optional(keys->load_key("imported"), "load_key imported");
    verify_optional(keys->load_key_pair("current"), "load_key_pair current");
    verify_optional(keys->load_key_pair("new"), "load_key_pair new");
    for (unsigned int round = 0; round <= rounds + 1; round++) {
        snprintf(id, sizeof id, "made-%u", round);
        verify_optional(keys->load_key(id), id);
    }
    verify_no_leftovers(home);
    check(keys->create_key_if_not_exists("another", 1), "create_key_if_not_exists", rounds);
    check(keys->create_key_pair_if_not_exists("current", NULL), "create_key_pair", rounds);
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
    check(keys->set_parameter("homedir_path", arguments[2]), "set_parameter", 0);
    if (strcmp(arguments[3], "work") == 0)
        work();
    else if (strcmp(arguments[3], "once") == 0)
        check(keys->import_key("once", (const uint8_t *)"bytes", 5, 1), "import_key", 0);
    else if (strcmp(arguments[3], "use") == 0)
        check(keys->load_key("once"), "load_key", 0);
    else if (count == 5)
        verify(arguments[2], (unsigned int)atoi(arguments[4]));
    return failures == 0 ? 0 : 1;
}

/* SPDX-License-Identifier: MIT */

/*
 * Uses a store of keys on a file system that is full, and again when it is not.
 *
 *     full_disk LIBRARY HOME    HOME: an empty file system of a few pages
 */

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aziot-keys.h"

static const AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 *keys;
static unsigned int failures;
static char path[4200];

static void check(unsigned int code, unsigned int expected, const char *what)
{
    if (code == expected)
        return;
    printf("%s answered %u, not %u\n", what, code, expected);
    failures++;
}

static const char *below(const char *home, const char *name)
{
    snprintf(path, sizeof path, "%s/%s", home, name);
    return path;
}

static void fill(const char *home)
{
    static const char block[4096];
    int file = open(below(home, "filler"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    while (write(file, block, sizeof block) > 0)
        ;
    close(file);
}

static unsigned int entries(const char *home)
{
    unsigned int count = 0;
    DIR *directory = opendir(below(home, "keys"));
    while (directory != NULL && readdir(directory) != NULL)
        count++;
    if (directory != NULL)
        closedir(directory);
    return count;
}

/* A file that only can be written in place keeps its content, too. Needs another user, so not in a
 * namespace that has only one. */
static void write_in_place(const char *home)
{
    static char large[8192];
    char content[64] = "";
    if (chown(below(home, "fixed"), 0, 0) != 0 || setegid(65534) != 0 || seteuid(65534) != 0)
        return;
    check(keys->import_key("fixed", (const uint8_t *)large, sizeof large, 1), 2,
          "an import in place into a full file system");
    check(keys->import_key("fixed", (const uint8_t *)"fits", 4, 1), 0, "an import that fits");
    int file = open(below(home, "fixed/key"), O_RDONLY);
    if (file < 0 || read(file, content, sizeof content) != 4 || memcmp(content, "fits", 4) != 0) {
        printf("the file in place is wrong\n");
        failures++;
    }
    close(file);
    if (seteuid(0) != 0 || setegid(0) != 0)
        failures++;
}

int main(int count, char *arguments[])
{
    AZIOT_KEYS_RC (*get)(AZIOT_KEYS_VERSION, const AZIOT_KEYS_FUNCTION_LIST **) = NULL;
    const AZIOT_KEYS_FUNCTION_LIST *list = NULL;
    unsigned char before[32];
    unsigned char after[32];
    uintptr_t size = 32;
    void *library = count == 3 ? dlopen(arguments[1], RTLD_NOW) : NULL;
    if (library != NULL)
        *(void **)&get = dlsym(library, "aziot_keys_get_function_list");
    if (get == NULL || get(AZIOT_KEYS_VERSION_2_1_0_0, &list) != 0)
        return 2;
    keys = (const void *)list;
    const char *home = arguments[2];
    char uri[4300];

    check(keys->set_parameter("homedir_path", home), 0, "set_parameter");
    check(keys->import_key("k", (const uint8_t *)"old key", 7, 1), 0, "import_key");
    check(keys->derive_key("k", before, 0, before, &size), 0, "derive_key");
    mkdir(below(home, "fixed"), 0755);
    int file = open(below(home, "fixed/key"), O_WRONLY | O_CREAT, 0666);
    if (fchmod(file, 0666) != 0 || write(file, "old", 3) != 3)
        failures++;
    close(file);
    snprintf(uri, sizeof uri, "file://%s", below(home, "fixed/key"));
    check(keys->set_parameter("preloaded_key:fixed", uri), 0, "set_parameter");

    fill(home);
    unsigned int there = entries(home);
    check(keys->import_key("k", (const uint8_t *)"new key", 7, 1), 2, "import into a full disk");
    check(keys->create_key_if_not_exists("other", 1), 2, "creation on a full disk");
    check(keys->create_key_pair_if_not_exists("pair", NULL), 2, "creation on a full disk");
    check(keys->load_key("other"), 1, "the key that could not be made");
    check(keys->derive_key("k", after, 0, after, &size), 0, "use of the old key");
    if (memcmp(before, after, sizeof before) != 0 || entries(home) != there) {
        printf("the store has changed\n");
        failures++;
    }
    write_in_place(home);
    check(keys->delete_key("k"), 0, "deletion on a full disk");
    check((unsigned int)unlink(below(home, "filler")), 0, "making room");
    check(keys->create_key_if_not_exists("other", 1), 0, "creation with room");
    check(keys->create_key_pair_if_not_exists("pair", NULL), 0, "creation with room");
    return failures == 0 ? 0 : 1;
}

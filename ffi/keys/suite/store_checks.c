/* SPDX-License-Identifier: MIT */

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

static unsigned int mode_of(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? status.st_mode & 07777 : 0;
}

static unsigned int files_in(const char *path)
{
    unsigned int count = 0;
    DIR *directory = opendir(path);
    while (directory != NULL && readdir(directory) != NULL)
        count++;
    if (directory != NULL)
        closedir(directory);
    return count < 2 ? 0 : count - 2;
}

static void closes_files(void)
{
    umask(0);
    use_home();
    EXPECT_CODE(keys.create_key_if_not_exists("made", 1), 0);
    EXPECT_CODE(keys.import_key("imported", (const uint8_t *)"x", 1, 1), 0);
    EXPECT_CODE(keys.create_key_pair_if_not_exists("pair", NULL), 0);
    EXPECT(mode_of(key_path("made")) == 0600);
    EXPECT(mode_of(key_path("imported")) == 0600);
    EXPECT(mode_of(key_path("pair")) == 0600);
    EXPECT(mode_of(in_home("keys")) == 0700);
    EXPECT(files_in(in_home("keys")) == 3);
}

static void closes_old_files(void)
{
    umask(0);
    EXPECT(mkdir(in_home("keys"), 0755) == 0);
    put_text(key_path("old"), "key");
    put_text(in_home("preloaded"), "key");
    EXPECT(chmod(key_path("old"), 0644) == 0 && chmod(in_home("preloaded"), 0644) == 0);
    use_home();
    preload("preloaded", "preloaded");
    EXPECT_CODE(keys.load_key("old"), 0);
    EXPECT_CODE(keys.load_key("preloaded"), 0);
    EXPECT(mode_of(key_path("old")) == 0600);
    EXPECT(mode_of(in_home("keys")) == 0700);
    EXPECT(mode_of(in_home("preloaded")) == 0644);
}

static void keeps_modes_of_others(void)
{
    put_text(in_home("file"), "old");
    EXPECT(chmod(in_home("file"), 0640) == 0);
    preload("k", "file");
    preload("new", "new");
    EXPECT_CODE(keys.import_key("k", (const uint8_t *)"new", 3, 1), 0);
    EXPECT_CODE(keys.import_key("new", (const uint8_t *)"new", 3, 1), 0);
    EXPECT(mode_of(in_home("file")) == 0640);
    EXPECT(mode_of(in_home("new")) == 0600);
}

static void replaces_whole_files(void)
{
    struct stat before;
    struct stat after;
    use_home();
    EXPECT_CODE(keys.import_key("k", (const uint8_t *)"one", 3, 1), 0);
    EXPECT(stat(key_path("k"), &before) == 0);
    EXPECT_CODE(keys.import_key("k", (const uint8_t *)"two", 3, 1), 0);
    EXPECT(stat(key_path("k"), &after) == 0);
    /* Another file under the same name: nobody has seen a part of it. */
    EXPECT(before.st_ino != after.st_ino);
}

static void sweeps_leftovers(void)
{
    EXPECT(mkdir(in_home("keys"), 0700) == 0);
    put_text(in_home("keys/.aziot-keys-0123456789abcdef.tmp"), "half a key");
    put_text(in_home("keys/.other.tmp"), "somebody else's");
    put_text(in_home(".aziot-keys-fedcba9876543210.tmp"), "half a preloaded key");
    use_home();
    EXPECT_CODE(keys.load_key("k"), 1);
    EXPECT(!is_there(in_home("keys/.aziot-keys-0123456789abcdef.tmp")));
    EXPECT(is_there(in_home("keys/.other.tmp")));
    preload("p", "preloaded");
    EXPECT(!is_there(in_home(".aziot-keys-fedcba9876543210.tmp")));
}

static void treats_empty_files(void)
{
    unsigned char content[64];
    use_home();
    put_text(in_home("preloaded"), "");
    preload("preloaded", "preloaded");
    EXPECT_CODE(keys.load_key("preloaded"), 2);
    EXPECT_CODE(keys.create_key_if_not_exists("preloaded", 1), 2);
    EXPECT(get_file(in_home("preloaded"), content, sizeof content) == 0);
    EXPECT_CODE(keys.create_key_if_not_exists("k", 1), 0);
    put_text(key_path("k"), "");
    EXPECT_CODE(keys.load_key("k"), 2);
    EXPECT_CODE(keys.create_key_if_not_exists("k", 1), 0);
    EXPECT(get_file(key_path("k"), content, sizeof content) == 32);
}

static void answers_a_closed_store(void)
{
    EXPECT(mkdir(in_home("closed"), 0700) == 0 && mkdir(in_home("closed/keys"), 0700) == 0);
    EXPECT_CODE(keys.set_parameter("homedir_path", in_home("closed")), 0);
    EXPECT_CODE(keys.create_key_if_not_exists("k", 1), 0);
    EXPECT(chmod(in_home("closed/keys"), 0500) == 0 && chmod(in_home("closed"), 0500) == 0);
    if (geteuid() == 0)
        EXPECT(chown(in_home("closed/keys"), 65534, 65534) == 0 &&
               chown(in_home("closed"), 65534, 65534) == 0);
    become_nobody();
    EXPECT_CODE(keys.create_key_if_not_exists("new", 1), 2);
    EXPECT_CODE(keys.import_key("new", (const uint8_t *)"x", 1, 1), 2);
    EXPECT_CODE(keys.create_key_pair_if_not_exists("pair", NULL), 2);
    EXPECT(records_with("permission denied to uid") >= 3);
    EXPECT(records_with("closed/keys (mode 0500") >= 3);
    EXPECT_CODE(keys.load_key("new"), 1);
    EXPECT(files_in(in_home("closed/keys")) == 1);
    become_myself();
}

static void writes_in_place_if_it_must(void)
{
    unsigned char content[64];
    struct stat before;
    struct stat after;
    EXPECT(mkdir(in_home("fixed"), 0755) == 0);
    put_text(in_home("fixed/file"), "a long old key");
    EXPECT(chmod(in_home("fixed/file"), 0666) == 0 && chmod(in_home("fixed"), 0555) == 0);
    EXPECT(stat(in_home("fixed/file"), &before) == 0);
    become_nobody();
    preload("k", "fixed/file");
    EXPECT_CODE(keys.import_key("k", (const uint8_t *)"new", 3, 1), 0);
    EXPECT(get_file(in_home("fixed/file"), content, sizeof content) == 3);
    EXPECT(memcmp(content, "new", 3) == 0);
    EXPECT(stat(in_home("fixed/file"), &after) == 0 && before.st_ino == after.st_ino);
    EXPECT(records_with("/fixed/file is written in place") == 1);
    EXPECT(records_with("/fixed/file was overwritten") == 1);
    become_myself();
}

static void names_unreadable_files(void)
{
    put_text(in_home("secret"), "key");
    EXPECT(chmod(in_home("secret"), 0) == 0);
    EXPECT(mkdir(in_home("hidden"), 0700) == 0);
    put_text(in_home("hidden/key"), "key");
    EXPECT(chmod(in_home("hidden"), 0) == 0);
    become_nobody();
    preload("secret", "secret");
    preload("hidden", "hidden/key");
    EXPECT_CODE(keys.load_key("secret"), 2);
    EXPECT_CODE(keys.load_key("hidden"), 2);
    EXPECT(records_with("/secret (mode 0000") == 1);
    EXPECT(records_with("/hidden (mode 0000") == 1);
    if (keys.delete_key != NULL) {
        EXPECT_CODE(keys.delete_key("hidden"), 2);
        EXPECT_CODE(keys.delete_key("secret"), geteuid() == 65534 ? 2u : 0u);
    }
    become_myself();
}

const struct check store_checks[] = {
    {"files have mode 0600 and their directory 0700 whatever the umask", SCOPE_OWN, closes_files, false},
    {"files of the existing product are closed when they are read, others are left alone",
     SCOPE_OWN, closes_old_files, false},
    {"a preloaded file keeps its mode", SCOPE_OWN, keeps_modes_of_others, false},
    {"a file is replaced as a whole", SCOPE_OWN, replaces_whole_files, false},
    {"leftovers of interrupted writes are removed, nothing else is", SCOPE_OWN, sweeps_leftovers, false},
    {"an empty file is a missing key only where the library wrote it", SCOPE_OWN,
     treats_empty_files, false},
    {"a store that cannot be written refuses new keys and names the place", SCOPE_OWN,
     answers_a_closed_store, false},
    {"a preloaded file in a directory that cannot be written is written in place", SCOPE_OWN,
     writes_in_place_if_it_must, false},
    {"a file that may not be read is refused with the place that refuses", SCOPE_OWN,
     names_unreadable_files, false},
    {NULL, SCOPE_ANY, NULL, false},
};

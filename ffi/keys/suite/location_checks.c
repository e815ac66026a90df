/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "pem_files.h"

static void names_files(void)
{
    use_home();
    EXPECT_CODE(keys.create_key_if_not_exists("fleet-7/unit.A", 1), 0);
    EXPECT(is_there(in_home("keys/fleet7unitA-"
                            "8b50159b5d5670137bf554170b50e2c63f9fe159a223bf2f949c5111b726b723.key")));
    EXPECT_CODE(keys.create_key_if_not_exists("handle-validation-key", 1), 0);
    EXPECT(is_there(in_home("keys/handlevalidationkey-"
                            "40f1ca41fe8b50f53e10f3e3a580dcae24087f37aa498ba9903f2612b03e90ba.key")));
    static const char *const ids[] = {"", "../../x", "a b", "\xc3\xa9", "%2F", "A:b\"'\\"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        EXPECT_CODE(keys.create_key_if_not_exists(ids[i], 1), 0);
        expect(is_there(key_path(ids[i])), "no file for the id \"%s\"", ids[i]);
    }
}

static void limits_names(void)
{
    char id[188];
    memset(id, 'x', sizeof id);
    id[187] = '\0';
    use_home();
    EXPECT_CODE(keys.create_key_if_not_exists(id, 1), 2);
    EXPECT_CODE(keys.load_key(id), 2);
    id[186] = '\0';
    EXPECT_CODE(keys.create_key_if_not_exists(id, 1), 0);
    EXPECT_CODE(keys.import_key(id, (const uint8_t *)"x", 1, 1), 0);
    EXPECT_CODE(keys.load_key(id), 0);
}

static void makes_the_directory(void)
{
    char deep[4200];
    snprintf(deep, sizeof deep, "%s", in_home("a/b/c"));
    EXPECT_CODE(keys.set_parameter("homedir_path", deep), 0);
    EXPECT(!is_there(in_home("a")));
    EXPECT_CODE(keys.load_key("k"), 1);
    EXPECT_CODE(keys.create_key_if_not_exists("k", 1), 0);
    EXPECT(is_there(in_home("a/b/c/keys")));
}

static void prefers_preloaded(void)
{
    put_text(in_home("file"), "preloaded");
    use_home();
    EXPECT_CODE(keys.create_key_if_not_exists("k", 1), 0);
    preload("k", "file");
    EXPECT_CODE(keys.load_key("k"), 0);
    EXPECT_CODE(keys.import_key("k", (const uint8_t *)"new", 3, 1), 0);
    unsigned char content[64];
    EXPECT(get_file(in_home("file"), content, sizeof content) == 3);
    EXPECT(get_file(key_path("k"), content, sizeof content) == 32);
    if (keys.delete_key == NULL)
        return;
    EXPECT_CODE(keys.delete_key("k"), 0);
    EXPECT(!is_there(in_home("file")) && is_there(key_path("k")));
    EXPECT_CODE(keys.load_key("k"), 1);
}

static void creates_preloaded(void)
{
    preload("k", "key-file");
    preload("p", "pair-file");
    EXPECT_CODE(keys.create_key_if_not_exists("k", 1), 0);
    EXPECT_CODE(keys.create_key_pair_if_not_exists("p", NULL), 0);
    EXPECT(is_there(in_home("key-file")) && is_there(in_home("pair-file")));
    preload("nowhere", "no/such/directory");
    EXPECT_CODE(keys.create_key_if_not_exists("nowhere", 1), 2);
    EXPECT_CODE(keys.load_key("nowhere"), 1);
}

static void follows_links(void)
{
    unsigned char content[64];
    put_text(in_home("target"), "old");
    EXPECT(symlink("target", in_home("link")) == 0);
    EXPECT(symlink(in_home("later"), in_home("dangling")) == 0);
    preload("k", "link");
    preload("d", "dangling");
    EXPECT_CODE(keys.load_key("k"), 0);
    EXPECT_CODE(keys.import_key("k", (const uint8_t *)"newer", 5, 1), 0);
    EXPECT(get_file(in_home("target"), content, sizeof content) == 5);
    EXPECT_CODE(keys.load_key("d"), 1);
    EXPECT_CODE(keys.create_key_if_not_exists("d", 1), 0);
    EXPECT(get_file(in_home("later"), content, sizeof content) == 32);
    struct stat status;
    EXPECT(lstat(in_home("link"), &status) == 0 && S_ISLNK(status.st_mode));
    EXPECT(symlink("loop", in_home("loop")) == 0);
    preload("loop", "loop");
    EXPECT_CODE(keys.load_key("loop"), 2);
    EXPECT_CODE(keys.import_key("loop", (const uint8_t *)"x", 1, 1), 2);
}

static void survives_what_is_no_file(void)
{
    EXPECT(mkdir(in_home("directory"), 0700) == 0);
    EXPECT(mkfifo(in_home("fifo"), 0600) == 0);
    put_text(in_home("huge"), "");
    EXPECT(truncate(in_home("huge"), 1 << 30) == 0);
    static const char *const names[] = {"directory", "fifo", "huge"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        preload(names[i], names[i]);
        EXPECT_CODE(keys.load_key(names[i]), 2);
        EXPECT_CODE(keys.load_key_pair(names[i]), 2);
        EXPECT_CODE(keys.create_key_if_not_exists(names[i], 1), 2);
        EXPECT_CODE(keys.create_key_pair_if_not_exists(names[i], NULL), 2);
        EXPECT(is_there(in_home(names[i])));
    }
    EXPECT_CODE(keys.import_key("directory", (const uint8_t *)"x", 1, 1), 2);
    EXPECT_CODE(keys.import_key("fifo", (const uint8_t *)"x", 1, 1), 2);
    /* Nobody else is affected. */
    use_home();
    EXPECT_CODE(keys.create_key_if_not_exists("k", 1), 0);
}

static void notices_changes(void)
{
    unsigned char first[32];
    unsigned char second[32];
    uintptr_t size = 32;
    use_home();
    EXPECT_CODE(keys.import_key("k", (const uint8_t *)"first", 5, 1), 0);
    let_clock_tick();
    for (int i = 0; i < 3; i++)
        EXPECT_CODE(keys.sign("k", 2, NULL, (const unsigned char *)"m", 1, first, &size), 0);
    put_text(key_path("k"), "other");
    EXPECT_CODE(keys.sign("k", 2, NULL, (const unsigned char *)"m", 1, second, &size), 0);
    EXPECT(memcmp(first, second, 32) != 0);
    /* At once, in the same step of the file system's clock, without a change of size. */
    put_text(key_path("k"), "first");
    EXPECT_CODE(keys.sign("k", 2, NULL, (const unsigned char *)"m", 1, second, &size), 0);
    EXPECT(memcmp(first, second, 32) == 0);
    let_clock_tick();
    EXPECT_CODE(keys.load_key("k"), 0);
    EXPECT(rename(key_path("k"), in_home("away")) == 0);
    EXPECT_CODE(keys.load_key("k"), 1);
    EXPECT(rename(in_home("away"), key_path("k")) == 0);
    EXPECT_CODE(keys.load_key("k"), 0);
}

static void notices_changes_of_pairs(void)
{
    unsigned char first[33];
    unsigned char second[33];
    uintptr_t size = 33;
    use_home();
    EXPECT_CODE(keys.create_key_pair_if_not_exists("p", NULL), 0);
    let_clock_tick();
    for (int i = 0; i < 3; i++)
        EXPECT_CODE(keys.get_key_pair_parameter("p", 3, first, &size), 0);
    put_key(in_home("new"), new_key("ec:P-256"), FORM_PKCS8, NULL);
    EXPECT(rename(in_home("new"), key_path("p")) == 0);
    EXPECT_CODE(keys.get_key_pair_parameter("p", 3, second, &size), 0);
    EXPECT(memcmp(first, second, 33) != 0);
    put_text(key_path("p"), "torn");
    EXPECT_CODE(keys.load_key_pair("p"), 2);
}

static void survives_a_lost_store(void)
{
    use_home();
    EXPECT_CODE(keys.create_key_if_not_exists("k", 1), 0);
    EXPECT(unlink(key_path("k")) == 0 && rmdir(in_home("keys")) == 0);
    EXPECT_CODE(keys.load_key("k"), 1);
    EXPECT_CODE(keys.create_key_if_not_exists("k", 1), 0);
    EXPECT_CODE(keys.load_key("k"), 0);
    EXPECT(unlink(key_path("k")) == 0 && rmdir(in_home("keys")) == 0);
    EXPECT_CODE(keys.import_key("k", (const uint8_t *)"x", 1, 1), 0);
    EXPECT_CODE(keys.load_key("k"), 0);
    if (keys.move_key_pair == NULL)
        return;
    preload("elsewhere", "elsewhere");
    EXPECT_CODE(keys.create_key_pair_if_not_exists("elsewhere", NULL), 0);
    EXPECT(unlink(key_path("k")) == 0 && rmdir(in_home("keys")) == 0);
    EXPECT_CODE(keys.move_key_pair("elsewhere", "p"), 0);
    EXPECT_CODE(keys.load_key_pair("p"), 0);
}

static void keeps_many_keys(void)
{
    unsigned char first[200][32];
    use_home();
    for (unsigned int round = 0; round < 2; round++) {
        for (unsigned int i = 0; i < 200; i++) {
            char id[8];
            unsigned char mac[32];
            uintptr_t size = sizeof mac;
            snprintf(id, sizeof id, "k%u", i);
            EXPECT_CODE(keys.create_key_if_not_exists(id, 1), 0);
            EXPECT_CODE(keys.sign(id, 2, NULL, mac, 0, mac, &size), 0);
            if (round == 0)
                memcpy(first[i], mac, sizeof mac);
            expect(memcmp(first[i], mac, sizeof mac) == 0, "key %s is another one", id);
        }
        let_clock_tick();
    }
}

const struct check location_checks[] = {
    {"file names are what they have to be", SCOPE_FILES, names_files, false},
    {"ids with more letters than a file name can take are refused", SCOPE_FILES, limits_names, false},
    {"the directory of the keys is made with its parents", SCOPE_FILES, makes_the_directory, false},
    {"a preloaded key is only where it is said to be", SCOPE_FILES, prefers_preloaded, false},
    {"a preloaded key that is missing is made there", SCOPE_FILES, creates_preloaded, false},
    {"symbolic links are followed and kept", SCOPE_FILES, follows_links, false},
    {"a directory, a FIFO and a huge file in place of a key are refused at once", SCOPE_OWN,
     survives_what_is_no_file, false},
    {"a key file that somebody changes takes effect at the next call", SCOPE_FILES,
     notices_changes, false},
    {"so does a key pair", SCOPE_FILES, notices_changes_of_pairs, false},
    {"a store that was removed is made again", SCOPE_FILES, survives_a_lost_store, false},
    {"two hundred keys stay apart", SCOPE_FILES, keeps_many_keys, false},
    {NULL, SCOPE_ANY, NULL, false},
};

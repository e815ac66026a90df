/* SPDX-License-Identifier: MIT */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "pem_files.h"

static unsigned int algorithm_of(const char *id)
{
    unsigned int algorithm = 0;
    uintptr_t size = sizeof algorithm;
    EXPECT_CODE(keys.get_key_pair_parameter(id, 1, (unsigned char *)&algorithm, &size), 0);
    EXPECT(size == 4);
    return algorithm;
}

static size_t modulus_size(const char *id)
{
    uintptr_t size = 0;
    EXPECT_CODE(keys.get_key_pair_parameter(id, 4, NULL, &size), 0);
    return size;
}

static void prefers_ec(void)
{
    static const char *const lists[] = {
        NULL, "*", "ec-p256", "bogus:ec-p256", ":::*", "ec-p256:rsa-4096:*", "*:rsa-2048",
        "no : x:ec-p256",
    };
    use_home();
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        char id[] = {(char)('a' + i), '\0'};
        EXPECT_CODE(keys.create_key_pair_if_not_exists(id, lists[i]), 0);
        expect(algorithm_of(id) == 1, "list %zu: not an EC pair", i);
    }
}

static void prefers_rsa(void)
{
    use_home();
    EXPECT_CODE(keys.create_key_pair_if_not_exists("p", "bogus:rsa-2048:*"), 0);
    EXPECT(algorithm_of("p") == 2 && modulus_size("p") == 256);
}

static void makes_rsa_4096(void)
{
    use_home();
    EXPECT_CODE(keys.create_key_pair_if_not_exists("p", "rsa-4096"), 0);
    EXPECT(modulus_size("p") == 512);
}

static void refuses_unknown_algorithms(void)
{
    static const char *const lists[] = {"", ":", "EC-P256", " ec-p256", "ed25519", "rsa-1024"};
    use_home();
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        EXPECT_CODE(keys.create_key_pair_if_not_exists("p", lists[i]), 1);
    EXPECT_CODE(keys.load_key_pair("p"), 1);
}

static void keeps_pairs(void)
{
    unsigned char first[33];
    unsigned char second[33];
    uintptr_t size = sizeof first;
    use_home();
    EXPECT_CODE(keys.create_key_pair_if_not_exists("p", "ec-p256"), 0);
    EXPECT_CODE(keys.get_key_pair_parameter("p", 3, first, &size), 0);
    EXPECT_CODE(keys.create_key_pair_if_not_exists("p", "rsa-2048"), 0);
    EXPECT_CODE(keys.create_key_pair_if_not_exists("p", ""), 0);
    EXPECT_CODE(keys.get_key_pair_parameter("p", 3, second, &size), 0);
    EXPECT(memcmp(first, second, sizeof first) == 0);
}

static void finds_missing_pairs_missing(void)
{
    unsigned char out[64];
    uintptr_t size = sizeof out;
    use_home();
    EXPECT_CODE(keys.load_key_pair("none"), 1);
    EXPECT_CODE(keys.get_key_pair_parameter("none", 1, out, &size), 1);
    EXPECT_CODE(keys.sign("none", 1, NULL, out, 32, out, &size), 1);
    EXPECT_CODE(keys.encrypt("none", 2, NULL, out, 32, out, &size), 1);
    EXPECT_CODE(keys.encrypt("none", 3, NULL, out, 32, out, &size), 1);
    EXPECT(size == sizeof out);
}

static void moves(void)
{
    unsigned char before[33];
    unsigned char after[33];
    uintptr_t size = sizeof before;
    if (keys.move_key_pair == NULL)
        return;
    use_home();
    EXPECT_CODE(keys.create_key_pair_if_not_exists("a", NULL), 0);
    EXPECT_CODE(keys.create_key_pair_if_not_exists("b", NULL), 0);
    EXPECT_CODE(keys.get_key_pair_parameter("a", 3, before, &size), 0);
    EXPECT_CODE(keys.move_key_pair("a", "b"), 0);
    EXPECT_CODE(keys.load_key_pair("a"), 1);
    EXPECT_CODE(keys.get_key_pair_parameter("b", 3, after, &size), 0);
    EXPECT(memcmp(before, after, sizeof before) == 0);
    EXPECT_CODE(keys.move_key_pair("b", "b"), 0);
    EXPECT_CODE(keys.load_key_pair("b"), 0);
    EXPECT_CODE(keys.move_key_pair("a", "b"), 2);
    EXPECT_CODE(keys.load_key_pair("b"), 0);
    EXPECT_CODE(keys.delete_key_pair("b"), 0);
    EXPECT_CODE(keys.load_key_pair("b"), 1);
    EXPECT_CODE(keys.delete_key_pair("b"), 0);
}

static void writes_pkcs8(void)
{
    unsigned char text[4096];
    static const char first_line[] = "-----BEGIN PRIVATE KEY-----\n";
    use_home();
    EXPECT_CODE(keys.create_key_pair_if_not_exists("e", "ec-p256"), 0);
    EXPECT(get_file(key_path("e"), text, sizeof text) > 200);
    EXPECT(memcmp(text, first_line, sizeof first_line - 1) == 0);
    EXPECT(EVP_PKEY_get_bits(get_key(key_path("e"))) == 256);
}

static void writes_rsa_as_pkcs8(void)
{
    unsigned char text[4096];
    static const char first_line[] = "-----BEGIN PRIVATE KEY-----\n";
    use_home();
    EXPECT_CODE(keys.create_key_pair_if_not_exists("r", "rsa-2048"), 0);
    EXPECT(get_file(key_path("r"), text, sizeof text) > 1600);
    EXPECT(memcmp(text, first_line, sizeof first_line - 1) == 0);
    EXPECT(EVP_PKEY_get_bits(get_key(key_path("r"))) == 2048);
}

static void reads_other_forms(void)
{
    EVP_PKEY *ec = new_key("ec:P-256");
    EVP_PKEY *rsa = new_key("rsa:1024");
    put_key(in_home("0"), ec, FORM_PKCS8, NULL);
    put_key(in_home("1"), ec, FORM_TRADITIONAL, NULL);
    put_key(in_home("2"), ec, FORM_CRLF, NULL);
    put_key(in_home("3"), ec, FORM_PKCS8, "some text\nbefore the key\n\n");
    put_key(in_home("4"), ec, FORM_TRADITIONAL,
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n");
    put_key(in_home("5"), rsa, FORM_PKCS8, NULL);
    put_key(in_home("6"), rsa, FORM_TRADITIONAL, NULL);
    put_key(in_home("7"), new_key("rsa-pss:1024"), FORM_PKCS8, NULL);
    put_key(in_home("8"), new_key("ec:P-384"), FORM_PKCS8, NULL);
    put_key(in_home("9"), new_key("ec:secp256k1"), FORM_PKCS8, NULL);
    for (char id[] = "0"; id[0] <= '9'; id[0]++) {
        preload(id, id);
        EXPECT_CODE(keys.load_key_pair(id), 0);
        unsigned int expected = id[0] >= '5' && id[0] <= '7' ? 2 : 1;
        expect(algorithm_of(id) == expected, "file %s: wrong algorithm", id);
    }
}

static void refuses_other_files(void)
{
    put_key(in_home("der"), new_key("ec:P-256"), FORM_DER, NULL);
    put_key(in_home("public"), new_key("ec:P-256"), FORM_PUBLIC, NULL);
    put_text(in_home("garbage"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    put_text(in_home("cut"), "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49");
    put_text(in_home("bytes"), "just bytes");
    put_text(in_home("empty"), "");
    static const char *const names[] = {"der", "public", "garbage", "cut", "bytes", "empty"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        unsigned char out[64];
        uintptr_t size = sizeof out;
        preload(names[i], names[i]);
        EXPECT_CODE(keys.load_key_pair(names[i]), 2);
        EXPECT_CODE(keys.sign(names[i], 1, NULL, out, 32, out, &size), 2);
        EXPECT_CODE(keys.get_key_pair_parameter(names[i], 1, out, &size), 2);
    }
}

/* Gives the process a terminal on which somebody has typed ahead; answers its descriptor. */
static int open_terminal(const char *typed)
{
    int keyboard = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT(keyboard >= 0 && grantpt(keyboard) == 0 && unlockpt(keyboard) == 0);
    EXPECT(setsid() > 0);
    int terminal = open(ptsname(keyboard), O_RDWR | O_CLOEXEC);
    EXPECT(terminal >= 0 && dup2(terminal, STDIN_FILENO) == STDIN_FILENO);
    EXPECT(write(keyboard, typed, strlen(typed)) == (ssize_t)strlen(typed));
    /* The terminal there is by this name, too: this is where OpenSSL asks. */
    int named = open("/dev/tty", O_RDWR | O_CLOEXEC);
    EXPECT(named >= 0);
    close(named);
    return terminal;
}

static void asks_for_no_passphrase(void)
{
    char typed[32];
    int terminal = open_terminal("passphrase\n");
    struct timespec start;
    struct timespec end;
    put_key(in_home("key"), new_key("ec:P-256"), FORM_ENCRYPTED, NULL);
    put_key(in_home("old"), new_key("ec:P-256"), FORM_OLD_ENCRYPTED, NULL);
    preload("p", "key");
    preload("old", "old");
    clock_gettime(CLOCK_MONOTONIC, &start);
    EXPECT_CODE(keys.load_key_pair("p"), 2);
    EXPECT_CODE(keys.load_key_pair("old"), 2);
    clock_gettime(CLOCK_MONOTONIC, &end);
    /* Waiting for a terminal would last until the watchdog. */
    EXPECT(end.tv_sec - start.tv_sec < 30);
    /* Whatever was typed is still there to be read. */
    EXPECT(fcntl(terminal, F_SETFL, O_NONBLOCK) == 0);
    EXPECT(read(terminal, typed, sizeof typed) == 11 && memcmp(typed, "passphrase\n", 11) == 0);
}

static void treats_files_as_asked(void)
{
    static const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS aead = {(const unsigned char *)"iviviviviviv",
                                                            12, NULL, 0};
    unsigned char out[600];
    uintptr_t size = sizeof out;
    use_home();
    EXPECT_CODE(keys.create_key_if_not_exists("k", 1), 0);
    EXPECT_CODE(keys.load_key_pair("k"), 2);
    EXPECT_CODE(keys.encrypt("k", 2, NULL, out, 20, out, &size), 2);
    EXPECT_CODE(keys.create_key_pair_if_not_exists("p", NULL), 0);
    EXPECT_CODE(keys.load_key("p"), 0);
    EXPECT_CODE(keys.encrypt("p", 1, &aead, out, 20, out, &size), 2);
    EXPECT_CODE(keys.derive_key("p", out, 5, out, &size), 0);
    EXPECT_CODE(keys.sign("p", 2, NULL, out, 5, out, &size), 0);
}

static void keeps_what_is_no_pair(void)
{
    unsigned char content[64];
    use_home();
    EXPECT_CODE(keys.import_key("k", (const uint8_t *)"bytes", 5, 1), 0);
    EXPECT_CODE(keys.create_key_pair_if_not_exists("k", NULL), 2);
    EXPECT(get_file(key_path("k"), content, sizeof content) == 5);
    EXPECT(memcmp(content, "bytes", 5) == 0);
    put_key(in_home("encrypted"), new_key("ec:P-256"), FORM_ENCRYPTED, NULL);
    preload("e", "encrypted");
    EXPECT_CODE(keys.create_key_pair_if_not_exists("e", NULL), 2);
    put_text(in_home("empty"), "");
    preload("empty", "empty");
    EXPECT_CODE(keys.create_key_pair_if_not_exists("empty", NULL), 2);
    EXPECT(get_file(in_home("empty"), content, sizeof content) == 0);
    /* But an empty file of the library's own is what a power cut leaves of a write. */
    put_text(key_path("own"), "");
    EXPECT_CODE(keys.create_key_pair_if_not_exists("own", NULL), 0);
    EXPECT_CODE(keys.load_key_pair("own"), 0);
}

const struct check pair_checks[] = {
    {"lists that lead to an EC pair", SCOPE_ANY, prefers_ec, false},
    {"lists that lead to an RSA pair", SCOPE_ANY, prefers_rsa, true},
    {"RSA pairs of 4096 bits can be made", SCOPE_FILES, makes_rsa_4096, true},
    {"a list without a known algorithm is refused", SCOPE_ANY, refuses_unknown_algorithms, false},
    {"a pair that exists is kept, whatever is asked for", SCOPE_ANY, keeps_pairs, false},
    {"a missing pair is an invalid parameter", SCOPE_ANY, finds_missing_pairs_missing, false},
    {"pairs can be moved, over others too, and deleted", SCOPE_ANY, moves, false},
    {"pairs are written as PKCS#8 PEM", SCOPE_FILES, writes_pkcs8, false},
    {"RSA pairs are written as PKCS#8 PEM", SCOPE_FILES, writes_rsa_as_pkcs8, true},
    {"pairs of other tools are read: PKCS#1, SEC 1, CRLF, text before, other curves", SCOPE_FILES,
     reads_other_forms, false},
    {"what holds no private key in PEM is refused", SCOPE_FILES, refuses_other_files, false},
    {"a key with a passphrase is refused at once, and nobody is asked", SCOPE_FILES,
     asks_for_no_passphrase, false},
    {"a file is a pair or a symmetric key as the caller says", SCOPE_FILES, treats_files_as_asked, false},
    {"what is no key pair is never written over", SCOPE_OWN, keeps_what_is_no_pair, false},
    {NULL, SCOPE_ANY, NULL, false},
};

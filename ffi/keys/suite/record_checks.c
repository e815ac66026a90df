/* SPDX-License-Identifier: MIT */

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "pem_files.h"
#include "runner.h"

static const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS aead = {(const unsigned char *)"iviviviviviv", 12,
                                                        NULL, 0};

static void follows_the_format(void)
{
    static char records[8192];
    regex_t format;
    use_home();
    EXPECT_CODE(keys.load_key(NULL), 1);
    EXPECT_CODE(keys.create_key_if_not_exists("k", 1), 0);
    EXPECT_CODE(keys.load_key_pair("k"), 2);
    long size = get_file(runner_record_path(), (unsigned char *)records, sizeof records - 1);
    records[size < 0 ? 0 : size] = '\0';
    EXPECT(regcomp(&format,
                   "^<3>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z \\[ERR!\\] - .+$",
                   REG_EXTENDED | REG_NOSUB) == 0);
    unsigned int count = 0;
    char *rest = records;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        if (*line == '\0')
            continue;
        count++;
        expect(regexec(&format, line, 0, NULL, 0) == 0, "not a record: %s", line);
    }
    EXPECT(count == 2);
    regfree(&format);
    EXPECT(records_with("invalid parameter \"id\": ") == 1);
}

static void leaves_one_record_a_failure(void)
{
    unsigned char out[600] = {2};
    uintptr_t size = sizeof out;
    unsigned int before;
    use_home();
    EXPECT_CODE(keys.import_key("k", (const uint8_t *)"short", 5, 1), 0);
    EXPECT(mkdir(in_home("directory"), 0700) == 0);
    preload("d", "directory");
    before = records_with("[ERR!]");
    EXPECT_CODE(keys.encrypt("k", 1, &aead, out, 8, out, &size), 2);
    EXPECT_CODE(keys.encrypt("k", 1, &aead, out, 8, out, &size), 2);
    EXPECT_CODE(keys.load_key("d"), 2);
    EXPECT_CODE(keys.create_key_if_not_exists("d", 1), 2);
    EXPECT_CODE(keys.create_key_pair_if_not_exists("k", NULL), 2);
    EXPECT_CODE(keys.import_key("d", (const uint8_t *)"x", 1, 1), 2);
    EXPECT(records_with("[ERR!]") == before + 6);
    EXPECT(records_with("encrypt: key \"k\" in ") == 2);
    /* The details at most once a minute for each id. */
    EXPECT(records_with("found 5 bytes, AES-256-GCM needs 32") == 1);
}

static void says_what_is_in_a_file(void)
{
    static const struct {
        const char *name;
        const char *reason;
    } cases[] = {
        {"missing", "not found"},
        {"directory", "is a directory"},
        {"empty", "is empty"},
        {"encrypted", "is encrypted"},
        {"old-encrypted", "is encrypted"},
        {"public", "not a private key"},
        {"bytes", "not a private key"},
        {"damaged", "damaged, or its type or curve is unsupported"},
        {"huge", "larger than 64 KiB"},
        {"fifo", "not a regular file"},
    };
    EXPECT(mkdir(in_home("directory"), 0700) == 0);
    put_text(in_home("empty"), "");
    put_key(in_home("encrypted"), new_key("ec:P-256"), FORM_ENCRYPTED, NULL);
    put_key(in_home("old-encrypted"), new_key("ec:P-256"), FORM_OLD_ENCRYPTED, NULL);
    put_key(in_home("public"), new_key("ec:P-256"), FORM_PUBLIC, NULL);
    put_text(in_home("bytes"), "bytes");
    put_text(in_home("damaged"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    put_text(in_home("huge"), "");
    EXPECT(truncate(in_home("huge"), 65537) == 0);
    EXPECT(mkfifo(in_home("fifo"), 0600) == 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned int before = records_with(cases[i].reason);
        preload(cases[i].name, cases[i].name);
        EXPECT(keys.load_key_pair(cases[i].name) != 0);
        expect(records_with(cases[i].reason) == before + 1, "%s: the record does not say \"%s\"",
               cases[i].name, cases[i].reason);
    }
}

static void tells_forged_from_broken(void)
{
    unsigned char ciphertext[64] = {2};
    unsigned char out[64];
    uintptr_t size = sizeof out;
    use_home();
    EXPECT_CODE(keys.create_key_if_not_exists("k", 0x10), 0);
    EXPECT_CODE(keys.decrypt("k", 1, &aead, ciphertext, 40, out, &size), 2);
    EXPECT(records_with("ciphertext does not belong to this key or was modified (key written 20") ==
           1);
    EXPECT(records_with(key_path("k")) == 1);
}

static void cannot_be_forged(void)
{
    use_home();
    EXPECT_CODE(keys.create_key_if_not_exists("x\n<3>2026-01-01T00:00:00Z [ERR!] - forged\x1b[2J", 1),
                0);
    EXPECT_CODE(keys.load_key_pair("x\n<3>2026-01-01T00:00:00Z [ERR!] - forged\x1b[2J"), 2);
    EXPECT(records_with("forged") == 1);
    EXPECT(records_with("\x1b") == 0);
    EXPECT(records_with("load key pair: key \"x <3>2026") == 1);
}

static void stays_readable(void)
{
    static char id[100001];
    struct stat status;
    use_home();
    for (size_t i = 0; i + 1 < sizeof id; i += 2)
        memcpy(id + i, "\xc3\xa9", 2);
    EXPECT_CODE(keys.create_key_if_not_exists(id, 1), 0);
    EXPECT_CODE(keys.load_key_pair(id), 2);
    EXPECT(records_with("load key pair: key \"\xc3\xa9\xc3\xa9") == 1);
    EXPECT(stat(runner_record_path(), &status) == 0 && status.st_size < 10000);
}

static void keeps_secrets(void)
{
    static const unsigned char secret[] = "SECRET-KEY-MATERIAL-0123456789AB";
    static const unsigned char text[] = "SECRET-PLAINTEXT";
    const AZIOT_KEYS_SIGN_DERIVED_PARAMETERS derived = {text, sizeof text, 9, NULL};
    unsigned char out[64] = {2};
    uintptr_t size = sizeof out;
    use_home();
    EXPECT_CODE(keys.import_key("k", secret, sizeof secret - 1, 1), 0);
    EXPECT_CODE(keys.load_key_pair("k"), 2);
    EXPECT_CODE(keys.encrypt("k", 9, NULL, text, sizeof text, out, &size), 1);
    EXPECT_CODE(keys.sign("k", 3, &derived, text, sizeof text, out, &size), 1);
    EXPECT_CODE(keys.create_key_pair_if_not_exists("k", NULL), 2);
    EXPECT(records_with("SECRET") == 0);
    EXPECT(records_with("[ERR!]") == 4);
}

static void warns_of_pem_once(void)
{
    unsigned char out[32];
    uintptr_t size = sizeof out;
    use_home();
    EXPECT_CODE(keys.create_key_pair_if_not_exists("p", NULL), 0);
    for (int i = 0; i < 3; i++) {
        EXPECT_CODE(keys.load_key("p"), 0);
        EXPECT_CODE(keys.sign("p", 2, NULL, out, 1, out, &size), 0);
    }
    EXPECT(records_with("[WARN] - the symmetric key \"p\" is the text of a PEM file") == 1);
}

static void warns_of_lost_preloaded(void)
{
    put_text(in_home("file"), "key");
    preload("k", "file");
    EXPECT_CODE(keys.import_key("k", (const uint8_t *)"new", 3, 1), 0);
    EXPECT_CODE(keys.delete_key("k"), 0);
    EXPECT(records_with("[WARN]") == 2);
    EXPECT(records_with("was overwritten") == 1 && records_with("was removed") == 1);
}

const struct check record_checks[] = {
    {"failures are written in the daemons' format", SCOPE_OWN, follows_the_format, false},
    {"a failure leaves exactly one record, which names operation, key and place", SCOPE_OWN,
     leaves_one_record_a_failure, false},
    {"the record says what is in place of a key", SCOPE_OWN, says_what_is_in_a_file, false},
    {"a forged ciphertext is told from other failures", SCOPE_OWN, tells_forged_from_broken, false},
    {"a key id cannot forge a record", SCOPE_OWN, cannot_be_forged, false},
    {"a long key id does not make a long record", SCOPE_OWN, stays_readable, false},
    {"no secret is in a record", SCOPE_OWN, keeps_secrets, false},
    {"a private key used as symmetric key is warned of once", SCOPE_OWN, warns_of_pem_once, false},
    {"the loss of a preloaded file is warned of", SCOPE_OWN, warns_of_lost_preloaded, false},
    {NULL, SCOPE_ANY, NULL, false},
};

/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <string.h>

#include "check.h"

static void refuses_bad_names(void)
{
    EXPECT_CODE(keys.set_parameter(NULL, "x"), 1);
    EXPECT_CODE(keys.set_parameter("", "x"), 1);
    EXPECT_CODE(keys.set_parameter("\xff", "x"), 1);
    EXPECT_CODE(keys.set_parameter("nonsense", "x"), 1);
    EXPECT_CODE(keys.set_parameter("HOMEDIR_PATH", "x"), 1);
    EXPECT_CODE(keys.set_parameter("preloaded_key", "file:///x"), 1);
    EXPECT_CODE(keys.set_parameter("preloaded_key:", "file:///x"), 1);
}

static void refuses_bad_values(void)
{
    static const char *const names[] = {"homedir_path", "pkcs11_lib_path", "pkcs11_base_slot",
                                        "preloaded_key:a"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        EXPECT_CODE(keys.set_parameter(names[i], NULL), 1);
        EXPECT_CODE(keys.set_parameter(names[i], "\xff"), 1);
    }
}

static void judges_uris(void)
{
    static const struct {
        const char *uri;
        unsigned int code;
    } cases[] = {
        {"file:///x", 0},
        {"file:/x", 0},
        {"file:x", 0},
        {"file://localhost/x", 0},
        {"file:///x%", 0},
        {"file:///x?y#z", 0},
        {"pkcs11:token=t;object=x?pin-value=1", 0},
        {"pkcs11:slot-id=1;object=x;type=%ff", 0},
        {"pkcs11:slot-id=1", 0},
        {"", 1},
        {"/x", 1},
        {"nonsense", 1},
        {"FILE:///x", 1},
        {"http://x/", 1},
        {"file://other/x", 1},
        {"pkcs11:", 1},
        {"pkcs11:object=x", 1},
        {"pkcs11:slot-id=x;object=x", 1},
        {"pkcs11:slot-id=;object=x", 1},
        {"pkcs11:slot-id=99999999999999999999", 1},
        {"pkcs11:token=t;object=%ff", 1},
        {"pkcs11:token=t?pin-value=%ff", 1},
        {"PKCS11:slot-id=1", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned int code = keys.set_parameter("preloaded_key:a", cases[i].uri);
        expect(code == cases[i].code, "\"%s\" answered %u, not %u", cases[i].uri, code,
               cases[i].code);
    }
}

static void reads_file_uris(void)
{
    static const struct {
        const char *before;
        const char *name;
    } cases[] = {
        {"file://", "key"},
        {"file:", "key"},
        {"file://localhost", "key"},
        {"file://LOCALHOST", "key"},
        {"file://", "directory/../key"},
        {"file://", "./key"},
        {"file://", "directory/%2e%2E/key"},
        {"file://", "%6bey"},
        {"file://", "key?query"},
        {"file://", "key#fragment"},
        {"file://", "directory\\..\\key"},
        {"file://", "k\te\ny"},
        {"file://", "key  "},
    };
    put_text(in_home("key"), "key");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char uri[4200];
        snprintf(uri, sizeof uri, "%s%s", cases[i].before, in_home(cases[i].name));
        EXPECT_CODE(keys.set_parameter("preloaded_key:k", uri), 0);
        unsigned int code = keys.load_key("k");
        expect(code == 0, "%s%s answered %u", cases[i].before, cases[i].name, code);
    }
    put_text(in_home("odd %\xc3\xa9"), "key");
    preload("odd", "odd%20%25%c3%a9");
    EXPECT_CODE(keys.load_key("odd"), 0);
    put_text(in_home("stray%zz"), "key");
    preload("stray", "stray%zz");
    EXPECT_CODE(keys.load_key("stray"), 0);
}

static void refuses_nul_in_paths(void)
{
    EXPECT_CODE(keys.set_parameter("preloaded_key:a", "file:///x%00y"), 1);
}

static void takes_the_last_value(void)
{
    put_text(in_home("a"), "first");
    preload("k", "a");
    EXPECT_CODE(keys.load_key("k"), 0);
    preload("k", "b");
    EXPECT_CODE(keys.load_key("k"), 1);
    put_text(in_home("b"), "second");
    EXPECT_CODE(keys.load_key("k"), 0);
}

static void allows_colons_in_ids(void)
{
    put_text(in_home("file"), "key");
    preload("a:b:c", "file");
    EXPECT_CODE(keys.load_key("a:b:c"), 0);
}

static void knows_no_place(void)
{
    EXPECT_CODE(keys.create_key_if_not_exists("k", 1), 1);
    EXPECT_CODE(keys.load_key("k"), 1);
    EXPECT_CODE(keys.create_key_pair_if_not_exists("p", NULL), 1);
    if (keys.move_key_pair == NULL)
        return;
    EXPECT_CODE(keys.delete_key("k"), 1);
    EXPECT_CODE(keys.move_key_pair("p", "q"), 1);
}

static void refuses_tokens(void)
{
    EXPECT_CODE(keys.set_parameter("pkcs11_lib_path", "/usr/lib/x.so"), 1);
    EXPECT_CODE(keys.set_parameter("pkcs11_base_slot", "pkcs11:token=t"), 1);
    EXPECT(records_with("PKCS#11 tokens are not supported") == 2);
    EXPECT_CODE(keys.set_parameter("preloaded_key:a", "pkcs11:token=t;object=o"), 0);
    EXPECT_CODE(keys.load_key_pair("a"), 1);
    EXPECT_CODE(keys.load_key("a"), 1);
    EXPECT(records_with("pkcs11_lib_path is not set") == 2);
}

static void keeps_pins_to_itself(void)
{
    EXPECT_CODE(keys.set_parameter("preloaded_key:a", "pkcs11:object=x?pin-value=8675309"), 1);
    EXPECT_CODE(keys.set_parameter("preloaded_key:a", "pkcs11:slot-id=z?pin-value=8675309"), 1);
    EXPECT_CODE(keys.set_parameter("pkcs11_base_slot", "pkcs11:slot-id=1?pin-value=8675309"), 1);
    EXPECT(records_with("8675309") == 0);
}

const struct check parameter_checks[] = {
    {"unknown names of parameters are refused", SCOPE_ANY, refuses_bad_names, false},
    {"a value that is NULL or not UTF-8 is refused", SCOPE_ANY, refuses_bad_values, false},
    {"places of preloaded keys are accepted and refused as they should", SCOPE_ANY, judges_uris, false},
    {"file: URIs lead to the file they mean", SCOPE_FILES, reads_file_uris, false},
    {"a path with an encoded NUL is refused", SCOPE_OWN, refuses_nul_in_paths, false},
    {"a parameter can be set again", SCOPE_FILES, takes_the_last_value, false},
    {"the id of a preloaded key may contain colons", SCOPE_FILES, allows_colons_in_ids, false},
    {"without a place for keys everything is refused", SCOPE_ANY, knows_no_place, false},
    {"parameters of tokens are refused with a reason", SCOPE_OWN, refuses_tokens, false},
    {"a PIN is never written anywhere", SCOPE_OWN, keeps_pins_to_itself, false},
    {NULL, SCOPE_ANY, NULL, false},
};

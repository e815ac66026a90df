/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "check.h"

/* Offsets and sizes as they are, not as a compiler lays the header out. */
enum { POINTERS_START = 8, POINTERS_2_0 = 12, POINTERS_2_1 = 15 };

static void expect_pointers(unsigned int version, size_t count)
{
    const AZIOT_KEYS_FUNCTION_LIST *list = NULL;
    unsigned int found;
    EXPECT_CODE(get_function_list(version, &list), 0);
    if (list == NULL) {
        expect(false, "no list");
        return;
    }
    memcpy(&found, list, sizeof found);
    expect(found == version, "the list says version 0x%08x", found);
    for (size_t i = 0; i < count; i++) {
        void *pointer;
        memcpy(&pointer, (const char *)list + POINTERS_START + i * sizeof pointer, sizeof pointer);
        expect(pointer != NULL, "the pointer at offset %zu is NULL",
               POINTERS_START + i * sizeof pointer);
    }
}

static void offers_2_0(void)
{
    expect_pointers(0x02000000, POINTERS_2_0);
    EXPECT(sizeof(AZIOT_KEYS_FUNCTION_LIST_2_0_0_0) == 104);
}

static void offers_2_1(void)
{
    expect_pointers(0x02010000, POINTERS_2_1);
    EXPECT(sizeof(AZIOT_KEYS_FUNCTION_LIST_2_1_0_0) == 128);
}

static void refuses_other_versions(void)
{
    static const unsigned int versions[] = {0, 0x01000000, 0x02000001, 0x02020000, 0xffffffff};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        static const AZIOT_KEYS_FUNCTION_LIST untouched;
        const AZIOT_KEYS_FUNCTION_LIST *list = &untouched;
        EXPECT_CODE(get_function_list(versions[i], &list), 1);
        EXPECT(list == &untouched);
    }
}

static void refuses_null(void)
{
    EXPECT_CODE(get_function_list(0x02010000, NULL), 1);
    EXPECT_CODE(get_function_list(0x02000000, NULL), 1);
}

static void answers_again(void)
{
    const AZIOT_KEYS_FUNCTION_LIST *first = NULL;
    const AZIOT_KEYS_FUNCTION_LIST *second = NULL;
    const AZIOT_KEYS_FUNCTION_LIST *other = NULL;
    use_home();
    EXPECT_CODE(get_function_list(0x02010000, &first), 0);
    EXPECT_CODE(get_function_list(0x02000000, &other), 0);
    EXPECT_CODE(get_function_list(0x02010000, &second), 0);
    EXPECT(first == second);
    /* Nothing that was set is forgotten. */
    EXPECT_CODE(keys.create_key_if_not_exists("k", 1), 0);
}

static void refuses_null_ids(void)
{
    unsigned char out[64];
    uintptr_t size = sizeof out;
    AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS aead = {out, 12, out, 0};
    int ok = 0;
    use_home();
    EXPECT_CODE(keys.create_key_pair_if_not_exists(NULL, NULL), 1);
    EXPECT_CODE(keys.load_key_pair(NULL), 1);
    EXPECT_CODE(keys.get_key_pair_parameter(NULL, 1, out, &size), 1);
    EXPECT_CODE(keys.create_key_if_not_exists(NULL, 1), 1);
    EXPECT_CODE(keys.load_key(NULL), 1);
    EXPECT_CODE(keys.import_key(NULL, out, 1, 1), 1);
    EXPECT_CODE(keys.derive_key(NULL, out, 1, out, &size), 1);
    EXPECT_CODE(keys.sign(NULL, 2, NULL, out, 1, out, &size), 1);
    EXPECT_CODE(keys.verify(NULL, 2, NULL, out, 1, out, 32, &ok), 1);
    EXPECT_CODE(keys.encrypt(NULL, 1, &aead, out, 1, out, &size), 1);
    EXPECT_CODE(keys.decrypt(NULL, 1, &aead, out, 17, out, &size), 1);
    if (keys.move_key_pair == NULL)
        return;
    EXPECT_CODE(keys.move_key_pair(NULL, "a"), 1);
    EXPECT_CODE(keys.move_key_pair("a", NULL), 1);
    EXPECT_CODE(keys.delete_key_pair(NULL), 1);
    EXPECT_CODE(keys.delete_key(NULL), 1);
}

static void refuses_other_encodings(void)
{
    static const char *const bad[] = {"\xff",         "a\x80",            "\xc3",     "\xc0\xaf",
                                      "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xf0\x9f\x98"};
    use_home();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        EXPECT_CODE(keys.load_key(bad[i]), 1);
        EXPECT_CODE(keys.create_key_if_not_exists(bad[i], 1), 1);
        EXPECT_CODE(keys.create_key_pair_if_not_exists(bad[i], NULL), 1);
        EXPECT_CODE(keys.create_key_pair_if_not_exists("p", bad[i]), 1);
    }
    EXPECT_CODE(keys.create_key_if_not_exists("sch\xc3\xb6n \xe2\x82\xac \xf0\x9f\x98\x80", 1), 0);
}

const struct check interface_checks[] = {
    {"version 2.0.0.0 has twelve functions at their offsets", SCOPE_ANY, offers_2_0, false},
    {"version 2.1.0.0 has fifteen functions at their offsets", SCOPE_ANY, offers_2_1, false},
    {"unknown versions are refused and the pointer is left alone", SCOPE_ANY,
     refuses_other_versions, false},
    {"a NULL pointer for the list is refused", SCOPE_ANY, refuses_null, false},
    {"asking again gives the same list and keeps the state", SCOPE_ANY, answers_again, false},
    {"NULL in place of an id is refused by every function", SCOPE_ANY, refuses_null_ids, false},
    {"ids that are not UTF-8 are refused", SCOPE_ANY, refuses_other_encodings, false},
    {NULL, SCOPE_ANY, NULL, false},
};

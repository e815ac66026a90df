/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "check.h"

static void creates_once(void)
{
    unsigned char first[32];
    unsigned char second[32];
    uintptr_t size = sizeof first;
    use_home();
    EXPECT_CODE(keys.create_key_if_not_exists("k", AZIOT_KEYS_KEY_USAGE_SIGN), 0);
    EXPECT_CODE(keys.sign("k", 2, NULL, (const unsigned char *)"m", 1, first, &size), 0);
    EXPECT_CODE(keys.create_key_if_not_exists("k", AZIOT_KEYS_KEY_USAGE_SIGN), 0);
    EXPECT_CODE(keys.sign("k", 2, NULL, (const unsigned char *)"m", 1, second, &size), 0);
    EXPECT(memcmp(first, second, sizeof first) == 0);
}

static void finds_missing_keys_missing(void)
{
    unsigned char out[32];
    uintptr_t size = sizeof out;
    int ok = 77;
    use_home();
    EXPECT_CODE(keys.load_key("none"), 1);
    EXPECT_CODE(keys.derive_key("none", out, 1, out, &size), 1);
    EXPECT_CODE(keys.sign("none", 2, NULL, out, 1, out, &size), 1);
    EXPECT_CODE(keys.verify("none", 2, NULL, out, 1, out, 32, &ok), 1);
    EXPECT(ok == 77);
    EXPECT(size == sizeof out);
}

static void imports_over_keys(void)
{
    unsigned char mac[32];
    uintptr_t size = sizeof mac;
    use_home();
    EXPECT_CODE(keys.import_key("k", (const uint8_t *)"one", 3, 1), 0);
    EXPECT_CODE(keys.import_key("k", (const uint8_t *)"Jefe", 4, 1), 0);
    /* RFC 4231, test case 2. */
    EXPECT_CODE(keys.sign("k", 2, NULL, (const unsigned char *)"what do ya want for nothing?", 28,
                          mac, &size),
                0);
    EXPECT(is_hex(mac, size, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
}

static void refuses_bad_imports(void)
{
    use_home();
    EXPECT_CODE(keys.import_key("k", NULL, 0, 1), 1);
    EXPECT_CODE(keys.import_key("k", NULL, 3, 1), 1);
    EXPECT_CODE(keys.load_key("k"), 1);
}

static void refuses_odd_sizes(void)
{
    static unsigned char large[64 * 1024 + 1];
    use_home();
    EXPECT_CODE(keys.import_key("k", large, 0, 1), 1);
    EXPECT_CODE(keys.import_key("k", large, sizeof large, 1), 1);
    EXPECT_CODE(keys.import_key("k", large, UINTPTR_MAX, 1), 1);
    EXPECT(!is_there(key_path("k")));
    EXPECT_CODE(keys.import_key("k", large, sizeof large - 1, 1), 0);
    EXPECT_CODE(keys.load_key("k"), 0);
}

static void takes_keys_of_any_length(void)
{
    static const size_t sizes[] = {1, 5, 31, 33, 64, 65, 100, 4096};
    unsigned char key[4096] = {1};
    unsigned char mac[32];
    uintptr_t size = sizeof mac;
    use_home();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        EXPECT_CODE(keys.import_key("k", key, sizes[i], 1), 0);
        EXPECT_CODE(keys.load_key("k"), 0);
        EXPECT_CODE(keys.sign("k", 2, NULL, key, 0, mac, &size), 0);
    }
}

static void derives(void)
{
    unsigned char derived[32];
    uintptr_t size = sizeof derived;
    use_home();
    import_example("k");
    EXPECT_CODE(keys.derive_key("k", (const uint8_t *)"m1:g1:primary", 13, derived, &size), 0);
    EXPECT(is_hex(derived, size,
                  "f9ea657a1643bffc67b9b69c335e271fc10cc8cf2d66b8353f8b428792c91848"));
    EXPECT_CODE(keys.derive_key("k", NULL, 0, derived, &size), 1);
    EXPECT_CODE(keys.derive_key("k", derived, 0, derived, &size), 0);
    EXPECT_CODE(keys.derive_key("k", derived, 1, derived, NULL), 1);
}

static void signs_with_derived_keys(void)
{
    static const unsigned char data[] = "m1:g1:primary";
    const AZIOT_KEYS_SIGN_DERIVED_PARAMETERS good = {data, 13, 2, NULL};
    unsigned char derived[32];
    unsigned char expected[32];
    unsigned char actual[32];
    uintptr_t size = 32;
    use_home();
    import_example("k");
    EXPECT_CODE(keys.derive_key("k", data, 13, derived, &size), 0);
    EXPECT_CODE(keys.import_key("derived", derived, 32, 1), 0);
    EXPECT_CODE(keys.sign("derived", 2, NULL, data, 5, expected, &size), 0);
    EXPECT_CODE(keys.sign("k", 3, &good, data, 5, actual, &size), 0);
    EXPECT(memcmp(expected, actual, 32) == 0);
}

static void refuses_bad_derivations(void)
{
    static const unsigned char data[] = "x";
    const AZIOT_KEYS_SIGN_DERIVED_PARAMETERS none = {NULL, 0, 2, NULL};
    const AZIOT_KEYS_SIGN_DERIVED_PARAMETERS ecdsa = {data, 1, 1, NULL};
    const AZIOT_KEYS_SIGN_DERIVED_PARAMETERS nested = {data, 1, 3, NULL};
    const AZIOT_KEYS_SIGN_DERIVED_PARAMETERS unknown = {data, 1, 9, NULL};
    unsigned char out[32];
    uintptr_t size = sizeof out;
    use_home();
    import_example("k");
    EXPECT_CODE(keys.sign("k", 3, NULL, data, 1, out, &size), 1);
    EXPECT_CODE(keys.sign("k", 3, &none, data, 1, out, &size), 1);
    EXPECT_CODE(keys.sign("k", 3, &ecdsa, data, 1, out, &size), 1);
    EXPECT_CODE(keys.sign("k", 3, &nested, data, 1, out, &size), 1);
    EXPECT_CODE(keys.sign("k", 3, &unknown, data, 1, out, &size), 1);
    EXPECT(size == sizeof out);
}

static void refuses_bad_signing(void)
{
    unsigned char out[32];
    uintptr_t size = sizeof out;
    use_home();
    import_example("k");
    EXPECT_CODE(keys.sign("k", 2, NULL, NULL, 0, out, &size), 1);
    EXPECT_CODE(keys.sign("k", 2, NULL, out, 1, out, NULL), 1);
    EXPECT_CODE(keys.sign("k", 0, NULL, out, 1, out, &size), 1);
    EXPECT_CODE(keys.sign("k", 4, NULL, out, 1, out, &size), 1);
    EXPECT(size == sizeof out);
}

static void verifies(void)
{
    static const unsigned char message[] = "message";
    unsigned char mac[33] = {0};
    uintptr_t size = 32;
    int ok = 77;
    use_home();
    import_example("k");
    EXPECT_CODE(keys.sign("k", 2, NULL, message, 7, mac, &size), 0);
    EXPECT_CODE(keys.verify("k", 2, NULL, message, 7, mac, 32, &ok), 0);
    EXPECT(ok == 1);
    for (unsigned int bit = 0; bit < 256; bit++) {
        mac[bit / 8] ^= (unsigned char)(1 << bit % 8);
        ok = 77;
        EXPECT_CODE(keys.verify("k", 2, NULL, message, 7, mac, 32, &ok), 0);
        expect(ok == 0, "bit %u does not count", bit);
        mac[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    for (size_t length = 0; length <= 33; length++) {
        ok = 77;
        EXPECT_CODE(keys.verify("k", 2, NULL, message, 7, mac, length, &ok), 0);
        expect(ok == (length == 32), "%zu bytes of a signature verify as %d", length, ok);
    }
}

static void refuses_bad_verification(void)
{
    unsigned char mac[32] = {0};
    int ok = 77;
    use_home();
    import_example("k");
    EXPECT_CODE(keys.verify("k", 2, NULL, NULL, 0, mac, 32, &ok), 1);
    EXPECT_CODE(keys.verify("k", 2, NULL, mac, 1, NULL, 0, &ok), 1);
    EXPECT_CODE(keys.verify("k", 2, NULL, mac, 1, mac, 32, NULL), 1);
    EXPECT_CODE(keys.verify("k", 1, NULL, mac, 1, mac, 32, &ok), 1);
    EXPECT_CODE(keys.verify("k", 3, mac, mac, 1, mac, 32, &ok), 1);
    EXPECT_CODE(keys.verify("k", 9, NULL, mac, 1, mac, 32, &ok), 1);
    EXPECT(ok == 77);
}

static void deletes(void)
{
    if (keys.delete_key == NULL)
        return;
    use_home();
    EXPECT_CODE(keys.create_key_if_not_exists("k", 1), 0);
    EXPECT_CODE(keys.delete_key("k"), 0);
    EXPECT_CODE(keys.load_key("k"), 1);
    EXPECT_CODE(keys.delete_key("k"), 0);
}

static void takes_any_usage(void)
{
    static const unsigned int usages[] = {0, 1, 2, 0x10, 0x11, 0xffffffff};
    use_home();
    for (size_t i = 0; i < sizeof usages / sizeof usages[0]; i++) {
        EXPECT_CODE(keys.import_key("imported", (const uint8_t *)"x", 1, usages[i]), 0);
        EXPECT_CODE(keys.create_key_if_not_exists("k", usages[i]), 0);
    }
}

static void makes_random_keys(void)
{
    unsigned char first[33];
    unsigned char second[33];
    use_home();
    EXPECT_CODE(keys.create_key_if_not_exists("a", 1), 0);
    EXPECT_CODE(keys.create_key_if_not_exists("b", 0x10), 0);
    EXPECT(get_file(key_path("a"), first, sizeof first) == 32);
    EXPECT(get_file(key_path("b"), second, sizeof second) == 32);
    EXPECT(memcmp(first, second, 32) != 0);
}

const struct check symmetric_checks[] = {
    {"a key is made once and then kept", SCOPE_ANY, creates_once, false},
    {"a missing key is an invalid parameter", SCOPE_ANY, finds_missing_keys_missing, false},
    {"an import replaces the key, and HMAC-SHA-256 is what RFC 4231 says", SCOPE_ANY,
     imports_over_keys, false},
    {"an import without bytes is refused", SCOPE_ANY, refuses_bad_imports, false},
    {"an empty key and one over 64 KiB are refused before anything is touched", SCOPE_OWN,
     refuses_odd_sizes, false},
    {"HMAC keys of any length work", SCOPE_FILES, takes_keys_of_any_length, false},
    {"a derived key is HMAC-SHA-256 of the data", SCOPE_ANY, derives, false},
    {"signing with a derived key equals signing with what derive_key hands out", SCOPE_ANY,
     signs_with_derived_keys, false},
    {"derivations that do not make sense are refused", SCOPE_ANY, refuses_bad_derivations, false},
    {"signing without digest, length or known mechanism is refused", SCOPE_ANY,
     refuses_bad_signing, false},
    {"verification accepts the whole signature and nothing else", SCOPE_ANY, verifies, false},
    {"verification without its arguments, or of other mechanisms, is refused", SCOPE_ANY,
     refuses_bad_verification, false},
    {"deleting works, and twice as well", SCOPE_ANY, deletes, false},
    {"keys in files are for any usage", SCOPE_FILES, takes_any_usage, false},
    {"a made key is 32 random bytes", SCOPE_FILES, makes_random_keys, false},
    {NULL, SCOPE_ANY, NULL, false},
};

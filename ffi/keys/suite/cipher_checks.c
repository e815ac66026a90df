/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "check.h"

static const unsigned char plaintext[] = "open 40%";
static const unsigned char aad[] = "valve-1";
static const unsigned char iv[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const char version_1[] = "0198bdbb855a8d50db25c8d45ee1a88716f7232210186bb5ce";
static const char version_2[] = "02f7232210186bb5ce98bdbb855a8d50db25c8d45ee1a88716";

static const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS aead = {iv, 12, aad, 7};

enum { TEXT_SIZE = 8, CIPHER_SIZE = TEXT_SIZE + 17 };

static void encrypts_the_example(void)
{
    const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS long_iv = {iv, 16, aad, 7};
    unsigned char out[64];
    uintptr_t size = sizeof out;
    use_home();
    import_example("k");
    EXPECT_CODE(keys.encrypt("k", 1, &aead, plaintext, TEXT_SIZE, out, &size), 0);
    EXPECT(is_hex(out, size, version_2));
    size = sizeof out;
    EXPECT_CODE(keys.encrypt("k", 1, &long_iv, plaintext, TEXT_SIZE, out, &size), 0);
    EXPECT(is_hex(out, size, "0212e1b36ae5a7e7591613d9fe969b36060b128836f8b51a48"));
}

static void decrypts_both_versions(void)
{
    static const char *const examples[] = {version_1, version_2};
    use_home();
    import_example("k");
    for (size_t i = 0; i < 2; i++) {
        unsigned char ciphertext[64];
        unsigned char out[64];
        uintptr_t size = sizeof out;
        size_t length = from_hex(examples[i], ciphertext);
        EXPECT_CODE(keys.decrypt("k", 1, &aead, ciphertext, length, out, &size), 0);
        EXPECT(size == TEXT_SIZE && memcmp(out, plaintext, TEXT_SIZE) == 0);
    }
}

static void notices_every_bit(void)
{
    static const char *const examples[] = {version_1, version_2};
    use_home();
    import_example("k");
    for (size_t i = 0; i < 2; i++) {
        unsigned char ciphertext[64];
        size_t length = from_hex(examples[i], ciphertext);
        for (size_t bit = 0; bit < length * 8; bit++) {
            unsigned char out[64];
            uintptr_t size = sizeof out;
            memset(out, 0xaa, sizeof out);
            ciphertext[bit / 8] ^= (unsigned char)(1 << bit % 8);
            unsigned int code = keys.decrypt("k", 1, &aead, ciphertext, length, out, &size);
            /* The first byte is the version: an unknown one is the caller's mistake. */
            unsigned int version = ciphertext[0];
            unsigned int expected = version == 1 || version == 2 ? 2 : 1;
            expect(code == expected, "bit %zu flipped: %u", bit, code);
            expect(size == sizeof out, "bit %zu flipped: the length is %zu", bit, size);
            for (size_t j = 0; j < sizeof out; j++)
                expect(out[j] == 0xaa, "bit %zu flipped: byte %zu was written", bit, j);
            ciphertext[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
    }
}

static void notices_other_inputs(void)
{
    const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS other_aad = {iv, 12, aad, 6};
    const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS no_aad = {iv, 12, NULL, 0};
    const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS other_iv = {iv, 13, aad, 7};
    unsigned char ciphertext[64];
    unsigned char out[64];
    uintptr_t size = sizeof out;
    size_t length = from_hex(version_2, ciphertext);
    use_home();
    import_example("k");
    EXPECT_CODE(keys.create_key_if_not_exists("other", 0x10), 0);
    EXPECT_CODE(keys.decrypt("k", 1, &other_aad, ciphertext, length, out, &size), 2);
    EXPECT_CODE(keys.decrypt("k", 1, &no_aad, ciphertext, length, out, &size), 2);
    EXPECT_CODE(keys.decrypt("k", 1, &other_iv, ciphertext, length, out, &size), 2);
    EXPECT_CODE(keys.decrypt("other", 1, &aead, ciphertext, length, out, &size), 2);
    EXPECT_CODE(keys.decrypt("k", 1, &aead, ciphertext, length, out, &size), 0);
}

static void refuses_malformed(void)
{
    unsigned char ciphertext[64] = {0};
    unsigned char out[64];
    uintptr_t size = sizeof out;
    use_home();
    import_example("k");
    EXPECT_CODE(keys.decrypt("k", 1, &aead, ciphertext, 0, out, &size), 1);
    for (unsigned int version = 0; version < 256; version++) {
        ciphertext[0] = (unsigned char)version;
        EXPECT_CODE(keys.decrypt("k", 1, &aead, ciphertext, 1, out, &size), 1);
        EXPECT_CODE(keys.decrypt("k", 1, &aead, ciphertext, 16, out, &size), 1);
        EXPECT_CODE(keys.decrypt("k", 1, &aead, ciphertext, 17, out, &size),
                    version == 1 || version == 2 ? 2u : 1u);
    }
    EXPECT(size == sizeof out);
}

static void takes_ivs_of_any_size(void)
{
    unsigned char long_iv[129] = {7};
    unsigned char ciphertext[64];
    unsigned char out[64];
    use_home();
    import_example("k");
    for (size_t length = 0; length <= sizeof long_iv; length++) {
        const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS parameters = {long_iv, length, aad, 7};
        unsigned int expected = length >= 1 && length <= 128 ? 0 : 2;
        uintptr_t size = sizeof ciphertext;
        unsigned int code = keys.encrypt("k", 1, &parameters, plaintext, TEXT_SIZE, ciphertext, &size);
        expect(code == expected, "an IV of %zu bytes answered %u", length, code);
        if (code != 0)
            continue;
        uintptr_t plain_size = sizeof out;
        EXPECT_CODE(keys.decrypt("k", 1, &parameters, ciphertext, size, out, &plain_size), 0);
        EXPECT(plain_size == TEXT_SIZE && memcmp(out, plaintext, TEXT_SIZE) == 0);
    }
}

static void survives_no_iv(void)
{
    const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS none = {NULL, 0, aad, 7};
    const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS lost_iv = {NULL, 12, aad, 7};
    const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS lost_aad = {iv, 12, NULL, 7};
    unsigned char out[64];
    uintptr_t size = sizeof out;
    use_home();
    import_example("k");
    EXPECT_CODE(keys.encrypt("k", 1, &none, plaintext, TEXT_SIZE, out, &size), 2);
    EXPECT_CODE(keys.encrypt("k", 1, &lost_iv, plaintext, TEXT_SIZE, out, &size), 1);
    EXPECT_CODE(keys.encrypt("k", 1, &lost_aad, plaintext, TEXT_SIZE, out, &size), 1);
    EXPECT(size == sizeof out);
}

static void refuses_huge_lengths(void)
{
    const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS huge_iv = {iv, UINTPTR_MAX, aad, 7};
    const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS huge_aad = {iv, 12, aad, (uintptr_t)1 << 31};
    unsigned char out[64];
    uintptr_t size = sizeof out;
    use_home();
    import_example("k");
    EXPECT_CODE(keys.encrypt("k", 1, &huge_iv, plaintext, 1, out, &size), 1);
    EXPECT_CODE(keys.encrypt("k", 1, &huge_aad, plaintext, 1, out, &size), 1);
    EXPECT_CODE(keys.encrypt("k", 1, &aead, plaintext, UINTPTR_MAX, out, &size), 1);
    EXPECT_CODE(keys.decrypt("k", 1, &aead, plaintext, UINTPTR_MAX, out, &size), 1);
    EXPECT_CODE(keys.sign("k", 2, NULL, plaintext, (uintptr_t)1 << 31, out, &size), 1);
    EXPECT_CODE(keys.derive_key("k", plaintext, (uintptr_t)1 << 31, out, &size), 1);
    EXPECT(size == sizeof out);
}

static void handles_empty_texts(void)
{
    const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS no_aad = {iv, 12, NULL, 0};
    unsigned char ciphertext[64];
    unsigned char out[1] = {0xaa};
    uintptr_t size = sizeof ciphertext;
    uintptr_t plain_size = sizeof out;
    use_home();
    import_example("k");
    EXPECT_CODE(keys.encrypt("k", 1, &no_aad, plaintext, 0, ciphertext, &size), 0);
    EXPECT(size == 17);
    EXPECT_CODE(keys.decrypt("k", 1, &no_aad, ciphertext, size, out, &plain_size), 0);
    EXPECT(plain_size == 0 && out[0] == 0xaa);
}

static void encrypts_with_derived_keys(void)
{
    const AZIOT_KEYS_ENCRYPT_DERIVED_PARAMETERS good = {aad, 7, 1, &aead};
    unsigned char derived[32];
    unsigned char expected[CIPHER_SIZE];
    unsigned char actual[CIPHER_SIZE];
    unsigned char out[TEXT_SIZE];
    uintptr_t size = sizeof derived;
    use_home();
    import_example("k");
    EXPECT_CODE(keys.derive_key("k", aad, 7, derived, &size), 0);
    EXPECT_CODE(keys.import_key("derived", derived, 32, 0x10), 0);
    size = sizeof expected;
    EXPECT_CODE(keys.encrypt("derived", 1, &aead, plaintext, TEXT_SIZE, expected, &size), 0);
    EXPECT_CODE(keys.encrypt("k", 4, &good, plaintext, TEXT_SIZE, actual, &size), 0);
    EXPECT(memcmp(expected, actual, sizeof expected) == 0);
    size = sizeof out;
    EXPECT_CODE(keys.decrypt("k", 4, &good, actual, sizeof actual, out, &size), 0);
    EXPECT(memcmp(out, plaintext, sizeof out) == 0);
}

static void refuses_bad_derivations(void)
{
    const AZIOT_KEYS_ENCRYPT_DERIVED_PARAMETERS bad[] = {
        {NULL, 0, 1, &aead}, {aad, 7, 1, NULL},  {aad, 7, 2, &aead},
        {aad, 7, 3, &aead},  {aad, 7, 4, &aead}, {aad, 7, 0, &aead},
    };
    unsigned char out[64] = {2};
    uintptr_t size = sizeof out;
    use_home();
    import_example("k");
    EXPECT_CODE(keys.encrypt("k", 4, NULL, plaintext, TEXT_SIZE, out, &size), 1);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        EXPECT_CODE(keys.encrypt("k", 4, &bad[i], plaintext, TEXT_SIZE, out, &size), 1);
        EXPECT_CODE(keys.decrypt("k", 4, &bad[i], out, 32, out, &size), 1);
    }
    EXPECT(size == sizeof out);
}

static void refuses_bad_arguments(void)
{
    unsigned char out[64] = {2};
    uintptr_t size = sizeof out;
    use_home();
    import_example("k");
    EXPECT_CODE(keys.encrypt("k", 1, NULL, plaintext, 1, out, &size), 1);
    EXPECT_CODE(keys.encrypt("k", 1, &aead, NULL, 0, out, &size), 1);
    EXPECT_CODE(keys.encrypt("k", 1, &aead, plaintext, 1, out, NULL), 1);
    EXPECT_CODE(keys.encrypt("k", 0, &aead, plaintext, 1, out, &size), 1);
    EXPECT_CODE(keys.encrypt("k", 5, &aead, plaintext, 1, out, &size), 1);
    EXPECT_CODE(keys.encrypt("none", 1, &aead, plaintext, 1, out, &size), 1);
    EXPECT_CODE(keys.decrypt("k", 1, NULL, out, 32, out, &size), 1);
    EXPECT_CODE(keys.decrypt("k", 1, &aead, NULL, 0, out, &size), 1);
    EXPECT_CODE(keys.decrypt("k", 1, &aead, out, 32, out, NULL), 1);
    /* Decryption with RSA does not exist. */
    EXPECT_CODE(keys.decrypt("k", 2, NULL, out, 32, out, &size), 1);
    EXPECT_CODE(keys.decrypt("k", 3, NULL, out, 32, out, &size), 1);
    EXPECT_CODE(keys.decrypt("none", 1, &aead, out, 32, out, &size), 1);
    EXPECT(size == sizeof out);
}

static void needs_32_bytes(void)
{
    static const size_t sizes[] = {1, 16, 24, 31, 33, 64};
    unsigned char key[64] = {0};
    unsigned char out[64];
    uintptr_t size = sizeof out;
    use_home();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        EXPECT_CODE(keys.import_key("k", key, sizes[i], 0x10), 0);
        EXPECT_CODE(keys.encrypt("k", 1, &aead, plaintext, 1, out, &size), 2);
    }
    EXPECT(size == sizeof out);
}

const struct check cipher_checks[] = {
    {"the worked examples come out, also with an IV of 16 bytes", SCOPE_ANY, encrypts_the_example, false},
    {"ciphertexts of both versions decrypt", SCOPE_FILES, decrypts_both_versions, false},
    {"a single flipped bit is noticed and nothing is handed out", SCOPE_FILES, notices_every_bit, false},
    {"another key, IV or additional data is noticed", SCOPE_ANY, notices_other_inputs, false},
    {"what is no ciphertext is an invalid parameter", SCOPE_FILES, refuses_malformed, false},
    {"IVs of 1 to 128 bytes work, others do not", SCOPE_FILES, takes_ivs_of_any_size, false},
    {"a missing IV or lost buffer is answered, not a crash", SCOPE_OWN, survives_no_iv, false},
    {"lengths beyond reason are refused", SCOPE_OWN, refuses_huge_lengths, false},
    {"empty texts and empty additional data work", SCOPE_ANY, handles_empty_texts, false},
    {"encrypting with a derived key equals encrypting with what derive_key hands out", SCOPE_ANY,
     encrypts_with_derived_keys, false},
    {"derivations that do not make sense are refused", SCOPE_ANY, refuses_bad_derivations, false},
    {"missing arguments and unknown mechanisms are refused", SCOPE_ANY, refuses_bad_arguments, false},
    {"a key that has not 32 bytes cannot encrypt", SCOPE_FILES, needs_32_bytes, false},
    {NULL, SCOPE_ANY, NULL, false},
};

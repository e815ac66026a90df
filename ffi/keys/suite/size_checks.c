/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "check.h"

static const unsigned char input[512] = {2, 1};
static const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS aead = {input, 12, input, 3};

/* One function that hands out bytes, with everything but the output fixed. */
typedef unsigned int call(unsigned char *out, uintptr_t *size);

static unsigned int parameter(unsigned char *out, uintptr_t *size)
{
    return keys.get_key_pair_parameter("p", AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE_EC_POINT, out, size);
}

static unsigned int derive(unsigned char *out, uintptr_t *size)
{
    return keys.derive_key("k", input, 20, out, size);
}

static unsigned int sign_hmac(unsigned char *out, uintptr_t *size)
{
    return keys.sign("k", 2, NULL, input, 20, out, size);
}

static unsigned int sign_ecdsa(unsigned char *out, uintptr_t *size)
{
    return keys.sign("p", 1, NULL, input, 32, out, size);
}

static unsigned int encrypt(unsigned char *out, uintptr_t *size)
{
    return keys.encrypt("k", 1, &aead, input, 20, out, size);
}

static unsigned char ciphertext[37];

static unsigned int decrypt(unsigned char *out, uintptr_t *size)
{
    return keys.decrypt("k", 1, &aead, ciphertext, sizeof ciphertext, out, size);
}

static void prepare(void)
{
    uintptr_t size = sizeof ciphertext;
    use_home();
    EXPECT_CODE(keys.create_key_if_not_exists("k", 0x10), 0);
    EXPECT_CODE(keys.create_key_pair_if_not_exists("p", "ec-p256"), 0);
    EXPECT_CODE(encrypt(ciphertext, &size), 0);
}

static const struct {
    const char *name;
    call *call;
    size_t bound;
    bool is_exact;
} calls[] = {
    {"get_key_pair_parameter", parameter, 33, true},
    {"derive_key", derive, 32, true},
    {"sign with HMAC", sign_hmac, 32, true},
    {"sign with ECDSA", sign_ecdsa, 72, false},
    {"encrypt", encrypt, 37, true},
    {"decrypt", decrypt, 20, true},
};

enum { CALLS = sizeof calls / sizeof calls[0] };

static void answers_queries(void)
{
    prepare();
    for (size_t i = 0; i < CALLS; i++) {
        unsigned char out[600];
        uintptr_t size = 0;
        unsigned int code = calls[i].call(NULL, &size);
        expect(code == 0, "%s: a query answered %u", calls[i].name, code);
        expect(calls[i].is_exact ? size == calls[i].bound : size >= 66 && size <= calls[i].bound,
               "%s: a query gave %zu", calls[i].name, size);
        size = 5;
        code = calls[i].call(NULL, &size);
        expect(code == 0 && size > 5, "%s: a query counted the length it was given", calls[i].name);
        size = calls[i].bound;
        code = calls[i].call(out, &size);
        expect(code == 0, "%s: a buffer of just that size answered %u", calls[i].name, code);
        expect(size <= calls[i].bound && size > 0, "%s: wrote %zu", calls[i].name, size);
    }
}

static void refuses_short_buffers(void)
{
    prepare();
    for (size_t i = 0; i < CALLS; i++) {
        unsigned char out[600];
        uintptr_t room = calls[i].is_exact ? calls[i].bound - 1 : 60;
        for (uintptr_t size = room; size != 0; size = size > 1 ? size / 2 : 0) {
            uintptr_t length = size;
            memset(out, 0xaa, sizeof out);
            unsigned int code = calls[i].call(out, &length);
            expect(code == 1, "%s: a buffer of %zu answered %u", calls[i].name, size, code);
            expect(length > room && length <= calls[i].bound, "%s: needs %zu", calls[i].name, length);
            for (size_t j = size; j < sizeof out; j++)
                expect(out[j] == 0xaa, "%s: byte %zu was written", calls[i].name, j);
        }
    }
}

static void writes_no_more(void)
{
    prepare();
    for (size_t i = 0; i < CALLS; i++) {
        unsigned char out[600];
        uintptr_t size = sizeof out;
        memset(out, 0xaa, sizeof out);
        unsigned int code = calls[i].call(out, &size);
        expect(code == 0, "%s answered %u", calls[i].name, code);
        for (size_t j = size; j < sizeof out; j++)
            expect(out[j] == 0xaa, "%s: byte %zu after the end was written", calls[i].name, j);
    }
}

static void leaves_lengths_alone(void)
{
    unsigned char out[64];
    uintptr_t size = 1234;
    prepare();
    EXPECT_CODE(keys.get_key_pair_parameter("none", 1, NULL, &size), 1);
    EXPECT_CODE(keys.get_key_pair_parameter("p", 9, NULL, &size), 1);
    EXPECT_CODE(keys.get_key_pair_parameter("p", 4, NULL, &size), 1);
    EXPECT_CODE(keys.derive_key("none", input, 1, NULL, &size), 1);
    EXPECT_CODE(keys.sign("none", 2, NULL, input, 1, NULL, &size), 1);
    EXPECT_CODE(keys.sign("none", 1, NULL, input, 1, NULL, &size), 1);
    EXPECT_CODE(keys.sign("k", 9, NULL, input, 1, NULL, &size), 1);
    EXPECT_CODE(keys.encrypt("none", 1, &aead, input, 1, NULL, &size), 1);
    EXPECT_CODE(keys.encrypt("p", 2, NULL, input, 1, NULL, &size), 1);
    EXPECT_CODE(keys.decrypt("none", 1, &aead, ciphertext, 37, NULL, &size), 1);
    EXPECT_CODE(keys.decrypt("k", 1, &aead, ciphertext, 3, NULL, &size), 1);
    EXPECT(size == 1234);
    ciphertext[20] ^= 1;
    size = sizeof out;
    EXPECT_CODE(keys.decrypt("k", 1, &aead, ciphertext, 37, out, &size), 2);
    EXPECT(size == sizeof out);
}

static void needs_a_length(void)
{
    unsigned char out[600];
    prepare();
    for (size_t i = 0; i < CALLS; i++) {
        unsigned int code = calls[i].call(out, NULL);
        expect(code == 1, "%s without a length answered %u", calls[i].name, code);
        code = calls[i].call(NULL, NULL);
        expect(code == 1, "%s without anything answered %u", calls[i].name, code);
    }
}

static void stores_the_size_with_failures(void)
{
    const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS bad_iv = {input, 200, input, 3};
    uintptr_t size = 1234;
    prepare();
    EXPECT_CODE(keys.import_key("short", input, 5, 1), 0);
    /* A query says in advance what would fail for certain. */
    EXPECT_CODE(keys.encrypt("short", 1, &aead, input, 1, NULL, &size), 2);
    EXPECT_CODE(keys.encrypt("k", 1, &bad_iv, input, 1, NULL, &size), 2);
    EXPECT_CODE(keys.decrypt("short", 1, &aead, ciphertext, 37, NULL, &size), 2);
    EXPECT_CODE(keys.sign("k", 1, NULL, input, 1, NULL, &size), 2);
    EXPECT_CODE(keys.get_key_pair_parameter("k", 1, NULL, &size), 2);
    EXPECT(size == 1234);
}

const struct check size_checks[] = {
    {"a query gives a size that suffices", SCOPE_ANY, answers_queries, false},
    {"a short buffer is refused, untouched, and the size is told", SCOPE_ANY,
     refuses_short_buffers, false},
    {"nothing beyond the length is written", SCOPE_ANY, writes_no_more, false},
    {"a call that fails for another reason leaves the length alone", SCOPE_ANY,
     leaves_lengths_alone, false},
    {"the pointer to the length is mandatory", SCOPE_ANY, needs_a_length, false},
    {"a query fails where the call itself would", SCOPE_FILES, stores_the_size_with_failures, false},
    {NULL, SCOPE_ANY, NULL, false},
};

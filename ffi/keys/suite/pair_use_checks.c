/* SPDX-License-Identifier: MIT */

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <string.h>

#include "check.h"
#include "pem_files.h"

static size_t parameter(const char *id, unsigned int type, unsigned char out[600])
{
    uintptr_t size = 600;
    EXPECT_CODE(keys.get_key_pair_parameter(id, type, out, &size), 0);
    return size;
}

static void hands_out_ec_parameters(void)
{
    unsigned char value[600];
    unsigned char point[256];
    size_t point_size = 0;
    EVP_PKEY *ec = new_key("ec:P-256");
    put_key(in_home("key"), ec, FORM_PKCS8, NULL);
    preload("p", "key");
    EXPECT(is_hex(value, parameter("p", 2, value), "06082a8648ce3d030107"));
    EVP_PKEY_get_octet_string_param(ec, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &point_size);
    EXPECT(point_size == 65 && parameter("p", 3, value) == 33);
    EXPECT(value[0] == (point[64] & 1 ? 3 : 2));
    EXPECT(memcmp(value + 1, point + 1, 32) == 0);
    uintptr_t size = sizeof value;
    EXPECT_CODE(keys.get_key_pair_parameter("p", 4, value, &size), 1);
    EXPECT_CODE(keys.get_key_pair_parameter("p", 5, value, &size), 1);
    EXPECT_CODE(keys.get_key_pair_parameter("p", 0, value, &size), 1);
    EXPECT_CODE(keys.get_key_pair_parameter("p", 6, value, &size), 1);
}

static void hands_out_rsa_parameters(void)
{
    unsigned char value[600];
    unsigned char expected[600];
    BIGNUM *modulus = NULL;
    EVP_PKEY *rsa = new_key("rsa:1024");
    put_key(in_home("key"), rsa, FORM_PKCS8, NULL);
    preload("p", "key");
    EVP_PKEY_get_bn_param(rsa, OSSL_PKEY_PARAM_RSA_N, &modulus);
    EXPECT(parameter("p", 4, value) == 128 && BN_bn2bin(modulus, expected) == 128);
    EXPECT(memcmp(value, expected, 128) == 0);
    BN_free(modulus);
    EXPECT(is_hex(value, parameter("p", 5, value), "010001"));
    uintptr_t size = sizeof value;
    EXPECT_CODE(keys.get_key_pair_parameter("p", 2, value, &size), 1);
    EXPECT_CODE(keys.get_key_pair_parameter("p", 3, value, &size), 1);
}

static void limits_other_keys(void)
{
    unsigned char value[600];
    uintptr_t size = sizeof value;
    put_key(in_home("p384"), new_key("ec:P-384"), FORM_PKCS8, NULL);
    put_key(in_home("ed25519"), new_key("ED25519"), FORM_PKCS8, NULL);
    preload("p384", "p384");
    preload("ed25519", "ed25519");
    EXPECT_CODE(keys.get_key_pair_parameter("p384", 2, value, &size), 1);
    EXPECT(parameter("p384", 3, value) == 49);
    EXPECT_CODE(keys.load_key_pair("ed25519"), 0);
    for (unsigned int type = 1; type <= 5; type++)
        EXPECT_CODE(keys.get_key_pair_parameter("ed25519", type, value, &size), 1);
    EXPECT_CODE(keys.sign("ed25519", 1, NULL, value, 32, value, &size), 1);
    EXPECT_CODE(keys.encrypt("ed25519", 2, NULL, value, 32, value, &size), 1);
    EXPECT(size == sizeof value);
}

static void signs_with_ecdsa(void)
{
    static const char *const curves[] = {"ec:P-256", "ec:P-384", "ec:P-521", "ec:secp256k1"};
    static const size_t sizes[] = {20, 32, 48, 66, 80};
    unsigned char digest[80];
    memset(digest, 0x5a, sizeof digest);
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        EVP_PKEY *ec = new_key(curves[i]);
        put_key(in_home("key"), ec, FORM_PKCS8, NULL);
        preload("p", "key");
        for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++) {
            unsigned char signature[200];
            uintptr_t length = sizeof signature;
            EXPECT_CODE(keys.sign("p", 1, NULL, digest, sizes[j], signature, &length), 0);
            expect(signature[0] == 0x30 && length >= 8, "no DER signature");
            expect(ecdsa_is_good(ec, digest, sizes[j], signature, length),
                   "%s: a digest of %zu bytes: bad signature", curves[i], sizes[j]);
        }
    }
}

static void refuses_ecdsa_with_rsa(void)
{
    unsigned char out[600];
    uintptr_t size = sizeof out;
    put_key(in_home("key"), new_key("rsa:1024"), FORM_PKCS8, NULL);
    preload("p", "key");
    EXPECT_CODE(keys.sign("p", 1, NULL, out, 32, out, &size), 1);
    EXPECT(size == sizeof out);
}

static void pads_for_rsa(void)
{
    unsigned char digest_info[51];
    unsigned char block[128];
    unsigned char out[600];
    uintptr_t size = sizeof out;
    EVP_PKEY *rsa = new_key("rsa:1024");
    put_key(in_home("key"), rsa, FORM_PKCS8, NULL);
    preload("p", "key");
    memset(digest_info, 0x30, sizeof digest_info);
    memset(block, 0xff, sizeof block);
    block[0] = 0;
    block[1] = 1;
    block[sizeof block - sizeof digest_info - 1] = 0;
    memcpy(block + sizeof block - sizeof digest_info, digest_info, sizeof digest_info);
    EXPECT_CODE(keys.encrypt("p", 2, NULL, digest_info, sizeof digest_info, out, &size), 0);
    EXPECT(size == 128 && rsa_gives(rsa, out, size, block, sizeof block));
    /* k - 11 bytes are the most. */
    EXPECT_CODE(keys.encrypt("p", 2, NULL, block, 117, out, &size), 0);
    size = sizeof out;
    EXPECT_CODE(keys.encrypt("p", 2, NULL, block, 118, out, &size), 2);
    EXPECT(size == sizeof out);
}

static void takes_padded_blocks(void)
{
    unsigned char block[129] = {0, 0x17, 0x18};
    unsigned char out[600];
    uintptr_t size = sizeof out;
    EVP_PKEY *rsa = new_key("rsa:1024");
    put_key(in_home("key"), rsa, FORM_PKCS8, NULL);
    preload("p", "key");
    EXPECT_CODE(keys.encrypt("p", 3, NULL, block, 128, out, &size), 0);
    EXPECT(size == 128 && rsa_gives(rsa, out, size, block, 128));
    size = sizeof out;
    EXPECT_CODE(keys.encrypt("p", 3, NULL, block, 127, out, &size), 2);
    EXPECT_CODE(keys.encrypt("p", 3, NULL, block, 129, out, &size), 2);
    memset(block, 0xff, sizeof block);
    EXPECT_CODE(keys.encrypt("p", 3, NULL, block, 128, out, &size), 2);
    EXPECT(size == sizeof out);
}

static void uses_pss_keys_for_anything(void)
{
    unsigned char out[600];
    unsigned char block[128] = {0, 1};
    uintptr_t size = sizeof out;
    EVP_PKEY *pss = new_key("rsa-pss:1024");
    put_key(in_home("key"), pss, FORM_PKCS8, NULL);
    preload("p", "key");
    EXPECT_CODE(keys.encrypt("p", 2, NULL, block, 36, out, &size), 0);
    size = sizeof out;
    EXPECT_CODE(keys.encrypt("p", 3, NULL, block, 128, out, &size), 0);
    EXPECT(size == 128);
}

static void refuses_rsa_with_ec(void)
{
    unsigned char out[600];
    uintptr_t size = sizeof out;
    put_key(in_home("key"), new_key("ec:P-256"), FORM_PKCS8, NULL);
    preload("p", "key");
    EXPECT_CODE(keys.encrypt("p", 2, NULL, out, 32, out, &size), 1);
    EXPECT_CODE(keys.encrypt("p", 3, NULL, out, 32, out, &size), 1);
    EXPECT_CODE(keys.decrypt("p", 2, NULL, out, 32, out, &size), 1);
    EXPECT(size == sizeof out);
}

static void signs_with_made_keys(void)
{
    unsigned char digest[32] = {1, 2, 3};
    unsigned char out[600];
    uintptr_t size = sizeof out;
    use_home();
    EXPECT_CODE(keys.create_key_pair_if_not_exists("e", "ec-p256"), 0);
    EXPECT_CODE(keys.sign("e", 1, NULL, digest, sizeof digest, out, &size), 0);
    EXPECT(ecdsa_is_good(get_key(key_path("e")), digest, sizeof digest, out, size));
}

const struct check pair_use_checks[] = {
    {"EC parameters: P-256's OID, the bare compressed point", SCOPE_FILES, hands_out_ec_parameters, false},
    {"RSA parameters: modulus and exponent without leading zeros", SCOPE_FILES,
     hands_out_rsa_parameters, false},
    {"other curves have a point but no OID, Ed25519 has nothing", SCOPE_FILES, limits_other_keys, false},
    {"ECDSA signatures verify on every curve and for digests of any length", SCOPE_FILES,
     signs_with_ecdsa, false},
    {"ECDSA with an RSA key is refused", SCOPE_FILES, refuses_ecdsa_with_rsa, false},
    {"RSA-PKCS1 pads as block type 1 and takes at most k - 11 bytes", SCOPE_FILES, pads_for_rsa, false},
    {"RSA without padding takes exactly one block below the modulus", SCOPE_FILES,
     takes_padded_blocks, false},
    {"an RSA-PSS key works with both", SCOPE_FILES, uses_pss_keys_for_anything, false},
    {"RSA mechanisms with an EC key are refused", SCOPE_FILES, refuses_rsa_with_ec, false},
    {"a pair made by the library signs for the public key in its file", SCOPE_FILES,
     signs_with_made_keys, false},
    {NULL, SCOPE_ANY, NULL, false},
};

/* SPDX-License-Identifier: MIT */

/*
 * The interface of a keys library: the shared object that creates, stores and uses the private and
 * symmetric keys of a device on behalf of the Keys Service (aziot-keyd).
 *
 * A library exports one symbol, aziot_keys_get_function_list. The service asks it for the newest
 * list of functions that both know and does everything else through that list. An administrator may
 * install another implementation in place of the one that comes with the product.
 *
 * Rules that hold for every function:
 *
 *  - The service never lets two calls overlap, unless the library allows it (see the end), but
 *    successive calls may come from different threads.
 *  - Strings end with NUL and are UTF-8. Lengths are bytes.
 *  - A buffer belongs to the caller. A library copies what it wants to keep.
 *  - Every function answers AZIOT_KEYS_RC_OK or an error code and must not unwind, exit or abort
 *    because of what it was given.
 *
 * Functions that hand out bytes take a buffer and a pointer to its length, and answer as follows:
 *
 *  1. The pointer to the length is mandatory. While the call fails for a reason other than a short
 *     buffer, the length stays as it was.
 *  2. Otherwise the length becomes what is needed.
 *  3. A NULL buffer asks for the size only: the answer is OK and an upper bound.
 *  4. A buffer that is too short is an invalid parameter.
 *  5. Otherwise the bytes are copied and the length is their exact number.
 */

#ifndef AZIOT_KEYS_H
#define AZIOT_KEYS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Result codes ---------------------------------------------------------------------------- */

typedef unsigned int AZIOT_KEYS_RC;

#define AZIOT_KEYS_RC_OK ((AZIOT_KEYS_RC)0)
/* An argument is wrong, or names a key that does not exist. The Keys Service answers 400. */
#define AZIOT_KEYS_RC_ERR_INVALID_PARAMETER ((AZIOT_KEYS_RC)1)
/* A file, a token or the cryptography failed. The Keys Service answers 500. */
#define AZIOT_KEYS_RC_ERR_EXTERNAL ((AZIOT_KEYS_RC)2)

/* ---- Versions: one byte for each component, the most significant first ----------------------- */

typedef unsigned int AZIOT_KEYS_VERSION;

#define AZIOT_KEYS_VERSION_2_0_0_0 ((AZIOT_KEYS_VERSION)0x02000000)
#define AZIOT_KEYS_VERSION_2_1_0_0 ((AZIOT_KEYS_VERSION)0x02010000)

/* ---- Public parameters of a key pair --------------------------------------------------------- */

typedef unsigned int AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE;

/* One AZIOT_KEYS_KEY_PAIR_PARAMETER_ALGORITHM in the machine's byte order. */
#define AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE_ALGORITHM ((AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE)1)
/* The curve's OBJECT IDENTIFIER as DER, tag and length included. */
#define AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE_EC_CURVE_OID ((AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE)2)
/* The public point, compressed (SEC 1, 2.3.3), not wrapped in anything. */
#define AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE_EC_POINT ((AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE)3)
/* Unsigned, big-endian, without leading zero bytes. */
#define AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE_RSA_MODULUS ((AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE)4)
/* Unsigned, big-endian, without leading zero bytes. */
#define AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE_RSA_EXPONENT ((AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE)5)

typedef unsigned int AZIOT_KEYS_KEY_PAIR_PARAMETER_ALGORITHM;

#define AZIOT_KEYS_KEY_PAIR_PARAMETER_ALGORITHM_EC ((AZIOT_KEYS_KEY_PAIR_PARAMETER_ALGORITHM)1)
#define AZIOT_KEYS_KEY_PAIR_PARAMETER_ALGORITHM_RSA ((AZIOT_KEYS_KEY_PAIR_PARAMETER_ALGORITHM)2)

/* ---- What a symmetric key is for: bits ------------------------------------------------------- */

typedef unsigned int AZIOT_KEYS_KEY_USAGE;

/* DERIVE and SIGN are the same bit: both are HMAC-SHA-256 with the key. */
#define AZIOT_KEYS_KEY_USAGE_DERIVE ((AZIOT_KEYS_KEY_USAGE)0x0001)
#define AZIOT_KEYS_KEY_USAGE_SIGN ((AZIOT_KEYS_KEY_USAGE)0x0001)
#define AZIOT_KEYS_KEY_USAGE_ENCRYPT ((AZIOT_KEYS_KEY_USAGE)0x0010)

/* ---- Signature mechanisms -------------------------------------------------------------------- */

typedef unsigned int AZIOT_KEYS_SIGN_MECHANISM;

/* The digest argument is a digest; the signature is DER SEQUENCE { r, s }. No parameters. */
#define AZIOT_KEYS_SIGN_MECHANISM_ECDSA ((AZIOT_KEYS_SIGN_MECHANISM)1)
/* The digest argument is the whole message; the signature is its MAC. No parameters. */
#define AZIOT_KEYS_SIGN_MECHANISM_HMAC_SHA256 ((AZIOT_KEYS_SIGN_MECHANISM)2)
/* HMAC_SHA256 with a derived key; parameters: AZIOT_KEYS_SIGN_DERIVED_PARAMETERS. */
#define AZIOT_KEYS_SIGN_MECHANISM_DERIVED ((AZIOT_KEYS_SIGN_MECHANISM)3)

typedef struct {
    /* What the key is derived from, see derive_key. */
    const unsigned char *derivation_data;
    uintptr_t derivation_data_len;
    /* AZIOT_KEYS_SIGN_MECHANISM_HMAC_SHA256. */
    AZIOT_KEYS_SIGN_MECHANISM mechanism;
    /* NULL. */
    const void *parameters;
} AZIOT_KEYS_SIGN_DERIVED_PARAMETERS;

/* ---- Encryption mechanisms ------------------------------------------------------------------- */

typedef unsigned int AZIOT_KEYS_ENCRYPT_MECHANISM;

/* AES-GCM; parameters: AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS. */
#define AZIOT_KEYS_ENCRYPT_MECHANISM_AEAD ((AZIOT_KEYS_ENCRYPT_MECHANISM)1)
/* The private-key operation on a DigestInfo, padded as PKCS #1 block type 1. No parameters. */
#define AZIOT_KEYS_ENCRYPT_MECHANISM_RSA_PKCS1 ((AZIOT_KEYS_ENCRYPT_MECHANISM)2)
/* The private-key operation on a block as long as the modulus. No parameters. */
#define AZIOT_KEYS_ENCRYPT_MECHANISM_RSA_NO_PADDING ((AZIOT_KEYS_ENCRYPT_MECHANISM)3)
/* AEAD with a derived key; parameters: AZIOT_KEYS_ENCRYPT_DERIVED_PARAMETERS. */
#define AZIOT_KEYS_ENCRYPT_MECHANISM_DERIVED ((AZIOT_KEYS_ENCRYPT_MECHANISM)4)

typedef struct {
    const unsigned char *iv;
    uintptr_t iv_len;
    /* May be NULL when the length is zero. */
    const unsigned char *aad;
    uintptr_t aad_len;
} AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS;

typedef struct {
    /* What the key is derived from, see derive_key. */
    const unsigned char *derivation_data;
    uintptr_t derivation_data_len;
    /* AZIOT_KEYS_ENCRYPT_MECHANISM_AEAD. */
    AZIOT_KEYS_ENCRYPT_MECHANISM mechanism;
    /* An AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS. */
    const void *parameters;
} AZIOT_KEYS_ENCRYPT_DERIVED_PARAMETERS;

/* ---- The functions --------------------------------------------------------------------------- */

/* Sets a named parameter, at start and whenever the configuration changes. Setting it again
 * replaces the value. */
typedef AZIOT_KEYS_RC (*AZIOT_KEYS_SET_PARAMETER)(const char *name, const char *value);

/* Makes sure that there is a key pair of this id. preferred_algorithms: names separated by colons,
 * the best first: ec-p256, rsa-2048, rsa-4096, or an asterisk for the library's own choice, which
 * NULL also means. An existing pair is kept whatever its algorithm. */
typedef AZIOT_KEYS_RC (*AZIOT_KEYS_CREATE_KEY_PAIR_IF_NOT_EXISTS)(const char *id,
                                                                  const char *preferred_algorithms);

/* Gives the key pair `from` the id `to`. A key pair that had this id is lost. Since 2.1.0.0. */
typedef AZIOT_KEYS_RC (*AZIOT_KEYS_MOVE_KEY_PAIR)(const char *from, const char *to);

/* OK when there is a usable key pair of this id. */
typedef AZIOT_KEYS_RC (*AZIOT_KEYS_LOAD_KEY_PAIR)(const char *id);

/* Hands out one public parameter of a key pair. */
typedef AZIOT_KEYS_RC (*AZIOT_KEYS_GET_KEY_PAIR_PARAMETER)(const char *id,
                                                           AZIOT_KEYS_KEY_PAIR_PARAMETER_TYPE type,
                                                           unsigned char *value,
                                                           uintptr_t *value_len);

/* Removes a key pair; OK when there is none. Since 2.1.0.0. */
typedef AZIOT_KEYS_RC (*AZIOT_KEYS_DELETE_KEY_PAIR)(const char *id);

/* Makes sure that there is a symmetric key of this id; a missing one is generated. */
typedef AZIOT_KEYS_RC (*AZIOT_KEYS_CREATE_KEY_IF_NOT_EXISTS)(const char *id,
                                                             AZIOT_KEYS_KEY_USAGE usage);

/* OK when there is a usable symmetric key of this id. */
typedef AZIOT_KEYS_RC (*AZIOT_KEYS_LOAD_KEY)(const char *id);

/* Stores the given bytes as symmetric key of this id, in place of one that is there. */
typedef AZIOT_KEYS_RC (*AZIOT_KEYS_IMPORT_KEY)(const char *id, const uint8_t *bytes,
                                               uintptr_t bytes_len, AZIOT_KEYS_KEY_USAGE usage);

/* Removes a symmetric key; OK when there is none. Since 2.1.0.0. */
typedef AZIOT_KEYS_RC (*AZIOT_KEYS_DELETE_KEY)(const char *id);

/* Hands out HMAC-SHA-256 of the derivation data under a symmetric key. */
typedef AZIOT_KEYS_RC (*AZIOT_KEYS_DERIVE_KEY)(const char *base_id, const uint8_t *derivation_data,
                                               uintptr_t derivation_data_len,
                                               unsigned char *derived_key,
                                               uintptr_t *derived_key_len);

/* Signs. */
typedef AZIOT_KEYS_RC (*AZIOT_KEYS_SIGN)(const char *id, AZIOT_KEYS_SIGN_MECHANISM mechanism,
                                         const void *parameters, const unsigned char *digest,
                                         uintptr_t digest_len, unsigned char *signature,
                                         uintptr_t *signature_len);

/* Verifies an HMAC_SHA256 signature: *ok becomes 1 or 0, and only when the answer is OK. */
typedef AZIOT_KEYS_RC (*AZIOT_KEYS_VERIFY)(const char *id, AZIOT_KEYS_SIGN_MECHANISM mechanism,
                                           const void *parameters, const unsigned char *digest,
                                           uintptr_t digest_len, const unsigned char *signature,
                                           uintptr_t signature_len, int *ok);

/* Encrypts, or does the private-key operation of RSA. An AEAD ciphertext is 0x02, the encrypted
 * bytes, the 16 bytes of the tag. */
typedef AZIOT_KEYS_RC (*AZIOT_KEYS_ENCRYPT)(const char *id, AZIOT_KEYS_ENCRYPT_MECHANISM mechanism,
                                            const void *parameters, const unsigned char *plaintext,
                                            uintptr_t plaintext_len, unsigned char *ciphertext,
                                            uintptr_t *ciphertext_len);

/* Decrypts AEAD ciphertexts, also those that older products wrote: 0x01, tag, encrypted bytes. */
typedef AZIOT_KEYS_RC (*AZIOT_KEYS_DECRYPT)(const char *id, AZIOT_KEYS_ENCRYPT_MECHANISM mechanism,
                                            const void *parameters, const unsigned char *ciphertext,
                                            uintptr_t ciphertext_len, unsigned char *plaintext,
                                            uintptr_t *plaintext_len);

/* ---- The lists ------------------------------------------------------------------------------- */

/* What every list starts with. */
typedef struct {
    AZIOT_KEYS_VERSION version;
} AZIOT_KEYS_FUNCTION_LIST;

/* `version` is AZIOT_KEYS_VERSION_2_0_0_0. */
typedef struct {
    AZIOT_KEYS_FUNCTION_LIST base;
    AZIOT_KEYS_SET_PARAMETER set_parameter;
    AZIOT_KEYS_CREATE_KEY_PAIR_IF_NOT_EXISTS create_key_pair_if_not_exists;
    AZIOT_KEYS_LOAD_KEY_PAIR load_key_pair;
    AZIOT_KEYS_GET_KEY_PAIR_PARAMETER get_key_pair_parameter;
    AZIOT_KEYS_CREATE_KEY_IF_NOT_EXISTS create_key_if_not_exists;
    AZIOT_KEYS_LOAD_KEY load_key;
    AZIOT_KEYS_IMPORT_KEY import_key;
    AZIOT_KEYS_DERIVE_KEY derive_key;
    AZIOT_KEYS_SIGN sign;
    AZIOT_KEYS_VERIFY verify;
    AZIOT_KEYS_ENCRYPT encrypt;
    AZIOT_KEYS_DECRYPT decrypt;
} AZIOT_KEYS_FUNCTION_LIST_2_0_0_0;

/* `version` is AZIOT_KEYS_VERSION_2_1_0_0. */
typedef struct {
    AZIOT_KEYS_FUNCTION_LIST base;
    AZIOT_KEYS_SET_PARAMETER set_parameter;
    AZIOT_KEYS_CREATE_KEY_PAIR_IF_NOT_EXISTS create_key_pair_if_not_exists;
    AZIOT_KEYS_MOVE_KEY_PAIR move_key_pair;
    AZIOT_KEYS_LOAD_KEY_PAIR load_key_pair;
    AZIOT_KEYS_GET_KEY_PAIR_PARAMETER get_key_pair_parameter;
    AZIOT_KEYS_DELETE_KEY_PAIR delete_key_pair;
    AZIOT_KEYS_CREATE_KEY_IF_NOT_EXISTS create_key_if_not_exists;
    AZIOT_KEYS_LOAD_KEY load_key;
    AZIOT_KEYS_IMPORT_KEY import_key;
    AZIOT_KEYS_DELETE_KEY delete_key;
    AZIOT_KEYS_DERIVE_KEY derive_key;
    AZIOT_KEYS_SIGN sign;
    AZIOT_KEYS_VERIFY verify;
    AZIOT_KEYS_ENCRYPT encrypt;
    AZIOT_KEYS_DECRYPT decrypt;
} AZIOT_KEYS_FUNCTION_LIST_2_1_0_0;

/* Puts the address of a constant list of this version into *pfunction_list, or answers invalid
 * parameter and leaves it alone when the version is unknown or the pointer NULL. May be called any
 * number of times. */
AZIOT_KEYS_RC aziot_keys_get_function_list(AZIOT_KEYS_VERSION version,
                                           const AZIOT_KEYS_FUNCTION_LIST **pfunction_list);

/*
 * Optional: a library whose functions may be called from several threads at once, in spite of the
 * first rule above, says so in an ELF note of this name and type, whose four bytes are the number 1
 * in the machine's byte order. The service then does not let quick calls wait for slow ones.
 */
#define AZIOT_KEYS_NOTE_NAME "aziot-keys"
#define AZIOT_KEYS_NOTE_TYPE_OVERLAP 1

#ifdef __cplusplus
}
#endif

#endif

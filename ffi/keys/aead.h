/* SPDX-License-Identifier: MIT */

#ifndef AEAD_H
#define AEAD_H

#include <stdbool.h>

#include "bytes.h"
#include "spare.h"

/*
 * AES-256-GCM in the layouts of the stored ciphertexts:
 * version 2: 0x02, encrypted bytes, tag; version 1, of older products: 0x01, tag, encrypted bytes.
 */

enum {
    AEAD_KEY_SIZE = 32,
    AEAD_TAG_SIZE = 16,
    /* By how much a ciphertext is longer than its plaintext. */
    AEAD_OVERHEAD = 1 + AEAD_TAG_SIZE,
    /* The longest IV that OpenSSL takes. */
    AEAD_IV_LIMIT = 128,
};

/* What goes with the text on both sides. */
struct aead_input {
    const unsigned char *iv;
    size_t iv_size;
    const unsigned char *aad;
    size_t aad_size;
};

/* Encrypts into `out`, which has room for size + AEAD_OVERHEAD; false leaves OpenSSL's error
 * queue. `spare`: what this key keeps between operations, or NULL for a key that is used once. */
bool aead_encrypt(const struct bytes *key, struct spare *spare, const struct aead_input *input,
                  const unsigned char *text, size_t size, unsigned char *out);

/* Why this is no ciphertext at all, or NULL; `buffer` holds the text then if it needs making. */
const char *aead_fault(const unsigned char *ciphertext, size_t size, char buffer[64]);

enum aead_result { AEAD_OK, AEAD_FORGED, AEAD_FAILED };

/* Decrypts what aead_fault() found good into `out`, which has room for size - AEAD_OVERHEAD.
 * Anything but AEAD_OK leaves unauthenticated bytes there: wipe them. AEAD_FAILED leaves OpenSSL's
 * error queue. */
enum aead_result aead_decrypt(const struct bytes *key, struct spare *spare,
                              const struct aead_input *input, const unsigned char *ciphertext,
                              size_t size, unsigned char *out);

#endif

/* SPDX-License-Identifier: MIT */

#include "aead.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "context.h"

enum { VERSION_TAG_FIRST = 1, VERSION_TAG_LAST = 2 };

/* A context with the key in it; NULL leaves OpenSSL's error queue. */
static EVP_CIPHER_CTX *keyed(const struct bytes *key, struct spare *spare, int encrypt)
{
    EVP_CIPHER_CTX *gcm = spare_take_gcm(spare);
    if (gcm != NULL)
        return gcm;
    gcm = EVP_CIPHER_CTX_new();
    if (gcm != NULL &&
        EVP_CipherInit_ex2(gcm, context_get()->aead, key->data, NULL, encrypt, NULL) == 1)
        return gcm;
    EVP_CIPHER_CTX_free(gcm);
    return NULL;
}

/* A context with key, IV and additional data in it; NULL leaves OpenSSL's error queue. */
static EVP_CIPHER_CTX *begin(const struct bytes *key, struct spare *spare,
                             const struct aead_input *input, int encrypt)
{
    int ignored;
    EVP_CIPHER_CTX *gcm = keyed(key, spare, encrypt);
    if (gcm != NULL &&
        EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_SET_IVLEN, (int)input->iv_size, NULL) == 1 &&
        EVP_CipherInit_ex2(gcm, NULL, NULL, input->iv, encrypt, NULL) == 1 &&
        (input->aad_size == 0 ||
         EVP_CipherUpdate(gcm, NULL, &ignored, input->aad, (int)input->aad_size) == 1))
        return gcm;
    EVP_CIPHER_CTX_free(gcm);
    return NULL;
}

/* A context that has failed is not used again. */
static void end(EVP_CIPHER_CTX *gcm, struct spare *spare, bool has_succeeded)
{
    if (has_succeeded)
        spare_keep_gcm(spare, gcm);
    else
        EVP_CIPHER_CTX_free(gcm);
}

bool aead_encrypt(const struct bytes *key, struct spare *spare, const struct aead_input *input,
                  const unsigned char *text, size_t size, unsigned char *out)
{
    int written = 0;
    int rest = 0;
    unsigned char *body = out + 1;
    out[0] = VERSION_TAG_LAST;
    EVP_CIPHER_CTX *gcm = begin(key, spare, input, 1);
    bool done =
        gcm != NULL &&
        (size == 0 || EVP_CipherUpdate(gcm, body, &written, text, (int)size) == 1) &&
        EVP_CipherFinal_ex(gcm, body + written, &rest) == 1 &&
        EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_SIZE, body + size) == 1;
    end(gcm, spare, done);
    return done;
}

const char *aead_fault(const unsigned char *ciphertext, size_t size, char buffer[64])
{
    if (size == 0)
        return "malformed";
    if (ciphertext[0] != VERSION_TAG_FIRST && ciphertext[0] != VERSION_TAG_LAST) {
        snprintf(buffer, 64, "unknown version %u", ciphertext[0]);
        return buffer;
    }
    return size < AEAD_OVERHEAD ? "malformed" : NULL;
}

enum aead_result aead_decrypt(const struct bytes *key, struct spare *spare,
                              const struct aead_input *input, const unsigned char *ciphertext,
                              size_t size, unsigned char *out)
{
    size_t text_size = size - AEAD_OVERHEAD;
    bool tag_first = ciphertext[0] == VERSION_TAG_FIRST;
    const unsigned char *body = ciphertext + 1 + (tag_first ? AEAD_TAG_SIZE : 0);
    const unsigned char *tag = ciphertext + 1 + (tag_first ? 0 : text_size);
    unsigned char expected[AEAD_TAG_SIZE];
    int written = 0;
    int rest = 0;
    enum aead_result result = AEAD_FAILED;

    for (size_t i = 0; i < sizeof expected; i++)
        expected[i] = tag[i];
    EVP_CIPHER_CTX *gcm = begin(key, spare, input, 0);
    if (gcm != NULL &&
        (text_size == 0 || EVP_CipherUpdate(gcm, out, &written, body, (int)text_size) == 1) &&
        EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_SIZE, expected) == 1)
        result = EVP_CipherFinal_ex(gcm, out + written, &rest) == 1 ? AEAD_OK : AEAD_FORGED;
    end(gcm, spare, result == AEAD_OK);
    return result;
}

/* SPDX-License-Identifier: MIT */

#include "pem.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "pem_block.h"
#include "private_key.h"

/* OpenSSL's own callback would ask on the terminal. */
static int refuse_passphrase(char *buffer, int size, int writing, void *asked)
{
    (void)buffer;
    (void)size;
    (void)writing;
    *(bool *)asked = true;
    return -1;
}

static bool contains(const struct bytes *text, const char *wanted)
{
    return memmem(text->data, text->size, wanted, strlen(wanted)) != NULL;
}

static void explain(const struct bytes *text, bool asked, struct reason *reason)
{
    if (asked)
        reason_set(reason, "the private key is encrypted; a passphrase cannot be given");
    else if (contains(text, "PRIVATE KEY-----"))
        reason_openssl(reason, "the private key is damaged, or its type or curve is unsupported");
    else if (contains(text, "-----BEGIN "))
        reason_set(reason, "not a private key: PEM of another kind");
    else
        reason_set(reason, "not a private key: no PEM");
    ERR_clear_error();
}

/* The common forms, without leaving traces in memory. */
static EVP_PKEY *read_plain(const struct bytes *text)
{
    static const struct {
        const char *label;
        enum private_key_form form;
    } known[] = {
        {PEM_STRING_PKCS8INF, PRIVATE_KEY_PKCS8},
        {PEM_STRING_RSA, PRIVATE_KEY_PKCS1},
        {PEM_STRING_ECPRIVATEKEY, PRIVATE_KEY_SEC1},
    };
    struct pem_block block;
    struct bytes der;
    EVP_PKEY *pair = NULL;
    if (!pem_block_find(text, &block))
        return NULL;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (pem_block_is(&block, known[i].label) && pem_block_decode(&block, &der)) {
            pair = private_key_read(known[i].form, &der);
            bytes_wipe(&der);
        }
    }
    return pair;
}

/* Whatever else OpenSSL understands. */
static EVP_PKEY *read_other(const struct bytes *text, bool *asked)
{
    BIO *input = BIO_new_mem_buf(text->data, (int)text->size);
    EVP_PKEY *pair =
        input == NULL ? NULL : PEM_read_bio_PrivateKey(input, NULL, refuse_passphrase, asked);
    BIO_free(input);
    if (pair != NULL && EVP_PKEY_is_a(pair, "EC"))
        EVP_PKEY_set_utf8_string_param(pair, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                       OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_COMPRESSED);
    return pair;
}

EVP_PKEY *pem_read(const struct bytes *text, struct reason *reason)
{
    bool asked = false;
    ERR_clear_error();
    EVP_PKEY *pair = read_plain(text);
    ERR_clear_error();
    if (pair == NULL)
        pair = read_other(text, &asked);
    if (pair == NULL)
        explain(text, asked, reason);
    ERR_clear_error();
    return pair;
}

/* OpenSSL frees the state of its base64 encoder with the last bytes of the key in it. The next
 * state takes the same place, and is zeroed. */
static void wipe_encoder(void)
{
    EVP_ENCODE_CTX_free(EVP_ENCODE_CTX_new());
}

bool pem_write(const EVP_PKEY *pair, struct bytes *text)
{
    bool written = false;
    const char *data;
    BIO *output = BIO_new(BIO_s_secmem());
    if (output == NULL ||
        PEM_write_bio_PrivateKey(output, pair, NULL, NULL, 0, NULL, NULL) != 1)
        goto done;
    long size = BIO_get_mem_data(output, &data);
    if (size <= 0 || !bytes_reserve(text, (size_t)size))
        goto done;
    memcpy(text->data, data, text->size);
    written = true;

done:
    wipe_encoder();
    BIO_free(output);
    return written;
}

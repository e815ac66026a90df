/* SPDX-License-Identifier: MIT */

#include "pem.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <string.h>

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

/* The same numbers without the restriction of RSA-PSS: the callers pad themselves. */
static EVP_PKEY *as_plain_rsa(EVP_PKEY *pss)
{
    OSSL_PARAM *numbers = NULL;
    EVP_PKEY *rsa = NULL;
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (maker == NULL || EVP_PKEY_todata(pss, EVP_PKEY_KEYPAIR, &numbers) != 1 ||
        EVP_PKEY_fromdata_init(maker) != 1 ||
        EVP_PKEY_fromdata(maker, &rsa, EVP_PKEY_KEYPAIR, numbers) != 1)
        rsa = NULL;
    for (OSSL_PARAM *number = numbers; number != NULL && number->key != NULL; number++)
        OPENSSL_cleanse(number->data, number->data_size);
    OSSL_PARAM_free(numbers);
    EVP_PKEY_CTX_free(maker);
    return rsa;
}

EVP_PKEY *pem_read(const struct bytes *text, struct reason *reason)
{
    bool asked = false;
    ERR_clear_error();
    BIO *input = BIO_new_mem_buf(text->data, (int)text->size);
    EVP_PKEY *pair =
        input == NULL ? NULL : PEM_read_bio_PrivateKey(input, NULL, refuse_passphrase, &asked);
    BIO_free(input);
    if (pair != NULL && EVP_PKEY_is_a(pair, "RSA-PSS")) {
        EVP_PKEY *plain = as_plain_rsa(pair);
        EVP_PKEY_free(pair);
        pair = plain;
    }
    if (pair != NULL && EVP_PKEY_is_a(pair, "EC"))
        EVP_PKEY_set_utf8_string_param(pair, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                       OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_COMPRESSED);
    if (pair == NULL)
        explain(text, asked, reason);
    else
        ERR_clear_error();
    return pair;
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
    BIO_free(output);
    return written;
}

/* SPDX-License-Identifier: MIT */

#include "pem_files.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static EVP_PKEY *new_rsa(const char *type, const char *bits)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (EVP_PKEY_keygen_init(maker) != 1 ||
        EVP_PKEY_CTX_set_rsa_keygen_bits(maker, atoi(bits)) != 1 ||
        EVP_PKEY_generate(maker, &key) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(maker);
    return key;
}

/* Every key until the process ends, so that looking for leaks does not find these. */
static EVP_PKEY *keep(EVP_PKEY *key)
{
    /* volatile: nobody reads them, which a compiler would take for a reason to drop them. */
    static EVP_PKEY *volatile kept[64];
    static size_t count;
    if (count < sizeof kept / sizeof kept[0])
        kept[count++] = key;
    return key;
}

/* Making an RSA key takes long under valgrind. */
static EVP_PKEY *shared_rsa(const char *type, const char *bits)
{
    static struct {
        char name[32];
        EVP_PKEY *key;
    } made[4];
    char name[32];
    snprintf(name, sizeof name, "%s:%s", type, bits);
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        if (made[i].key == NULL) {
            made[i].key = new_rsa(type, bits);
            memcpy(made[i].name, name, sizeof name);
        }
        if (strcmp(made[i].name, name) == 0)
            return made[i].key;
    }
    return NULL;
}

void make_shared_keys(void)
{
    shared_rsa("RSA", "1024");
    shared_rsa("RSA-PSS", "1024");
}

EVP_PKEY *new_key(const char *kind)
{
    EVP_PKEY *key;
    if (strncmp(kind, "ec:", 3) == 0)
        key = keep(EVP_EC_gen(kind + 3));
    else if (strncmp(kind, "rsa:", 4) == 0)
        key = shared_rsa("RSA", kind + 4);
    else if (strncmp(kind, "rsa-pss:", 8) == 0)
        key = shared_rsa("RSA-PSS", kind + 8);
    else
        key = keep(EVP_PKEY_Q_keygen(NULL, NULL, kind));
    expect(key != NULL, "cannot make a key of kind %s", kind);
    return key;
}

static void write_form(BIO *out, EVP_PKEY *key, enum pem_form form)
{
    static char passphrase[] = "passphrase";
    int done = 0;
    switch (form) {
    case FORM_PKCS8:
    case FORM_CRLF:
        done = PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL);
        break;
    case FORM_TRADITIONAL:
        done = PEM_write_bio_PrivateKey_traditional(out, key, NULL, NULL, 0, NULL, NULL);
        break;
    case FORM_ENCRYPTED:
        done = PEM_write_bio_PKCS8PrivateKey(out, key, EVP_aes_128_cbc(), passphrase,
                                             sizeof passphrase - 1, NULL, NULL);
        break;
    case FORM_OLD_ENCRYPTED:
        done = PEM_write_bio_PrivateKey_traditional(out, key, EVP_aes_128_cbc(),
                                                    (unsigned char *)passphrase,
                                                    sizeof passphrase - 1, NULL, NULL);
        break;
    case FORM_PUBLIC:
        done = PEM_write_bio_PUBKEY(out, key);
        break;
    case FORM_DER:
        done = i2d_PrivateKey_bio(out, key);
        break;
    }
    expect(done == 1, "cannot write a key in form %d", (int)form);
}

void put_key(const char *path, EVP_PKEY *key, enum pem_form form, const char *before)
{
    char *text;
    BIO *out = BIO_new(BIO_s_mem());
    if (before != NULL)
        BIO_puts(out, before);
    write_form(out, key, form);
    long size = BIO_get_mem_data(out, &text);
    FILE *file = fopen(path, "w");
    for (long i = 0; i < size; i++) {
        if (form == FORM_CRLF && text[i] == '\n')
            fputc('\r', file);
        fputc(text[i], file);
    }
    fclose(file);
    BIO_free(out);
}

EVP_PKEY *get_key(const char *path)
{
    FILE *file = fopen(path, "r");
    EVP_PKEY *key = file == NULL ? NULL : keep(PEM_read_PrivateKey(file, NULL, NULL, NULL));
    if (file != NULL)
        fclose(file);
    expect(key != NULL, "no key in %s", path);
    return key;
}

bool ecdsa_is_good(EVP_PKEY *key, const unsigned char *digest, size_t size,
                   const unsigned char *signature, size_t signature_size)
{
    EVP_PKEY_CTX *verifier = EVP_PKEY_CTX_new(key, NULL);
    bool good = EVP_PKEY_verify_init(verifier) == 1 &&
                EVP_PKEY_verify(verifier, signature, signature_size, digest, size) == 1;
    EVP_PKEY_CTX_free(verifier);
    return good;
}

bool rsa_gives(EVP_PKEY *key, const unsigned char *block, size_t block_size,
               const unsigned char *bytes, size_t size)
{
    unsigned char plain[1024];
    size_t plain_size = sizeof plain;
    EVP_PKEY_CTX *opener = EVP_PKEY_CTX_new(key, NULL);
    bool good = EVP_PKEY_encrypt_init(opener) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(opener, RSA_NO_PADDING) == 1 &&
                EVP_PKEY_encrypt(opener, plain, &plain_size, block, block_size) == 1 &&
                plain_size == size && memcmp(plain, bytes, size) == 0;
    EVP_PKEY_CTX_free(opener);
    return good;
}

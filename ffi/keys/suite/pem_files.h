/* SPDX-License-Identifier: MIT */

#ifndef PEM_FILES_H
#define PEM_FILES_H

#include <openssl/evp.h>
#include <stdbool.h>

/* Forms of a private key's file. */
enum pem_form {
    FORM_PKCS8,
    FORM_TRADITIONAL,
    FORM_ENCRYPTED,
    /* With Proc-Type and DEK-Info lines in the block. */
    FORM_OLD_ENCRYPTED,
    FORM_PUBLIC,
    FORM_DER,
    FORM_CRLF,
};

/* Makes the RSA keys that all checks share; before the first check. */
void make_shared_keys(void);

/* A key: "ec:P-256", "ED25519" new, "rsa:1024", "rsa-pss:1024" always the same; never freed. */
EVP_PKEY *new_key(const char *kind);

/* Writes the key to a file; what comes before it in the file may be NULL. */
void put_key(const char *path, EVP_PKEY *key, enum pem_form form, const char *before);

/* The key in a PEM file, or NULL. */
EVP_PKEY *get_key(const char *path);

/* Whether an ECDSA signature of a digest is good. */
bool ecdsa_is_good(EVP_PKEY *key, const unsigned char *digest, size_t size,
                   const unsigned char *signature, size_t signature_size);

/* Whether the RSA public operation on a block without padding gives these bytes. */
bool rsa_gives(EVP_PKEY *key, const unsigned char *block, size_t block_size,
               const unsigned char *bytes, size_t size);

#endif

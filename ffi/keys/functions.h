/* SPDX-License-Identifier: MIT */

#ifndef FUNCTIONS_H
#define FUNCTIONS_H

#include <stdint.h>

/* The functions of the lists, as the public header describes them. */

unsigned int set_parameter(const char *name, const char *value);

unsigned int create_key_pair_if_not_exists(const char *id, const char *preferred_algorithms);
unsigned int move_key_pair(const char *from, const char *to);
unsigned int load_key_pair(const char *id);
unsigned int get_key_pair_parameter(const char *id, unsigned int type, unsigned char *value,
                                    uintptr_t *value_len);
unsigned int delete_key_pair(const char *id);

unsigned int create_key_if_not_exists(const char *id, unsigned int usage);
unsigned int load_key(const char *id);
unsigned int import_key(const char *id, const uint8_t *bytes, uintptr_t bytes_len,
                        unsigned int usage);
unsigned int delete_key(const char *id);

unsigned int derive_key(const char *base_id, const uint8_t *derivation_data,
                        uintptr_t derivation_data_len, unsigned char *derived_key,
                        uintptr_t *derived_key_len);
unsigned int sign(const char *id, unsigned int mechanism, const void *parameters,
                  const unsigned char *digest, uintptr_t digest_len, unsigned char *signature,
                  uintptr_t *signature_len);
unsigned int verify(const char *id, unsigned int mechanism, const void *parameters,
                    const unsigned char *digest, uintptr_t digest_len,
                    const unsigned char *signature, uintptr_t signature_len, int *ok);
unsigned int encrypt(const char *id, unsigned int mechanism, const void *parameters,
                     const unsigned char *plaintext, uintptr_t plaintext_len,
                     unsigned char *ciphertext, uintptr_t *ciphertext_len);
unsigned int decrypt(const char *id, unsigned int mechanism, const void *parameters,
                     const unsigned char *ciphertext, uintptr_t ciphertext_len,
                     unsigned char *plaintext, uintptr_t *plaintext_len);

#endif

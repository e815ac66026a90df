/* SPDX-License-Identifier: MIT */

#ifndef KEYS_SHIM_H
#define KEYS_SHIM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Flat functions over the function list of a keys library, for a caller that can neither follow
 * tables of pointers nor build structs: a Deno process whose FFI permission names single files.
 * One library at a time.
 *
 * Each function of the list answers the library's code, or AKS_ABSENT when the list of the loaded
 * library lacks the entry. Strings end with NUL; `out` may be NULL to ask for the size, `inout_len`
 * is the room in it and then the number of bytes, as in aziot-keys.h. Empty buffers may be NULL. A
 * library that claims to have written more than there was room for has destroyed memory of this
 * process, which ends at once.
 */

#define AKS_ABSENT 0xffffffffu

enum aks_open_result {
    AKS_OPEN_OK,
    AKS_OPEN_NOT_LOADABLE,
    AKS_OPEN_NO_COMMON_VERSION,
    AKS_OPEN_NULL_POINTER,
};

#pragma GCC visibility push(default)

/* Loads the library at `path`, an absolute path, and takes the newest list both know. After a
 * failure `err`, which has room for `err_len` bytes, says what is wrong, and a library that was
 * loaded before stays in use. */
unsigned int aks_open(const char *path, char *err, uintptr_t err_len);

/* The version in the list of the loaded library, 0 when there is none. */
unsigned int aks_version(void);

/* 1 when the loaded library allows calls to overlap (aziot-keys.h), else 0. */
unsigned int aks_may_overlap(void);

unsigned int aks_set_parameter(const char *name, const char *value_or_null);
unsigned int aks_create_key_pair_if_not_exists(const char *id, const char *algorithms_or_null);
unsigned int aks_move_key_pair(const char *from, const char *to);
unsigned int aks_load_key_pair(const char *id);
unsigned int aks_get_key_pair_parameter(const char *id, unsigned int type, unsigned char *out,
                                        uintptr_t *inout_len);
unsigned int aks_delete_key_pair(const char *id);
unsigned int aks_create_key_if_not_exists(const char *id, unsigned int usage);
unsigned int aks_load_key(const char *id);
unsigned int aks_import_key(const char *id, const uint8_t *bytes, uintptr_t n, unsigned int usage);
unsigned int aks_delete_key(const char *id);
unsigned int aks_derive_key(const char *id, const uint8_t *data, uintptr_t n, unsigned char *out,
                            uintptr_t *inout_len);

/* `derivation` counts only with the mechanism DERIVED, whose inner mechanism is HMAC_SHA256. */
unsigned int aks_sign(const char *id, unsigned int mechanism, const unsigned char *derivation,
                      uintptr_t dn, const unsigned char *digest, uintptr_t n, unsigned char *out,
                      uintptr_t *inout_len);
unsigned int aks_verify(const char *id, unsigned int mechanism, const unsigned char *digest,
                        uintptr_t n, const unsigned char *signature, uintptr_t sn, int *out_ok);

/* `derivation` counts only with the mechanism DERIVED, whose inner mechanism is AEAD; IV and
 * additional data count with AEAD and DERIVED. */
unsigned int aks_encrypt(const char *id, unsigned int mechanism, const unsigned char *derivation,
                         uintptr_t dn, const unsigned char *iv, uintptr_t ivn,
                         const unsigned char *aad, uintptr_t aadn, const unsigned char *in,
                         uintptr_t n, unsigned char *out, uintptr_t *inout_len);
unsigned int aks_decrypt(const char *id, unsigned int mechanism, const unsigned char *derivation,
                         uintptr_t dn, const unsigned char *iv, uintptr_t ivn,
                         const unsigned char *aad, uintptr_t aadn, const unsigned char *in,
                         uintptr_t n, unsigned char *out, uintptr_t *inout_len);

#pragma GCC visibility pop

#endif

/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "keys_shim.h"
#include "library.h"

/* An empty array of the caller may arrive as NULL, which a keys library refuses. */
static const unsigned char *present(const unsigned char *bytes, uintptr_t size)
{
    static const unsigned char nothing;
    return bytes == NULL && size == 0 ? &nothing : bytes;
}

/* What a call with an output buffer answers with. */
static unsigned int checked(unsigned int code, const unsigned char *out, uintptr_t room,
                            const uintptr_t *size)
{
    if (code == AZIOT_KEYS_RC_OK && out != NULL && *size > room)
        abort();
    return code;
}

static uintptr_t room_of(const uintptr_t *size)
{
    return size == NULL ? 0 : *size;
}

unsigned int aks_set_parameter(const char *name, const char *value_or_null)
{
    if (library.set_parameter == NULL)
        return AKS_ABSENT;
    return library.set_parameter(name, value_or_null);
}

unsigned int aks_create_key_pair_if_not_exists(const char *id, const char *algorithms_or_null)
{
    if (library.create_key_pair_if_not_exists == NULL)
        return AKS_ABSENT;
    return library.create_key_pair_if_not_exists(id, algorithms_or_null);
}

unsigned int aks_move_key_pair(const char *from, const char *to)
{
    if (library.move_key_pair == NULL)
        return AKS_ABSENT;
    return library.move_key_pair(from, to);
}

unsigned int aks_load_key_pair(const char *id)
{
    if (library.load_key_pair == NULL)
        return AKS_ABSENT;
    return library.load_key_pair(id);
}

unsigned int aks_get_key_pair_parameter(const char *id, unsigned int type, unsigned char *out,
                                        uintptr_t *inout_len)
{
    if (library.get_key_pair_parameter == NULL)
        return AKS_ABSENT;
    uintptr_t room = room_of(inout_len);
    return checked(library.get_key_pair_parameter(id, type, out, inout_len), out, room, inout_len);
}

unsigned int aks_delete_key_pair(const char *id)
{
    if (library.delete_key_pair == NULL)
        return AKS_ABSENT;
    return library.delete_key_pair(id);
}

unsigned int aks_create_key_if_not_exists(const char *id, unsigned int usage)
{
    if (library.create_key_if_not_exists == NULL)
        return AKS_ABSENT;
    return library.create_key_if_not_exists(id, usage);
}

unsigned int aks_load_key(const char *id)
{
    if (library.load_key == NULL)
        return AKS_ABSENT;
    return library.load_key(id);
}

unsigned int aks_import_key(const char *id, const uint8_t *bytes, uintptr_t n, unsigned int usage)
{
    if (library.import_key == NULL)
        return AKS_ABSENT;
    return library.import_key(id, present(bytes, n), n, usage);
}

unsigned int aks_delete_key(const char *id)
{
    if (library.delete_key == NULL)
        return AKS_ABSENT;
    return library.delete_key(id);
}

unsigned int aks_derive_key(const char *id, const uint8_t *data, uintptr_t n, unsigned char *out,
                            uintptr_t *inout_len)
{
    if (library.derive_key == NULL)
        return AKS_ABSENT;
    uintptr_t room = room_of(inout_len);
    return checked(library.derive_key(id, present(data, n), n, out, inout_len), out, room,
                   inout_len);
}

unsigned int aks_sign(const char *id, unsigned int mechanism, const unsigned char *derivation,
                      uintptr_t dn, const unsigned char *digest, uintptr_t n, unsigned char *out,
                      uintptr_t *inout_len)
{
    if (library.sign == NULL)
        return AKS_ABSENT;
    AZIOT_KEYS_SIGN_DERIVED_PARAMETERS derived = {
        .derivation_data = present(derivation, dn),
        .derivation_data_len = dn,
        .mechanism = AZIOT_KEYS_SIGN_MECHANISM_HMAC_SHA256,
        .parameters = NULL,
    };
    const void *parameters = mechanism == AZIOT_KEYS_SIGN_MECHANISM_DERIVED ? &derived : NULL;
    uintptr_t room = room_of(inout_len);
    return checked(library.sign(id, mechanism, parameters, present(digest, n), n, out, inout_len),
                   out, room, inout_len);
}

unsigned int aks_verify(const char *id, unsigned int mechanism, const unsigned char *digest,
                        uintptr_t n, const unsigned char *signature, uintptr_t sn, int *out_ok)
{
    if (library.verify == NULL)
        return AKS_ABSENT;
    return library.verify(id, mechanism, NULL, present(digest, n), n, present(signature, sn), sn,
                          out_ok);
}

/* The structs of both directions. */
struct parameters {
    AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS aead;
    AZIOT_KEYS_ENCRYPT_DERIVED_PARAMETERS derived;
};

static const void *choose(const struct parameters *parameters, unsigned int mechanism)
{
    switch (mechanism) {
    case AZIOT_KEYS_ENCRYPT_MECHANISM_AEAD:
        return &parameters->aead;
    case AZIOT_KEYS_ENCRYPT_MECHANISM_DERIVED:
        return &parameters->derived;
    default:
        return NULL;
    }
}

static void build(struct parameters *parameters, const unsigned char *derivation, uintptr_t dn,
                  const unsigned char *iv, uintptr_t ivn, const unsigned char *aad, uintptr_t aadn)
{
    parameters->aead = (AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS){
        .iv = present(iv, ivn),
        .iv_len = ivn,
        .aad = present(aad, aadn),
        .aad_len = aadn,
    };
    parameters->derived = (AZIOT_KEYS_ENCRYPT_DERIVED_PARAMETERS){
        .derivation_data = present(derivation, dn),
        .derivation_data_len = dn,
        .mechanism = AZIOT_KEYS_ENCRYPT_MECHANISM_AEAD,
        .parameters = &parameters->aead,
    };
}

unsigned int aks_encrypt(const char *id, unsigned int mechanism, const unsigned char *derivation,
                         uintptr_t dn, const unsigned char *iv, uintptr_t ivn,
                         const unsigned char *aad, uintptr_t aadn, const unsigned char *in,
                         uintptr_t n, unsigned char *out, uintptr_t *inout_len)
{
    if (library.encrypt == NULL)
        return AKS_ABSENT;
    struct parameters parameters;
    build(&parameters, derivation, dn, iv, ivn, aad, aadn);
    uintptr_t room = room_of(inout_len);
    return checked(library.encrypt(id, mechanism, choose(&parameters, mechanism), present(in, n), n,
                                   out, inout_len),
                   out, room, inout_len);
}

unsigned int aks_decrypt(const char *id, unsigned int mechanism, const unsigned char *derivation,
                         uintptr_t dn, const unsigned char *iv, uintptr_t ivn,
                         const unsigned char *aad, uintptr_t aadn, const unsigned char *in,
                         uintptr_t n, unsigned char *out, uintptr_t *inout_len)
{
    if (library.decrypt == NULL)
        return AKS_ABSENT;
    struct parameters parameters;
    build(&parameters, derivation, dn, iv, ivn, aad, aadn);
    uintptr_t room = room_of(inout_len);
    return checked(library.decrypt(id, mechanism, choose(&parameters, mechanism), present(in, n), n,
                                   out, inout_len),
                   out, room, inout_len);
}

/* SPDX-License-Identifier: MIT */

#include "private_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/params.h>

#include "der.h"

static const unsigned char oid_rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
static const unsigned char oid_rsa_pss[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a};
static const unsigned char oid_ec[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};

static EVP_PKEY *make(const char *type, OSSL_PARAM *parts)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (maker == NULL || EVP_PKEY_fromdata_init(maker) != 1 ||
        EVP_PKEY_fromdata(maker, &key, EVP_PKEY_KEYPAIR, parts) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(maker);
    return key;
}

/* Copies a number into the room that is left, in the machine's byte order as parameters have it. */
static OSSL_PARAM number_part(const char *name, const struct der *number, struct bytes *room)
{
    unsigned char *copy = room->data + room->size;
    for (size_t i = 0; i < number->left; i++) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        copy[i] = number->at[number->left - 1 - i];
#else
        copy[i] = number->at[i];
#endif
    }
    room->size += number->left;
    return OSSL_PARAM_construct_BN(name, copy, number->left);
}

static EVP_PKEY *read_rsa(struct der der)
{
    static const char *const names[] = {
        OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
        OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
        OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
        OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
    };
    enum { COUNT = sizeof names / sizeof names[0] };
    OSSL_PARAM parts[COUNT + 1];
    struct bytes room;
    struct der sequence;
    EVP_PKEY *key = NULL;
    if (!bytes_reserve(&room, der.left))
        return NULL;
    room.size = 0;
    if (!der_read(&der, DER_SEQUENCE, &sequence) || !der_read_version(&sequence, 0))
        goto done;
    for (size_t i = 0; i < COUNT; i++) {
        struct der number;
        if (!der_read_number(&sequence, &number))
            goto done;
        parts[i] = number_part(names[i], &number, &room);
    }
    parts[COUNT] = OSSL_PARAM_construct_end();
    key = make("RSA", parts);

done:
    bytes_wipe(&room);
    return key;
}

/* The public point that belongs to a private number, compressed; 0 when the number is none. */
static size_t point_of(int curve, const struct der *number, unsigned char *out, size_t room)
{
    size_t size = 0;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(curve);
    EC_POINT *point = group == NULL ? NULL : EC_POINT_new(group);
    BIGNUM *private = BN_secure_new();
    if (point != NULL && private != NULL &&
        BN_bin2bn(number->at, (int)number->left, private) != NULL && !BN_is_zero(private) &&
        BN_cmp(private, EC_GROUP_get0_order(group)) < 0) {
        BN_set_flags(private, BN_FLG_CONSTTIME);
        if (EC_POINT_mul(group, point, private, NULL, NULL, NULL) == 1)
            size = EC_POINT_point2oct(group, point, POINT_CONVERSION_COMPRESSED, out, room, NULL);
    }
    BN_clear_free(private);
    EC_POINT_free(point);
    EC_GROUP_free(group);
    return size;
}

static int curve_of(struct der object)
{
    /* d2i wants tag and length, too: both stand right before the content. */
    const unsigned char *at = object.at - 2;
    if (object.left == 0 || object.left > 127)
        return NID_undef;
    ASN1_OBJECT *curve = d2i_ASN1_OBJECT(NULL, &at, (long)object.left + 2);
    int nid = OBJ_obj2nid(curve);
    ASN1_OBJECT_free(curve);
    return nid;
}

static EVP_PKEY *make_ec(int curve, const struct der *number)
{
    char format[] = OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_COMPRESSED;
    unsigned char point[256];
    struct bytes room;
    EVP_PKEY *key = NULL;
    /* OpenSSL only reads what a parameter of this kind points at. */
    char *name = (char *)(uintptr_t)OBJ_nid2sn(curve);
    size_t point_size = point_of(curve, number, point, sizeof point);
    if (name == NULL || point_size == 0 || !bytes_reserve(&room, number->left))
        return NULL;
    room.size = 0;
    OSSL_PARAM parts[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, point_size),
        number_part(OSSL_PKEY_PARAM_PRIV_KEY, number, &room),
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, format, 0),
        OSSL_PARAM_construct_end(),
    };
    key = make("EC", parts);
    bytes_wipe(&room);
    return key;
}

/* `object` is the curve that is named outside, NULL when only the key itself can name it. */
static EVP_PKEY *read_ec(struct der der, const struct der *object)
{
    struct der sequence;
    struct der number;
    struct der parameters;
    struct der inner;
    if (!der_read(&der, DER_SEQUENCE, &sequence) || !der_read_version(&sequence, 1) ||
        !der_read(&sequence, DER_OCTET_STRING, &number))
        return NULL;
    if (object == NULL) {
        if (!der_read(&sequence, DER_CONTEXT_0, &parameters) ||
            !der_read(&parameters, DER_OBJECT, &inner))
            return NULL;
        object = &inner;
    }
    int curve = curve_of(*object);
    return curve == NID_undef ? NULL : make_ec(curve, &number);
}

static EVP_PKEY *read_pkcs8(struct der der)
{
    struct der info;
    struct der algorithm;
    struct der object;
    struct der curve;
    struct der key;
    if (!der_read(&der, DER_SEQUENCE, &info) || !der_read_version(&info, 0) ||
        !der_read(&info, DER_SEQUENCE, &algorithm) ||
        !der_read(&algorithm, DER_OBJECT, &object) || !der_read(&info, DER_OCTET_STRING, &key))
        return NULL;
    if (der_is(&object, oid_rsa, sizeof oid_rsa) ||
        der_is(&object, oid_rsa_pss, sizeof oid_rsa_pss))
        return read_rsa(key);
    if (der_is(&object, oid_ec, sizeof oid_ec) && der_read(&algorithm, DER_OBJECT, &curve))
        return read_ec(key, &curve);
    return NULL;
}

EVP_PKEY *private_key_read(enum private_key_form form, const struct bytes *der)
{
    struct der whole = {der->data, der->size};
    switch (form) {
    case PRIVATE_KEY_PKCS8:
        return read_pkcs8(whole);
    case PRIVATE_KEY_PKCS1:
        return read_rsa(whole);
    case PRIVATE_KEY_SEC1:
        return read_ec(whole, NULL);
    }
    return NULL;
}

/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "atls.h"

#define HOUR 3600

static void must(int ok, const char *what)
{
    if (ok)
        return;
    printf("not ok the peer: %s\n", what);
    ERR_print_errors_fp(stdout);
    exit(2);
}

static void add_names(X509 *certificate, const struct peer_wish *wish)
{
    GENERAL_NAMES *names;
    GENERAL_NAME *name;
    ASN1_IA5STRING *text;

    if (wish->raw_name) {
        names = sk_GENERAL_NAME_new_null();
        name = GENERAL_NAME_new();
        text = ASN1_IA5STRING_new();
        must(names && name && text &&
                 ASN1_STRING_set(text, wish->raw_name, wish->raw_name_n) &&
                 sk_GENERAL_NAME_push(names, name) > 0,
             "raw name");
        GENERAL_NAME_set0_value(name, GEN_DNS, text);
        must(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) == 1, "extension");
        GENERAL_NAMES_free(names);
    } else if (wish->names) {
        X509_EXTENSION *extension =
            X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, wish->names);
        must(extension && X509_add_ext(certificate, extension, -1), "names");
        X509_EXTENSION_free(extension);
    }
}

static X509 *make_certificate(EVP_PKEY *key, const struct peer_wish *wish)
{
    X509 *certificate = X509_new();
    const char *name = wish->common_name ? wish->common_name : "localhost";
    X509_NAME *subject;

    must(certificate != NULL, "certificate");
    subject = X509_get_subject_name(certificate);
    must(X509_set_version(certificate, X509_VERSION_3) &&
             ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) &&
             X509_gmtime_adj(X509_getm_notBefore(certificate),
                             wish->starts_in ? wish->starts_in : -HOUR) &&
             X509_gmtime_adj(X509_getm_notAfter(certificate),
                             wish->ends_in ? wish->ends_in : HOUR) &&
             X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name,
                                        -1, -1, 0) &&
             X509_set_issuer_name(certificate, subject) && X509_set_pubkey(certificate, key),
         "certificate fields");
    add_names(certificate, wish);
    must(X509_sign(certificate, key, EVP_sha256()) > 0, "signature");
    return certificate;
}

static void write_pem(struct peer *p, X509 *certificate)
{
    BIO *text = BIO_new(BIO_s_mem());
    int n;

    must(text && PEM_write_bio_X509(text, certificate), "PEM");
    n = BIO_read(text, p->pem, (int)sizeof p->pem);
    must(n > 0 && (size_t)n < sizeof p->pem, "PEM size");
    p->pem_n = (uint32_t)n;
    BIO_free(text);
}

void peer_start(struct peer *p, const struct peer_wish *wish)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate;
    int mode = SSL_VERIFY_PEER | (wish->asks_certificate == 2 ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);

    memset(p, 0, sizeof *p);
    must(key != NULL, "key");
    certificate = make_certificate(key, wish);
    write_pem(p, certificate);
    p->context = SSL_CTX_new(TLS_server_method());
    must(p->context && SSL_CTX_use_certificate(p->context, certificate) &&
             SSL_CTX_use_PrivateKey(p->context, key),
         "context");
    if (wish->version)
        must(SSL_CTX_set_min_proto_version(p->context, wish->version) &&
                 SSL_CTX_set_max_proto_version(p->context, wish->version),
             "version");
    if (wish->version && wish->version < TLS1_2_VERSION)
        SSL_CTX_set_security_level(p->context, 0);
    if (wish->asks_certificate)
        SSL_CTX_set_verify(p->context, mode, NULL);
    p->ssl = SSL_new(p->context);
    must(p->ssl != NULL, "connection");
    SSL_set_bio(p->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    BIO_set_mem_eof_return(SSL_get_rbio(p->ssl), -1);
    SSL_set_accept_state(p->ssl);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

void peer_end(struct peer *p)
{
    SSL_free(p->ssl);
    SSL_CTX_free(p->context);
}

int peer_pump(struct peer *p, uint32_t h, uint32_t most)
{
    uint8_t bytes[4096];
    int moved = 0;
    int n;

    if (most > sizeof bytes)
        most = sizeof bytes;
    n = atls_drain(h, bytes, most);
    if (n > 0) {
        must(BIO_write(SSL_get_rbio(p->ssl), bytes, n) == n, "input");
        moved = 1;
    }
    n = BIO_read(SSL_get_wbio(p->ssl), bytes, (int)most);
    if (n > 0) {
        must(atls_feed(h, bytes, (uint32_t)n) == n, "output");
        moved = 1;
    }
    return moved;
}

int peer_handshake(struct peer *p, uint32_t h, uint32_t most)
{
    int result;
    int moved;

    do {
        result = atls_handshake(h);
        ERR_clear_error();
        (void)SSL_do_handshake(p->ssl);
        moved = peer_pump(p, h, most);
    } while (moved || (result == ATLS_AGAIN && SSL_want(p->ssl) == SSL_NOTHING &&
                       SSL_in_init(p->ssl)));
    return result;
}

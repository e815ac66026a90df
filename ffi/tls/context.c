/* SPDX-License-Identifier: MIT */
#include "context.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <stdio.h>

#include "report.h"

static OSSL_LIB_CTX *library;
static pthread_once_t library_once = PTHREAD_ONCE_INIT;

/* A library context of our own keeps the providers that openssl.cnf activates for other programs
 * (and the loadable one of ours) out of this process. It lives as long as the process: freeing it
 * with connections around is never safe. */
static void library_open(void)
{
    OSSL_LIB_CTX *made = OSSL_LIB_CTX_new();

    if (made && OSSL_PROVIDER_load(made, "default"))
        library = made;
    else
        OSSL_LIB_CTX_free(made);
}

static int is_version(int version)
{
    return version == 0 || version == TLS1_2_VERSION || version == TLS1_3_VERSION;
}

/* The administrator's openssl.cnf may be stricter than the caller, never looser. */
static int limit_versions(SSL_CTX *ssl, int min, int max)
{
    long floor = SSL_CTX_get_min_proto_version(ssl);
    long ceiling = SSL_CTX_get_max_proto_version(ssl);

    if (min == 0)
        min = TLS1_2_VERSION;
    if (floor < min && !SSL_CTX_set_min_proto_version(ssl, min))
        return 0;
    return max == 0 || (ceiling != 0 && ceiling <= max) || SSL_CTX_set_max_proto_version(ssl, max);
}

/* Adds every certificate of the text; answers how many, or -1 when one cannot be read. */
static int add_anchors(X509_STORE *store, const char *pem, uint32_t n)
{
    BIO *text = NULL;
    X509 *certificate = NULL;
    int count = 0;
    int result = -1;

    if (n > INT_MAX)
        goto done;
    text = BIO_new_mem_buf(pem, (int)n);
    if (!text)
        goto done;
    for (;;) {
        certificate = X509_new_ex(library, NULL);
        if (!certificate)
            goto done;
        if (!PEM_read_bio_X509(text, &certificate, NULL, NULL))
            break;
        if (!X509_STORE_add_cert(store, certificate))
            goto done;
        X509_free(certificate);
        certificate = NULL;
        count++;
    }
    /* The end of the text shows as a missing first line; anything else is a damaged certificate. */
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        goto done;
    ERR_clear_error();
    result = count;
done:
    X509_free(certificate);
    BIO_free(text);
    return result;
}

static int trust(SSL_CTX *ssl, const struct context_wish *wish, char *err, size_t err_n)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ssl);
    int count;

    if (wish->use_system && !SSL_CTX_set_default_verify_paths(ssl)) {
        report_library(err, err_n, "the system's trust store cannot be used");
        return 0;
    }
    if (wish->anchors_n > 0) {
        count = add_anchors(store, wish->anchors, wish->anchors_n);
        if (count < 0) {
            report_library(err, err_n, "a certificate of the extra trust anchors cannot be read");
            return 0;
        }
        if (count == 0) {
            snprintf(err, err_n, "the extra trust anchors contain no PEM certificate");
            return 0;
        }
    }
    return 1;
}

SSL_CTX *context_new(const struct context_wish *wish, char *err, size_t err_n)
{
    SSL_CTX *ssl = NULL;
    int ok = 0;

    ERR_clear_error();
    if (!is_version(wish->min) || !is_version(wish->max) ||
        (wish->max != 0 && wish->max < wish->min)) {
        snprintf(err, err_n, "only TLS 1.2 and TLS 1.3 are offered, not 0x%04x to 0x%04x",
                 (unsigned)wish->min, (unsigned)wish->max);
        goto done;
    }
    pthread_once(&library_once, library_open);
    if (library)
        ssl = SSL_CTX_new_ex(library, NULL, TLS_client_method());
    if (!ssl || !limit_versions(ssl, wish->min, wish->max)) {
        report_library(err, err_n, "OpenSSL cannot be set up");
        goto done;
    }
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, report_on_verify);
    /* Partial chain: whatever the administrator put into the store is an anchor, as with curl. */
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ssl), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_cert_cb(ssl, report_on_certificate_request, NULL);
    ok = trust(ssl, wish, err, err_n);
done:
    ERR_clear_error();
    if (!ok) {
        SSL_CTX_free(ssl);
        ssl = NULL;
    }
    return ssl;
}

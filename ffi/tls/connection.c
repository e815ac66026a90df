/* SPDX-License-Identifier: MIT */
#include "connection.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "atls.h"
#include "report.h"

/* RFC 1035, section 2.3.4: 253 characters as text. */
#define HOST_MAX 253U

static int expect_host(SSL *ssl, const char *host, int is_ip)
{
    if (is_ip)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host);
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, host) && SSL_set_tlsext_host_name(ssl, host);
}

static int attach_buffers(struct connection *c)
{
    c->in = BIO_new(BIO_s_mem());
    c->out = BIO_new(BIO_s_mem());
    if (!c->in || !c->out) {
        BIO_free(c->in);
        BIO_free(c->out);
        return 0;
    }
    /* An empty buffer means "not yet", not the end of the connection. */
    BIO_set_mem_eof_return(c->in, -1);
    BIO_set_mem_eof_return(c->out, -1);
    SSL_set_bio(c->ssl, c->in, c->out);
    return 1;
}

struct connection *connection_new(SSL_CTX *context, const char *host, int is_ip, char *err,
                                  size_t err_n)
{
    struct connection *c = NULL;
    int ok = 0;

    ERR_clear_error();
    if (!host || !*host || strnlen(host, HOST_MAX + 1) > HOST_MAX) {
        snprintf(err, err_n, "a host name has 1 to %u characters", HOST_MAX);
        goto done;
    }
    c = OPENSSL_zalloc(sizeof *c);
    if (c)
        c->ssl = SSL_new(context);
    if (!c || !c->ssl || !SSL_set_app_data(c->ssl, c) || !attach_buffers(c)) {
        report_library(err, err_n, "no memory for a connection");
        goto done;
    }
    c->is_ip = is_ip;
    if (!expect_host(c->ssl, host, is_ip)) {
        report_library(err, err_n, is_ip ? "not an IP address" : "not a host name");
        goto done;
    }
    SSL_set_connect_state(c->ssl);
    ok = 1;
done:
    ERR_clear_error();
    if (!ok) {
        connection_free(c);
        c = NULL;
    }
    return c;
}

void connection_free(struct connection *c)
{
    if (!c)
        return;
    SSL_free(c->ssl);
    X509_free(c->failure.certificate);
    OPENSSL_clear_free(c, sizeof *c);
}

int connection_feed(struct connection *c, const uint8_t *bytes, uint32_t n)
{
    if (n == 0)
        return 0;
    if (!bytes || n > INT_MAX)
        return ATLS_ERROR;
    return BIO_write(c->in, bytes, (int)n) == (int)n ? (int)n : ATLS_ERROR;
}

int connection_drain(struct connection *c, uint8_t *out, uint32_t n)
{
    int taken;

    if (!out || n == 0)
        return 0;
    taken = BIO_read(c->out, out, n > INT_MAX ? INT_MAX : (int)n);
    return taken > 0 ? taken : 0;
}

/* The meaning of what an SSL function returned. Must follow it at once: it reads the error queue. */
static int outcome(struct connection *c, int result)
{
    switch (SSL_get_error(c->ssl, result)) {
    case SSL_ERROR_NONE:
        return result;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return ATLS_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return ATLS_CLOSED;
    default:
        c->failed = 1;
        report_failure(c);
        return ATLS_ERROR;
    }
}

int connection_handshake(struct connection *c)
{
    if (c->failed)
        return ATLS_ERROR;
    ERR_clear_error();
    return outcome(c, SSL_do_handshake(c->ssl));
}

int connection_read(struct connection *c, uint8_t *out, uint32_t n)
{
    if (c->failed)
        return ATLS_ERROR;
    if (!out || n == 0)
        return 0;
    ERR_clear_error();
    return outcome(c, SSL_read(c->ssl, out, n > INT_MAX ? INT_MAX : (int)n));
}

int connection_write(struct connection *c, const uint8_t *bytes, uint32_t n)
{
    if (c->failed)
        return ATLS_ERROR;
    /* SSL_write fails on an empty write. */
    if (!bytes || n == 0)
        return 0;
    ERR_clear_error();
    return outcome(c, SSL_write(c->ssl, bytes, n > INT_MAX ? INT_MAX : (int)n));
}

int connection_shutdown(struct connection *c)
{
    /* During a handshake there is nobody to say goodbye to, after a failure the alert has done it. */
    if (!c->failed && !SSL_in_init(c->ssl)) {
        ERR_clear_error();
        (void)SSL_shutdown(c->ssl);
        ERR_clear_error();
    }
    return ATLS_DONE;
}

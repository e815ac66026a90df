/* SPDX-License-Identifier: MIT */
/* One TLS connection over two memory BIOs. */
#ifndef ATLS_CONNECTION_H
#define ATLS_CONNECTION_H

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdint.h>

/* What went wrong, gathered while it happens: libssl keeps neither the certificate nor the depth. */
struct failure {
    enum { FAILURE_NONE = 0, FAILURE_VERIFY, FAILURE_ALERT, FAILURE_PROTOCOL } kind;
    int code;
    int depth;
    X509 *certificate;
    char text[160];
};

struct connection {
    SSL *ssl;
    BIO *in;  /* owned by ssl */
    BIO *out; /* owned by ssl */
    int is_ip;
    int certificate_asked;
    int failed;
    struct failure failure;
};

/* A connection, or NULL with the reason (NUL-terminated) in err. */
struct connection *connection_new(SSL_CTX *context, const char *host, int is_ip, char *err,
                                  size_t err_n);
void connection_free(struct connection *c);

/* These answer as the functions of atls.h of the same name. */
int connection_feed(struct connection *c, const uint8_t *bytes, uint32_t n);
int connection_drain(struct connection *c, uint8_t *out, uint32_t n);
int connection_handshake(struct connection *c);
int connection_read(struct connection *c, uint8_t *out, uint32_t n);
int connection_write(struct connection *c, const uint8_t *bytes, uint32_t n);
int connection_shutdown(struct connection *c);

#endif

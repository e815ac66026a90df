/* SPDX-License-Identifier: MIT */
/* The other end for the tests: a TLS server in memory, with a certificate made for the occasion. */
#ifndef ATLS_TEST_PEER_H
#define ATLS_TEST_PEER_H

#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>

/* What the server's certificate says and how the server speaks. Zero means the default. */
struct peer_wish {
    const char *common_name; /* "localhost" */
    const char *names;       /* as in openssl.cnf's subjectAltName; NULL leaves it out */
    const char *raw_name;    /* dNSName with these bytes, whatever they are */
    int raw_name_n;
    long starts_in;         /* seconds from now until notBefore; an hour ago */
    long ends_in;           /* seconds from now until notAfter; in an hour */
    int version;            /* the only protocol version */
    int asks_certificate;   /* 1 asks for a client certificate, 2 demands one */
};

struct peer {
    SSL_CTX *context;
    SSL *ssl;
    char pem[4096]; /* the server's certificate, which is its own issuer */
    uint32_t pem_n;
};

/* Ends the program when OpenSSL refuses: a test without its peer means nothing. */
void peer_start(struct peer *p, const struct peer_wish *wish);
void peer_end(struct peer *p);

/* Moves at most `most` bytes a step between client h and server; answers whether any moved. */
int peer_pump(struct peer *p, uint32_t h, uint32_t most);

/* Runs both handshakes to their end; the client's last result. */
int peer_handshake(struct peer *p, uint32_t h, uint32_t most);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * libaziot_tls.so: a TLS client without a socket. The caller moves the bytes: what the network
 * sent goes in with atls_feed, what is to be sent comes out of atls_drain.
 *
 * Only integers and buffers cross this border, for Deno's scoped FFI allows nothing else. A handle
 * is a number from a table of the calling thread: one that was freed, was never given out or
 * belongs to another thread is answered with ATLS_STALE and never followed. No function blocks;
 * all of them are to be called from the thread that made the handle.
 */
#ifndef ATLS_H
#define ATLS_H

#include <stddef.h>
#include <stdint.h>

#define ATLS_EXPORT __attribute__((visibility("default")))

/* Results below 1; a positive one is a count, or ATLS_DONE where there is nothing to count. */
enum {
    ATLS_DONE = 1,
    ATLS_AGAIN = 0,   /* feed what the network sends next, then call again */
    ATLS_ERROR = -1,  /* final for this connection; atls_error says why */
    ATLS_CLOSED = -2, /* the peer has said goodbye (close_notify) */
    ATLS_STALE = -3,  /* not a handle of this thread */
    ATLS_SIGN = -4    /* atls_sign_request has something to sign */
};

/*
 * Makes what connections share: trust anchors, versions and at most one client identity.
 * anchors: PEM certificates that are trusted in addition, n bytes, 0 for none.
 * use_system: not 0 to trust what OpenSSL trusts by default (SSL_CERT_FILE, SSL_CERT_DIR, else
 * the distribution's bundle and directory), read now.
 * min, max: protocol versions as on the wire (0x0303 is TLS 1.2, 0x0304 TLS 1.3), 0 for the
 * default. Never below TLS 1.2; a stricter policy of openssl.cnf stays in force.
 * chain: PEM of a client certificate and its issuers; must be empty (chain_n = 0) for now.
 * Answers a handle, or 0 with a NUL-terminated reason of at most err_n bytes in err.
 */
ATLS_EXPORT uint32_t atls_ctx_new(const char *anchors, uint32_t anchors_n, int32_t use_system,
                                  int32_t min, int32_t max, const char *chain, uint32_t chain_n,
                                  char *err, uint32_t err_n);

/* Frees a context; connections made from it live on. ATLS_DONE or ATLS_STALE. */
ATLS_EXPORT int32_t atls_ctx_free(uint32_t ctx);

/*
 * Starts a connection to host (NUL-terminated ASCII), whose certificate must name it: as an
 * iPAddress and without SNI if is_ip is not 0, else as a dNSName or, when there is none, as common
 * name. Answers a handle, or 0; then atls_error(0, ...) has the reason.
 */
ATLS_EXPORT uint32_t atls_new(uint32_t ctx, const char *host, int32_t is_ip);

/* Frees a connection at any moment of its life, without a goodbye. ATLS_DONE or ATLS_STALE. */
ATLS_EXPORT int32_t atls_free(uint32_t h);

/* Takes n bytes from the network. Answers n, ATLS_ERROR (no memory) or ATLS_STALE. */
ATLS_EXPORT int32_t atls_feed(uint32_t h, const uint8_t *bytes, uint32_t n);

/* Gives at most n bytes for the network: their count, 0 when there are none, or ATLS_STALE. To be
 * called until 0 after every other call, after a failed one too: the peer is owed an alert. */
ATLS_EXPORT int32_t atls_drain(uint32_t h, uint8_t *out, uint32_t n);

/* Goes on with the handshake: ATLS_DONE, ATLS_AGAIN, ATLS_SIGN, ATLS_ERROR, ATLS_CLOSED. */
ATLS_EXPORT int32_t atls_handshake(uint32_t h);

/*
 * Gives what the client's private key is to sign: at most *n bytes to out, their count to *n, to
 * *kind 1 for ECDSA of a digest, 2 for RSA PKCS#1 v1.5 of a DigestInfo, 3 for RSA without padding.
 * ATLS_DONE, ATLS_AGAIN when *n was too small, ATLS_ERROR when nothing is to be signed.
 */
ATLS_EXPORT int32_t atls_sign_request(uint32_t h, uint8_t *out, uint32_t *n, int32_t *kind);

/* Hands over the signature; n = 0 refuses. ATLS_DONE, or ATLS_ERROR when none was asked for. */
ATLS_EXPORT int32_t atls_sign_done(uint32_t h, const uint8_t *signature, uint32_t n);

/* Reads at most n decrypted bytes: their count, or a result below 1. 0 for n = 0. */
ATLS_EXPORT int32_t atls_read(uint32_t h, uint8_t *out, uint32_t n);

/* Encrypts some of n bytes: how many, or a result below 1. 0 for n = 0. After ATLS_AGAIN the same
 * bytes have to be offered again. */
ATLS_EXPORT int32_t atls_write(uint32_t h, const uint8_t *bytes, uint32_t n);

/* Says goodbye (close_notify), if the handshake was finished. ATLS_DONE or ATLS_STALE. */
ATLS_EXPORT int32_t atls_shutdown(uint32_t h);

/*
 * What was agreed, as lines `key=value`: version, cipher, names (`san`, `address`, or
 * `common-name` when the certificate names the host nowhere else), client-certificate (`asked` or
 * `not-asked`). Answers the length of the text, cut to n - 1 bytes, or ATLS_STALE.
 */
ATLS_EXPORT int32_t atls_info(uint32_t h, char *out, uint32_t n);

/*
 * Why the connection failed, as lines `key=value`: kind (`verify`, `alert`, `protocol`, `none`),
 * code (X509_V_ERR_*, alert number, SSL_R_*), text and client-certificate; for kind `verify` also
 * depth, subject, issuer, not-before, not-after (RFC 3339) and names of the certificate that was
 * refused. Control characters of a certificate are replaced. h = 0: why atls_new failed last.
 * Answers as atls_info.
 */
ATLS_EXPORT int32_t atls_error(uint32_t h, char *out, uint32_t n);

#endif

/* SPDX-License-Identifier: MIT */
/* What a caller is told about a connection, as lines `key=value` (see atls.h). */
#ifndef ATLS_REPORT_H
#define ATLS_REPORT_H

#include "connection.h"

/* Callbacks of a context that remember what libssl forgets; app data of an SSL is its connection. */
int report_on_verify(int ok, X509_STORE_CTX *store);
int report_on_certificate_request(SSL *ssl, void *unused);

/* Takes the reason of a failed call from OpenSSL's error queue into c->failure. */
void report_failure(struct connection *c);

/* `what: reason`, the reason being the newest of OpenSSL's error queue, if it has one. */
void report_library(char *err, size_t err_n, const char *what);

/* The texts of atls_info and atls_error; their length, cut to n - 1. */
int report_info(const struct connection *c, char *out, size_t n);
int report_error(const struct connection *c, char *out, size_t n);

/* The text of atls_error for a reason that is kept as text only; NULL for none. */
int report_plain(const char *reason, char *out, size_t n);

#endif

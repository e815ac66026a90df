/* SPDX-License-Identifier: MIT */
/* What connections share: trust anchors and protocol versions. */
#ifndef ATLS_CONTEXT_H
#define ATLS_CONTEXT_H

#include <openssl/ssl.h>
#include <stdint.h>

/* How a context is wished for; the fields are the arguments of atls_ctx_new. */
struct context_wish {
    const char *anchors;
    uint32_t anchors_n;
    int use_system;
    int min;
    int max;
};

/* A client context, or NULL with the reason (NUL-terminated) in err. Free with SSL_CTX_free. */
SSL_CTX *context_new(const struct context_wish *wish, char *err, size_t err_n);

#endif

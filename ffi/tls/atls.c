/* SPDX-License-Identifier: MIT */
/* The exported functions: from handles to objects, nothing else. */
#include "atls.h"

#include <limits.h>
#include <stdio.h>

#include "connection.h"
#include "context.h"
#include "handles.h"
#include "report.h"

/* Why atls_new failed last; it has no handle to ask about yet. */
static _Thread_local char last_reason[256];

static struct connection *connection_of(uint32_t h)
{
    return handle_find(h, HANDLE_CONNECTION);
}

static size_t text_cap(const char *out, uint32_t n)
{
    return !out ? 0 : n > INT_MAX ? INT_MAX : n;
}

uint32_t atls_ctx_new(const char *anchors, uint32_t anchors_n, int32_t use_system, int32_t min,
                      int32_t max, const char *chain, uint32_t chain_n, char *err, uint32_t err_n)
{
    struct context_wish wish = {anchors, anchors ? anchors_n : 0, use_system != 0, min, max};
    char nowhere[1];
    SSL_CTX *context;
    uint32_t handle;

    if (text_cap(err, err_n) == 0) {
        err = nowhere;
        err_n = sizeof nowhere;
    }
    err[0] = '\0';
    if (chain && chain_n > 0) {
        snprintf(err, err_n, "client certificates are not supported by this library");
        return 0;
    }
    context = context_new(&wish, err, err_n);
    if (!context)
        return 0;
    handle = handle_add(HANDLE_CONTEXT, context);
    if (handle == 0) {
        SSL_CTX_free(context);
        snprintf(err, err_n, "too many contexts and connections");
    }
    return handle;
}

int32_t atls_ctx_free(uint32_t ctx)
{
    SSL_CTX *context = handle_take(ctx, HANDLE_CONTEXT);

    if (!context)
        return ATLS_STALE;
    SSL_CTX_free(context);
    return ATLS_DONE;
}

uint32_t atls_new(uint32_t ctx, const char *host, int32_t is_ip)
{
    SSL_CTX *context = handle_find(ctx, HANDLE_CONTEXT);
    struct connection *c;
    uint32_t handle;

    if (!context) {
        snprintf(last_reason, sizeof last_reason, "not a context of this thread");
        return 0;
    }
    c = connection_new(context, host, is_ip != 0, last_reason, sizeof last_reason);
    if (!c)
        return 0;
    handle = handle_add(HANDLE_CONNECTION, c);
    if (handle == 0) {
        connection_free(c);
        snprintf(last_reason, sizeof last_reason, "too many contexts and connections");
    }
    return handle;
}

int32_t atls_free(uint32_t h)
{
    struct connection *c = handle_take(h, HANDLE_CONNECTION);

    if (!c)
        return ATLS_STALE;
    connection_free(c);
    return ATLS_DONE;
}

int32_t atls_feed(uint32_t h, const uint8_t *bytes, uint32_t n)
{
    struct connection *c = connection_of(h);

    return c ? connection_feed(c, bytes, n) : ATLS_STALE;
}

int32_t atls_drain(uint32_t h, uint8_t *out, uint32_t n)
{
    struct connection *c = connection_of(h);

    return c ? connection_drain(c, out, n) : ATLS_STALE;
}

int32_t atls_handshake(uint32_t h)
{
    struct connection *c = connection_of(h);

    return c ? connection_handshake(c) : ATLS_STALE;
}

/* Without an identity no signature is ever wanted, so none can be fetched or handed over. */
int32_t atls_sign_request(uint32_t h, uint8_t *out, uint32_t *n, int32_t *kind)
{
    (void)out;
    (void)n;
    (void)kind;
    return connection_of(h) ? ATLS_ERROR : ATLS_STALE;
}

int32_t atls_sign_done(uint32_t h, const uint8_t *signature, uint32_t n)
{
    (void)signature;
    (void)n;
    return connection_of(h) ? ATLS_ERROR : ATLS_STALE;
}

int32_t atls_read(uint32_t h, uint8_t *out, uint32_t n)
{
    struct connection *c = connection_of(h);

    return c ? connection_read(c, out, n) : ATLS_STALE;
}

int32_t atls_write(uint32_t h, const uint8_t *bytes, uint32_t n)
{
    struct connection *c = connection_of(h);

    return c ? connection_write(c, bytes, n) : ATLS_STALE;
}

int32_t atls_shutdown(uint32_t h)
{
    struct connection *c = connection_of(h);

    return c ? connection_shutdown(c) : ATLS_STALE;
}

int32_t atls_info(uint32_t h, char *out, uint32_t n)
{
    struct connection *c = connection_of(h);

    return c ? report_info(c, out, text_cap(out, n)) : ATLS_STALE;
}

int32_t atls_error(uint32_t h, char *out, uint32_t n)
{
    struct connection *c = connection_of(h);

    if (h == 0)
        return report_plain(last_reason[0] ? last_reason : NULL, out, text_cap(out, n));
    return c ? report_error(c, out, text_cap(out, n)) : ATLS_STALE;
}

/* SPDX-License-Identifier: MIT */
/* Whom the client accepts as its peer, and what it says about others. */
#include <string.h>

#include "program.h"

void test_common_name(void)
{
    const struct peer_wish only = {.common_name = "old.example"};
    const struct peer_wish beside = {.common_name = "old.example", .names = "DNS:new.example"};
    char text[512];
    uint32_t h;

    EXPECT(connect_to(&only, "old.example", 0, &h) == ATLS_DONE);
    atls_info(h, text, sizeof text);
    EXPECT(strstr(text, "names=common-name\n"));
    atls_free(h);
    EXPECT(connect_to(&beside, "old.example", 0, &h) == ATLS_ERROR);
    EXPECT(says(h, "code=62\n") && says(h, "names=DNS:new.example\n"));
    atls_free(h);
}

void test_addresses(void)
{
    const struct peer_wish wish = {.names = "IP:192.0.2.7, IP:2001:db8::7"};
    const struct peer_wish text_only = {.common_name = "192.0.2.7", .names = "DNS:192.0.2.7"};
    char text[512];
    uint32_t h;

    EXPECT(connect_to(&wish, "192.0.2.7", 1, &h) == ATLS_DONE);
    atls_info(h, text, sizeof text);
    EXPECT(strstr(text, "names=address\n"));
    atls_free(h);
    EXPECT(connect_to(&wish, "2001:db8::7", 1, &h) == ATLS_DONE);
    atls_free(h);
    EXPECT(connect_to(&wish, "192.0.2.8", 1, &h) == ATLS_ERROR);
    EXPECT(says(h, "code=64\n") && says(h, "names=IP:192.0.2.7, IP:2001:db8:0:0:0:0:0:7\n"));
    atls_free(h);
    EXPECT(connect_to(&text_only, "192.0.2.7", 1, &h) == ATLS_ERROR);
    atls_free(h);
}

void test_wildcards(void)
{
    const struct peer_wish whole = {.names = "DNS:*.example.com"};
    const struct peer_wish partial = {.names = "DNS:hub*.example.com"};
    uint32_t h;

    EXPECT(connect_to(&whole, "hub1.example.com", 0, &h) == ATLS_DONE);
    atls_free(h);
    EXPECT(connect_to(&whole, "a.hub1.example.com", 0, &h) == ATLS_ERROR);
    atls_free(h);
    EXPECT(connect_to(&partial, "hub1.example.com", 0, &h) == ATLS_ERROR);
    atls_free(h);
}

void test_dates(void)
{
    const struct peer_wish expired = {.names = "DNS:localhost", .starts_in = -7200, .ends_in = -60};
    const struct peer_wish early = {.names = "DNS:localhost", .starts_in = 60, .ends_in = 7200};
    uint32_t h;

    EXPECT(connect_to(&expired, "localhost", 0, &h) == ATLS_ERROR);
    EXPECT(says(h, "kind=verify\ncode=10\n") && says(h, "not-after=20") && says(h, "depth=0\n"));
    atls_free(h);
    EXPECT(connect_to(&early, "localhost", 0, &h) == ATLS_ERROR);
    EXPECT(says(h, "kind=verify\ncode=9\n") && says(h, "not-before=20"));
    atls_free(h);
}

void test_unknown_issuer(void)
{
    const struct peer_wish wish = {.names = "DNS:localhost"};
    struct peer p, other;
    uint32_t ctx, h;

    peer_start(&p, &wish);
    peer_start(&other, &wish);
    ctx = trusting(&other);
    h = atls_new(ctx, "localhost", 0);
    EXPECT(peer_handshake(&p, h, 4096) == ATLS_ERROR);
    EXPECT(says(h, "kind=verify\n") && says(h, "subject=CN=localhost\n"));
    EXPECT(SSL_get_state(p.ssl) != TLS_ST_OK);
    atls_free(h);
    atls_ctx_free(ctx);
    peer_end(&p);
    peer_end(&other);
}

void test_demanded_certificate(void)
{
    const struct peer_wish wish = {
        .names = "DNS:localhost", .asks_certificate = 2, .version = TLS1_3_VERSION};
    struct peer p;
    uint32_t ctx, h;
    uint8_t byte;

    peer_start(&p, &wish);
    ctx = trusting(&p);
    h = atls_new(ctx, "localhost", 0);
    /* The server's refusal comes after the client's handshake is over. */
    EXPECT(peer_handshake(&p, h, 4096) != ATLS_AGAIN);
    EXPECT(atls_read(h, &byte, 1) == ATLS_ERROR);
    EXPECT(says(h, "kind=alert\ncode=116\n") && says(h, "client-certificate=asked\n"));
    atls_free(h);
    atls_ctx_free(ctx);
    peer_end(&p);
}

void test_versions(void)
{
    const struct peer_wish old = {.names = "DNS:localhost", .version = TLS1_1_VERSION};
    const struct peer_wish wish = {.names = "DNS:localhost", .version = TLS1_2_VERSION};
    char err[128];
    uint32_t ctx, h;
    struct peer p;

    EXPECT(connect_to(&old, "localhost", 0, &h) == ATLS_ERROR);
    EXPECT(says(h, "kind=alert\ncode=70\n") || says(h, "kind=protocol\n"));
    atls_free(h);
    EXPECT(atls_ctx_new(NULL, 0, 0, TLS1_1_VERSION, 0, NULL, 0, err, sizeof err) == 0);
    EXPECT(strstr(err, "only TLS 1.2 and TLS 1.3"));
    EXPECT(atls_ctx_new(NULL, 0, 0, TLS1_3_VERSION, TLS1_2_VERSION, NULL, 0, err, 20) == 0);
    peer_start(&p, &wish);
    ctx = atls_ctx_new(p.pem, p.pem_n, 0, TLS1_3_VERSION, 0, NULL, 0, err, sizeof err);
    h = atls_new(ctx, "localhost", 0);
    EXPECT(peer_handshake(&p, h, 4096) == ATLS_ERROR);
    atls_free(h);
    atls_ctx_free(ctx);
    peer_end(&p);
}

void test_anchors(void)
{
    static const char broken[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    const struct peer_wish wish = {.names = "DNS:localhost"};
    char err[128], two[9000];
    struct peer p, other;
    uint32_t ctx, h;
    int n;

    EXPECT(atls_ctx_new(broken, sizeof broken - 1, 0, 0, 0, NULL, 0, err, sizeof err) == 0);
    EXPECT(strstr(err, "cannot be read"));
    EXPECT(atls_ctx_new("hello", 5, 1, 0, 0, NULL, 0, err, sizeof err) == 0);
    EXPECT(strstr(err, "contain no PEM certificate"));
    peer_start(&p, &wish);
    peer_start(&other, &wish);
    n = snprintf(two, sizeof two, "%.*s%.*s%s", (int)p.pem_n, p.pem, (int)p.pem_n, p.pem, broken);
    EXPECT(atls_ctx_new(two, (uint32_t)n, 0, 0, 0, NULL, 0, err, sizeof err) == 0);
    n = snprintf(two, sizeof two, "# a comment\n%.*s\n%.*s", (int)other.pem_n, other.pem,
                 (int)p.pem_n, p.pem);
    ctx = atls_ctx_new(two, (uint32_t)n, 0, 0, 0, NULL, 0, err, sizeof err);
    h = atls_new(ctx, "localhost", 0);
    EXPECT(peer_handshake(&p, h, 4096) == ATLS_DONE);
    atls_free(h);
    atls_ctx_free(ctx);
    peer_end(&p);
    peer_end(&other);
}

void test_identity_is_refused(void)
{
    char err[128];

    EXPECT(atls_ctx_new(NULL, 0, 0, 0, 0, "x", 1, err, sizeof err) == 0);
    EXPECT(strstr(err, "client certificates"));
}

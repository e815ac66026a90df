/* SPDX-License-Identifier: MIT */
/* What a good connection does. */
#include <string.h>

#include "program.h"

static void echo(int version, uint32_t most)
{
    const struct peer_wish wish = {.names = "DNS:localhost", .version = version};
    uint8_t sent[20000], got[20000], back[20000];
    uint32_t written = 0, received = 0, ctx, h;
    int turned = 0;
    struct peer p;

    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)(i * 31U);
    peer_start(&p, &wish);
    ctx = trusting(&p);
    h = atls_new(ctx, "localhost", 0);
    EXPECT(peer_handshake(&p, h, most) == ATLS_DONE);
    while (received < sizeof got) {
        int32_t n = atls_write(h, sent + written, (uint32_t)sizeof sent - written);
        if (n > 0)
            written += (uint32_t)n;
        peer_pump(&p, h, most);
        int r = SSL_read(p.ssl, got + turned, (int)sizeof got - turned);
        if (r > 0) {
            EXPECT(SSL_write(p.ssl, got + turned, r) == r);
            turned += r;
        }
        n = atls_read(h, back + received, (uint32_t)sizeof back - received);
        EXPECT(n > 0 || n == ATLS_AGAIN);
        if (n > 0)
            received += (uint32_t)n;
    }
    EXPECT(memcmp(sent, back, sizeof sent) == 0);
    EXPECT(atls_shutdown(h) == ATLS_DONE);
    while (peer_pump(&p, h, most))
        ;
    EXPECT(SSL_read(p.ssl, got, 1) <= 0 && SSL_get_shutdown(p.ssl) == SSL_RECEIVED_SHUTDOWN);
    SSL_shutdown(p.ssl);
    while (peer_pump(&p, h, most))
        ;
    EXPECT(atls_read(h, back, sizeof back) == ATLS_CLOSED);
    atls_free(h);
    atls_ctx_free(ctx);
    peer_end(&p);
}

void test_echo_13(void) { echo(TLS1_3_VERSION, 4096); }
void test_echo_12(void) { echo(TLS1_2_VERSION, 4096); }
void test_echo_dripping(void) { echo(TLS1_3_VERSION, 1); }

void test_info(void)
{
    const struct peer_wish wish = {.names = "DNS:localhost", .asks_certificate = 1};
    char text[512];
    uint32_t h;

    EXPECT(connect_to(&wish, "localhost", 0, &h) == ATLS_DONE);
    EXPECT(atls_info(h, text, sizeof text) == (int32_t)strlen(text));
    EXPECT(strstr(text, "version=TLSv1.3\n"));
    EXPECT(strstr(text, "names=san\n"));
    EXPECT(strstr(text, "client-certificate=asked\n"));
    EXPECT(says(h, "kind=none\n"));
    atls_free(h);
}

/* Reads and writes on both sides until nothing moves any more; the client's last result. */
static int32_t settle(struct peer *p, uint32_t h)
{
    uint8_t byte;
    int32_t result;

    do {
        result = atls_read(h, &byte, 1);
        (void)SSL_read(p->ssl, &byte, 1);
    } while (peer_pump(p, h, 4096));
    return result;
}

static void refreshed(int version, int (*refresh)(SSL *ssl))
{
    const struct peer_wish wish = {.names = "DNS:localhost", .version = version};
    struct peer p;
    uint32_t ctx, h;
    uint8_t byte = 0;

    peer_start(&p, &wish);
    ctx = trusting(&p);
    h = atls_new(ctx, "localhost", 0);
    EXPECT(peer_handshake(&p, h, 4096) == ATLS_DONE);
    EXPECT(refresh(p.ssl) == 1);
    EXPECT(SSL_do_handshake(p.ssl) == 1);
    EXPECT(settle(&p, h) == ATLS_AGAIN);
    EXPECT(SSL_write(p.ssl, "x", 1) == 1);
    while (peer_pump(&p, h, 4096))
        ;
    EXPECT(atls_read(h, &byte, 1) == 1 && byte == 'x');
    EXPECT(atls_write(h, &byte, 1) == 1);
    atls_free(h);
    atls_ctx_free(ctx);
    peer_end(&p);
}

static int update_keys(SSL *ssl)
{
    return SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
}

void test_renegotiation(void)
{
    refreshed(TLS1_2_VERSION, SSL_renegotiate);
}

void test_key_update(void)
{
    refreshed(TLS1_3_VERSION, update_keys);
}

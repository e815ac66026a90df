/* SPDX-License-Identifier: MIT */
/* What a hostile or broken peer may send. */
#include <string.h>

#include "program.h"

void test_failed_stays_failed(void)
{
    static const uint8_t http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    uint32_t ctx = atls_ctx_new(NULL, 0, 0, 0, 0, NULL, 0, NULL, 0);
    uint32_t h = atls_new(ctx, "localhost", 0);
    uint8_t bytes[600];
    char first[4096];

    EXPECT(atls_handshake(h) == ATLS_AGAIN);
    EXPECT(atls_drain(h, bytes, sizeof bytes) > 100);
    EXPECT(atls_feed(h, http, sizeof http - 1) == sizeof http - 1);
    EXPECT(atls_handshake(h) == ATLS_ERROR);
    EXPECT(says(h, "kind=protocol\n"));
    EXPECT(atls_error(h, first, sizeof first) > 0);
    EXPECT(atls_handshake(h) == ATLS_ERROR && atls_read(h, bytes, 1) == ATLS_ERROR);
    EXPECT(atls_write(h, bytes, 1) == ATLS_ERROR && atls_shutdown(h) == ATLS_DONE);
    EXPECT(strcmp(first, reason(h)) == 0);
    EXPECT(atls_free(h) == ATLS_DONE && atls_ctx_free(ctx) == ATLS_DONE);
}

/* Repeatable noise: a failure must be the same on the next run. */
static uint32_t noise(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* A handshake and some data whose server bytes are damaged; only an end without a crash counts. */
static void damaged_run(int version, uint32_t *state)
{
    const struct peer_wish wish = {.names = "DNS:localhost", .version = version};
    uint32_t hit = noise(state) % 1500, at = 0;
    uint8_t bytes[4096], plain[64];
    int32_t result = ATLS_AGAIN;
    struct peer p;
    uint32_t ctx, h;

    peer_start(&p, &wish);
    ctx = trusting(&p);
    h = atls_new(ctx, "localhost", 0);
    for (int turn = 0; turn < 12 && result != ATLS_ERROR; turn++) {
        result = atls_handshake(h);
        if (result == ATLS_DONE)
            result = atls_write(h, bytes, 10) < 0 ? ATLS_ERROR : atls_read(h, plain, sizeof plain);
        int n = atls_drain(h, bytes, sizeof bytes);
        if (n > 0)
            BIO_write(SSL_get_rbio(p.ssl), bytes, n);
        if (SSL_do_handshake(p.ssl) == 1)
            SSL_write(p.ssl, "data", 4);
        n = BIO_read(SSL_get_wbio(p.ssl), bytes, sizeof bytes);
        if (n <= 0)
            continue;
        if (hit >= at && hit < at + (uint32_t)n)
            bytes[hit - at] = (uint8_t)(bytes[hit - at] ^ (1U << noise(state) % 8U));
        at += (uint32_t)n;
        atls_feed(h, bytes, noise(state) % 16U == 0 ? (uint32_t)n / 2 : (uint32_t)n);
    }
    atls_free(h);
    atls_ctx_free(ctx);
    peer_end(&p);
}

void test_damage(void)
{
    uint32_t state = 0x2545f491U;

    for (int i = 0; i < 150; i++)
        damaged_run(i % 2 ? TLS1_2_VERSION : TLS1_3_VERSION, &state);
}

void test_noise(void)
{
    uint32_t state = 0x9e3779b9U;
    uint32_t ctx = atls_ctx_new(NULL, 0, 0, 0, 0, NULL, 0, NULL, 0);
    uint8_t bytes[200];

    for (int i = 0; i < 2000; i++) {
        uint32_t h = atls_new(ctx, "localhost", 0);
        for (size_t j = 0; j < sizeof bytes; j++)
            bytes[j] = (uint8_t)noise(&state);
        /* A plausible record header gets the noise further in. */
        memcpy(bytes, "\x16\x03\x03\x00\x60\x02\x00\x00\x5c\x03\x03", (size_t)i % 12);
        atls_handshake(h);
        atls_feed(h, bytes, sizeof bytes);
        EXPECT(atls_handshake(h) < ATLS_DONE);
        atls_free(h);
    }
    atls_ctx_free(ctx);
}

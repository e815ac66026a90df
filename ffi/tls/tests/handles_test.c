/* SPDX-License-Identifier: MIT */
/* What a careless caller may do. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

void test_stale_handles(void)
{
    const struct peer_wish wish = {.names = "DNS:localhost"};
    uint8_t bytes[16] = {0};
    struct peer p;
    uint32_t ctx, h;
    int32_t kind;
    uint32_t n = sizeof bytes;

    peer_start(&p, &wish);
    ctx = trusting(&p);
    h = atls_new(ctx, "localhost", 0);
    EXPECT(atls_free(h) == ATLS_DONE);
    const uint32_t stale[] = {h, 0, ctx, 1, 0xffffffffU, h ^ 1U, h + 1024U};
    for (size_t i = 0; i < sizeof stale / sizeof *stale; i++) {
        EXPECT(atls_free(stale[i]) == ATLS_STALE);
        EXPECT(atls_feed(stale[i], bytes, 1) == ATLS_STALE);
        EXPECT(atls_drain(stale[i], bytes, 1) == ATLS_STALE);
        EXPECT(atls_handshake(stale[i]) == ATLS_STALE);
        EXPECT(atls_read(stale[i], bytes, 1) == ATLS_STALE);
        EXPECT(atls_write(stale[i], bytes, 1) == ATLS_STALE);
        EXPECT(atls_shutdown(stale[i]) == ATLS_STALE);
        EXPECT(atls_info(stale[i], (char *)bytes, 1) == ATLS_STALE);
        EXPECT(stale[i] == 0 || atls_error(stale[i], (char *)bytes, 1) == ATLS_STALE);
        EXPECT(atls_sign_request(stale[i], bytes, &n, &kind) == ATLS_STALE);
        EXPECT(atls_sign_done(stale[i], bytes, 1) == ATLS_STALE);
    }
    EXPECT(atls_ctx_free(h) == ATLS_STALE);
    EXPECT(atls_ctx_free(ctx) == ATLS_DONE);
    EXPECT(atls_ctx_free(ctx) == ATLS_STALE);
    EXPECT(atls_new(ctx, "localhost", 0) == 0);
    EXPECT(says(0, "not a context of this thread"));
    peer_end(&p);
}

static void *elsewhere(void *argument)
{
    uint32_t h = *(uint32_t *)argument;

    return atls_handshake(h) == ATLS_STALE && atls_free(h) == ATLS_STALE ? argument : NULL;
}

void test_other_thread(void)
{
    uint32_t ctx = atls_ctx_new(NULL, 0, 0, 0, 0, NULL, 0, NULL, 0);
    uint32_t h = atls_new(ctx, "localhost", 0);
    pthread_t thread;
    void *refused = NULL;

    EXPECT(pthread_create(&thread, NULL, elsewhere, &h) == 0);
    EXPECT(pthread_join(thread, &refused) == 0);
    EXPECT(refused == &h);
    EXPECT(atls_handshake(h) == ATLS_AGAIN);
    EXPECT(atls_free(h) == ATLS_DONE && atls_ctx_free(ctx) == ATLS_DONE);
}

void test_nothing(void)
{
    const struct peer_wish wish = {.names = "DNS:localhost"};
    uint8_t byte = 0;
    struct peer p;
    uint32_t ctx, h;

    peer_start(&p, &wish);
    ctx = trusting(&p);
    h = atls_new(ctx, "localhost", 0);
    for (int established = 0; established < 2; established++) {
        EXPECT(atls_feed(h, &byte, 0) == 0 && atls_feed(h, NULL, 0) == 0);
        EXPECT(atls_feed(h, NULL, 5) == ATLS_ERROR);
        EXPECT(atls_feed(h, &byte, 0x80000000U) == ATLS_ERROR);
        EXPECT(atls_drain(h, &byte, 0) == 0 && atls_drain(h, NULL, 5) == 0);
        EXPECT(atls_read(h, &byte, 0) == 0 && atls_read(h, NULL, 5) == 0);
        EXPECT(atls_write(h, &byte, 0) == 0 && atls_write(h, NULL, 5) == 0);
        EXPECT(atls_info(h, NULL, 100) == 0 && atls_error(h, NULL, 100) == 0);
        EXPECT(established || atls_shutdown(h) == ATLS_DONE);
        EXPECT(atls_sign_request(h, NULL, NULL, NULL) == ATLS_ERROR);
        EXPECT(atls_sign_done(h, NULL, 0) == ATLS_ERROR);
        EXPECT(peer_handshake(&p, h, 4096) == ATLS_DONE);
    }
    EXPECT(atls_ctx_free(ctx) == ATLS_DONE);
    EXPECT(atls_write(h, &byte, 1) == 1);
    atls_free(h);
    peer_end(&p);
}

void test_hosts(void)
{
    uint32_t ctx = atls_ctx_new(NULL, 0, 0, 0, 0, NULL, 0, NULL, 0);
    char host[300];

    memset(host, 'a', sizeof host);
    host[254] = '\0';
    EXPECT(atls_new(ctx, host, 0) == 0 && says(0, "1 to 253 characters"));
    EXPECT(atls_new(ctx, "", 0) == 0 && atls_new(ctx, NULL, 0) == 0);
    EXPECT(atls_new(ctx, "localhost", 1) == 0 && says(0, "not an IP address"));
    EXPECT(atls_ctx_free(ctx) == ATLS_DONE);
}

void test_full_table(void)
{
    uint32_t ctx = atls_ctx_new(NULL, 0, 0, 0, 0, NULL, 0, NULL, 0);
    uint32_t handles[1024];
    char err[64];
    int made = 0;

    while (made < 1024 && (handles[made] = atls_new(ctx, "localhost", 0)) != 0)
        made++;
    EXPECT(made == 1023 && says(0, "too many"));
    EXPECT(atls_ctx_new(NULL, 0, 0, 0, 0, NULL, 0, err, sizeof err) == 0 && strstr(err, "too many"));
    EXPECT(atls_free(handles[500]) == ATLS_DONE);
    handles[500] = atls_new(ctx, "localhost", 0);
    EXPECT(handles[500] != 0);
    for (int i = 0; i < made; i++)
        EXPECT(atls_free(handles[i]) == ATLS_DONE);
    EXPECT(atls_ctx_free(ctx) == ATLS_DONE);
}

void test_hostile_names(void)
{
    static const char name[] = "a\nkind=none\0\x1b[31m\xff.example";
    const struct peer_wish wish = {.common_name = "x\ncode=0",
                                   .raw_name = name,
                                   .raw_name_n = (int)sizeof name - 1};
    uint32_t h;

    EXPECT(connect_to(&wish, "localhost", 0, &h) == ATLS_ERROR);
    EXPECT(says(h, "kind=verify\ncode=62\n"));
    EXPECT(says(h, "names=DNS:a?kind=none??[31m?.example\n"));
    EXPECT(!says(h, "\ncode=0"));
    atls_free(h);
}

void test_short_buffers(void)
{
    const struct peer_wish wish = {.names = "DNS:elsewhere.example"};
    uint32_t h;
    size_t full;

    EXPECT(connect_to(&wish, "localhost", 0, &h) == ATLS_ERROR);
    full = strlen(reason(h));
    for (uint32_t n = 1; n <= full + 2; n++) {
        char *text = malloc(n);
        int32_t length = atls_error(h, text, n);
        int fits = length >= 0 && (uint32_t)length == (n - 1 < full ? n - 1 : full);
        fits = fits && strlen(text) == (size_t)length;
        length = atls_info(h, text, n);
        fits = fits && length >= 0 && (uint32_t)length < n;
        free(text);
        EXPECT(fits);
    }
    for (uint32_t n = 0; n < 60; n++) {
        char *err = malloc(n ? n : 1);
        uint32_t ctx = atls_ctx_new("x", 1, 0, 0, 0, NULL, 0, err, n);
        free(err);
        EXPECT(ctx == 0);
    }
    atls_free(h);
}

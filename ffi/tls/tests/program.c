/* SPDX-License-Identifier: MIT */
/*
 * Tests of libaziot_tls through its exported functions, built with AddressSanitizer and
 * UndefinedBehaviorSanitizer. Prints `ok SENTENCE` or `not ok SENTENCE: EXPRESSION` a test.
 */
#include "program.h"

#include <string.h>

const char *sentence;
int failures;

uint32_t trusting(const struct peer *p)
{
    return atls_ctx_new(p->pem, p->pem_n, 0, 0, 0, NULL, 0, NULL, 0);
}

const char *reason(uint32_t h)
{
    static char text[4096];

    atls_error(h, text, sizeof text);
    return text;
}

int says(uint32_t h, const char *text)
{
    return strstr(reason(h), text) != NULL;
}

int32_t connect_to(const struct peer_wish *wish, const char *host, int is_ip, uint32_t *out)
{
    struct peer p;
    uint32_t ctx, h;
    int32_t result;

    peer_start(&p, wish);
    ctx = trusting(&p);
    h = atls_new(ctx, host, is_ip);
    atls_ctx_free(ctx);
    result = peer_handshake(&p, h, 4096);
    peer_end(&p);
    *out = h;
    return result;
}

static const struct {
    const char *sentence;
    void (*run)(void);
} tests[] = {
    {"20 kB go there and back over TLS 1.3", test_echo_13},
    {"20 kB go there and back over TLS 1.2", test_echo_12},
    {"bytes may come one at a time", test_echo_dripping},
    {"the agreed facts can be asked for", test_info},
    {"a server may renegotiate TLS 1.2", test_renegotiation},
    {"a server may have the keys of TLS 1.3 renewed", test_key_update},
    {"a common name counts only without alternative names", test_common_name},
    {"an IP address needs an alternative name of that kind", test_addresses},
    {"a wildcard stands for one whole label", test_wildcards},
    {"an expired and an early certificate are told apart, with their dates", test_dates},
    {"a certificate of an unknown issuer is refused", test_unknown_issuer},
    {"a demanded client certificate shows as the server's alert", test_demanded_certificate},
    {"nothing below TLS 1.2 is spoken", test_versions},
    {"extra anchors are all read or refused", test_anchors},
    {"a client identity is refused with a reason", test_identity_is_refused},
    {"stale handles are answered, not followed", test_stale_handles},
    {"a handle means nothing in another thread", test_other_thread},
    {"NULL pointers and zero lengths do nothing", test_nothing},
    {"hosts that cannot be verified are refused", test_hosts},
    {"a full table refuses and recovers", test_full_table},
    {"a certificate cannot forge a line of the report", test_hostile_names},
    {"texts are cut to their buffer", test_short_buffers},
    {"a failed connection stays failed with the same reason", test_failed_stays_failed},
    {"damaged servers end cleanly", test_damage},
    {"noise ends cleanly", test_noise},
};

int main(void)
{
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        int before = failures;
        sentence = tests[i].sentence;
        tests[i].run();
        if (failures == before)
            printf("ok %s\n", sentence);
        fflush(stdout);
    }
    return failures ? 1 : 0;
}

/* SPDX-License-Identifier: MIT */
/* What the test files share; each test is a function of no arguments. */
#ifndef ATLS_TEST_PROGRAM_H
#define ATLS_TEST_PROGRAM_H

#include <stdint.h>
#include <stdio.h>

#include "atls.h"
#include "peer.h"

/* The running test's name, and how many tests have failed. */
extern const char *sentence;
extern int failures;

/* Ends the test at its first failure: what follows would only repeat it. */
#define EXPECT(condition)                                    \
    do {                                                     \
        if (!(condition)) {                                  \
            printf("not ok %s: %s\n", sentence, #condition); \
            failures++;                                      \
            return;                                          \
        }                                                    \
    } while (0)

/* A context that trusts the peer's certificate and nothing else. */
uint32_t trusting(const struct peer *p);

/* The reason of a failure, in one buffer that lasts until the next call. */
const char *reason(uint32_t h);

/* Whether the reason contains the text. */
int says(uint32_t h, const char *text);

/* Connects to a peer as wished; the handshake's result. The connection *out is the caller's. */
int32_t connect_to(const struct peer_wish *wish, const char *host, int is_ip, uint32_t *out);

void test_echo_13(void);
void test_echo_12(void);
void test_echo_dripping(void);
void test_info(void);
void test_renegotiation(void);
void test_key_update(void);
void test_common_name(void);
void test_addresses(void);
void test_wildcards(void);
void test_dates(void);
void test_unknown_issuer(void);
void test_demanded_certificate(void);
void test_versions(void);
void test_anchors(void);
void test_identity_is_refused(void);
void test_stale_handles(void);
void test_other_thread(void);
void test_nothing(void);
void test_hosts(void);
void test_full_table(void);
void test_hostile_names(void);
void test_short_buffers(void);
void test_failed_stays_failed(void);
void test_damage(void);
void test_noise(void);

#endif

/* SPDX-License-Identifier: MIT */

/* How many connections a listener and a uid may have. */

#include "../control.h"
#include "harness.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int serve_limited(const char *name, int all, int per_uid)
{
    int passed = listening_socket(name);
    CHECK(aziot_serve_limits(passed, all, per_uid) == 0);
    int fd = serve_descriptor(passed);
    CHECK(fd >= 0);
    return fd;
}

/* Nobody is admitted, and callers who had sent something are told by a reset. */
static void check_refused(int listener, int silent, int talking)
{
    CHECK(send(talking, "GET", 3, MSG_NOSIGNAL) == 3);
    CHECK(take(listener, NULL) == -1 && errno == EAGAIN);
    CHECK(state_of(silent) == 'e' && state_of(talking) == 'r');
}

static void check_reported(uint32_t uid, uint32_t reason, uint32_t count)
{
    uint32_t words[3];
    uint8_t bytes[12];
    CHECK(aziot_serve_refused(bytes) == 1);
    memcpy(words, bytes, sizeof words);
    CHECK(words[0] == uid && words[1] == reason && words[2] == count);
}

static void limits_a_uid(void)
{
    int fd = serve_limited("a", 100, 2);
    call_as("a", 1001);
    call_as("a", 1001);
    int first = take(fd, NULL);
    CHECK(first >= 0 && take(fd, NULL) >= 0);
    check_refused(fd, call_as("a", 1001), call_as("a", 1001));
    check_reported(1001, 1, 2);

    call_as("a", 1002);
    CHECK(take(fd, NULL) >= 0);
    close(first);
    call_as("a", 1001);
    CHECK(take(fd, NULL) >= 0);
    uint8_t bytes[12];
    CHECK(aziot_serve_refused(bytes) == 0);
}

static void limits_a_listener(void)
{
    int fd = serve_limited("a", 2, 2);
    int other = serve_limited("b", 2, 2);
    call_as("a", 1001);
    call_as("a", 1002);
    CHECK(take(fd, NULL) >= 0 && take(fd, NULL) >= 0);
    check_refused(fd, call_as("a", 1003), call_as("a", 1003));
    check_reported(1003, 2, 2);
    call_as("b", 1003);
    call_as("b", 1001);
    CHECK(take(other, NULL) >= 0 && take(other, NULL) >= 0);
}

static void zero_refuses_everybody(void)
{
    int fd = serve_limited("a", 100, 0), other = serve_limited("b", 0, 100);
    check_refused(fd, call("a"), call("a"));
    check_refused(other, call("b"), call("b"));
}

/* A connection that is answered, and whose answer has been read. */
static int answered(int listener, int *caller, uint16_t *port)
{
    char bytes[8];
    *caller = call("a");
    int connection = take(listener, port);
    CHECK(send(*caller, "GET", 3, 0) == 3 && recv(connection, bytes, 8, 0) == 3);
    CHECK(send(connection, "200", 3, 0) == 3 && recv(*caller, bytes, 8, 0) == 3);
    return connection;
}

static void makes_room(void)
{
    int fd = serve_limited("a", 100, 3);
    uint16_t busy, older, newer;
    int busy_caller, older_caller, newer_caller;
    answered(fd, &busy_caller, &busy);
    CHECK(aziot_serve_busy(busy, 1) == 1);
    int oldest = answered(fd, &older_caller, &older);
    pass_ms(20);
    int newest = answered(fd, &newer_caller, &newer);

    /* None has been idle for long enough. */
    pass_ms(59970);
    int early = call("a");
    CHECK(take(fd, NULL) == -1 && state_of(early) == 'e');

    pass_ms(20);
    int late = call("a");
    CHECK(take(fd, NULL) >= 0 && state_of(late) == '-');
    CHECK(is_at_end(oldest) && !is_at_end(newest) && state_of(busy_caller) == '-');
}

static void never_answered_makes_no_room(void)
{
    int fd = serve_limited("a", 100, 1);
    int caller = call("a");
    CHECK(take(fd, NULL) >= 0);
    pass_ms(600000);
    int second = call("a");
    CHECK(take(fd, NULL) == -1 && state_of(second) == 'e' && state_of(caller) == '-');
}

static void hung_up_makes_room(void)
{
    int fd = serve_limited("a", 100, 1);
    uint16_t port;
    int caller;
    answered(fd, &caller, &port);
    close(caller);
    call("a");
    CHECK(take(fd, NULL) >= 0);
}

static void hung_up_but_busy_counts(void)
{
    int fd = serve_limited("a", 100, 1);
    uint16_t port;
    int caller;
    answered(fd, &caller, &port);
    CHECK(aziot_serve_busy(port, 1) == 1);
    close(caller);
    int next = call("a");
    CHECK(take(fd, NULL) == -1 && state_of(next) == 'e');
}

static void shut_counts_while_busy(void)
{
    int fd = serve_limited("a", 100, 1);
    uint16_t port;
    int caller;
    int connection = answered(fd, &caller, &port);
    CHECK(aziot_serve_busy(port, 1) == 1 && aziot_serve_shut(port) == 0);
    int next = call("a");
    CHECK(take(fd, NULL) == -1 && state_of(next) == 'e');
    close(connection);
    call("a");
    CHECK(take(fd, NULL) >= 0);
}

static void odd_limits(void)
{
    int passed = listening_socket("a");
    CHECK(aziot_serve_limits(passed, -1, 1) == -1 && aziot_serve_limits(passed, 1, -1) == -1);
    CHECK(aziot_serve_limits(-1, 1, 1) == -1 && aziot_serve_limits(70000, 1, 1) == -1);
    CHECK(aziot_serve_limits(999, 1, 1) == -1);
    CHECK(aziot_serve_limits(passed, 0, 0) == 0 && aziot_serve_limits(passed, 1, 1) == 0);
    int fd = serve_descriptor(passed);
    CHECK(aziot_serve_limits(fd, 9, 9) == -1);
    call("a");
    CHECK(take(fd, NULL) >= 0);
    call("a");
    CHECK(take(fd, NULL) == -1);
}

static void limits_end_with_the_descriptor(void)
{
    int passed = listening_socket("a");
    CHECK(aziot_serve_limits(passed, 0, 0) == 0);
    close(passed);
    int fd = listening_socket("a");
    CHECK(fd == passed && (fd = serve_descriptor(fd)) >= 0);
    call("a");
    CHECK(take(fd, NULL) >= 0);
}

static void many_refused_uids(void)
{
    int fd = serve_limited("a", 100, 0);
    for (uid_t id = 1; id <= 100; id++) {
        call_as("a", id);
        call_as("a", id);
    }
    CHECK(take(fd, NULL) == -1);
    uint32_t words[3], total = 0;
    uint8_t bytes[12];
    while (aziot_serve_refused(bytes) == 1) {
        memcpy(words, bytes, sizeof words);
        CHECK(words[0] == UINT32_MAX ? words[2] == 80 : words[2] == 2);
        total += words[2];
    }
    CHECK(total == 200);
}

static void many_refusals_in_a_row(void)
{
    int fd = serve_limited("a", 100, 0);
    int epoll = watch(fd);
    int first = call("a"), last = -1;
    for (int i = 0; i < 99; i++)
        last = call("a");
    CHECK(is_announced(epoll));
    /* A call turns a few away and has the rest announced anew. */
    int calls = 0;
    do {
        CHECK(take(fd, NULL) == -1 && errno == EAGAIN && state_of(first) == 'e');
        CHECK(++calls < 20);
    } while (is_announced(epoll));
    CHECK(calls > 3 && state_of(last) == 'e');
}

const struct test_case limit_cases[] = {
    {"a uid has its limit and other uids are still served", limits_a_uid},
    {"a listener has its limit and other listeners still serve", limits_a_listener},
    {"a limit of zero refuses everybody", zero_refuses_everybody},
    {"at the limit the longest idle connection of the uid makes room", makes_room},
    {"a connection that was never answered makes no room", never_answered_makes_no_room},
    {"a connection whose caller has hung up makes room", hung_up_makes_room},
    {"one with a request in a handler counts even when its caller has hung up",
     hung_up_but_busy_counts},
    {"a shut connection counts while its request is in a handler", shut_counts_while_busy},
    {"limits that are no limits are refused, later ones replace earlier ones", odd_limits},
    {"limits end with the descriptor they were noted for", limits_end_with_the_descriptor},
    {"many refusals in a row give the event loop its turn", many_refusals_in_a_row},
    {"refusals are counted by uid, those of very many uids together", many_refused_uids},
    {0},
};

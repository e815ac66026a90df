/* SPDX-License-Identifier: MIT */

/* What a sweep shuts, with deadlines in tenths of a second. */

#include "../control.h"
#include "harness.h"

#include <math.h>
#include <sys/socket.h>
#include <unistd.h>

/* A connection: both ends and its number. */
struct pair {
    int caller;
    int connection;
    uint16_t port;
};

static struct pair connect_pair(int listener)
{
    struct pair pair = {.caller = call("a")};
    pair.connection = take(listener, &pair.port);
    CHECK(pair.connection >= 0);
    return pair;
}

/* The caller sends bytes and the server reads them. */
static void request(const struct pair *pair)
{
    char bytes[8];
    CHECK(send(pair->caller, "GET", 3, 0) == 3 && recv(pair->connection, bytes, 8, 0) == 3);
}

static void answer(const struct pair *pair)
{
    char bytes[8];
    CHECK(send(pair->connection, "200", 3, 0) == 3 && recv(pair->caller, bytes, 8, 0) == 3);
}

static void silent_from_the_start(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    CHECK(aziot_serve_sweep(9, 0.2) == 0 && state_of(pair.caller) == '-');
    sleep_ms(90);
    CHECK(aziot_serve_sweep(9, 0.2) == 0 && state_of(pair.caller) == '-');
    sleep_ms(90);
    CHECK(aziot_serve_sweep(9, 0.2) == 0);
    sleep_ms(90);
    CHECK(aziot_serve_sweep(9, 0.2) == 1 && state_of(pair.caller) == 'e');
    CHECK(aziot_serve_sweep(9, 0.2) == 0);
}

static void dripped_head(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    int sweeps = 0;
    request(&pair);
    while (state_of(pair.caller) == '-') {
        sleep_ms(50);
        request(&pair);
        aziot_serve_sweep(9, 0.3);
        CHECK(++sweeps < 12);
    }
    CHECK(sweeps >= 5 && state_of(pair.caller) == 'e');
}

static void idle_after_an_answer(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    request(&pair);
    CHECK(aziot_serve_busy(pair.port, 1) == 1);
    answer(&pair);
    CHECK(aziot_serve_busy(pair.port, -1) == 0);
    /* The head's deadline does not count any more. */
    sleep_ms(150);
    CHECK(aziot_serve_sweep(0.3, 0.1) == 0);
    sleep_ms(200);
    CHECK(aziot_serve_sweep(0.3, 9) == 1 && state_of(pair.caller) == 'e');
}

static void next_head_after_an_answer(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    request(&pair);
    answer(&pair);
    sleep_ms(250);
    request(&pair);
    /* Its first byte is what counts, neither the accept nor the answer before. */
    CHECK(aziot_serve_sweep(9, 0.2) == 0);
    sleep_ms(90);
    CHECK(aziot_serve_sweep(9, 0.2) == 0);
    sleep_ms(90);
    CHECK(aziot_serve_sweep(9, 0.2) == 0);
    sleep_ms(90);
    CHECK(aziot_serve_sweep(9, 0.2) == 1);
}

static void busy_is_never_shut(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    request(&pair);
    CHECK(aziot_serve_busy(pair.port, 1) == 1);
    sleep_ms(200);
    CHECK(aziot_serve_sweep(0, 0) == 0);
    answer(&pair);
    sleep_ms(20);
    CHECK(aziot_serve_sweep(0, 0.1) == 0 && state_of(pair.caller) == '-');
    CHECK(aziot_serve_busy(pair.port, -1) == 0);
    sleep_ms(20);
    CHECK(aziot_serve_sweep(0, 9) == 1 && state_of(pair.caller) == 'e');
}

static void unread_input_waits(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    CHECK(send(pair.caller, "GET", 3, 0) == 3);
    sleep_ms(30);
    CHECK(aziot_serve_sweep(0, 0.01) == 0 && state_of(pair.caller) == '-');
}

static void late_sweep(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    CHECK(aziot_serve_sweep(9, 0.1) == 0);
    sleep_ms(150);
    CHECK(aziot_serve_sweep(9, 0.1) == 0 && state_of(pair.caller) == '-');
    CHECK(aziot_serve_sweep(9, 0.1) == 1 && state_of(pair.caller) == 'e');
}

static void odd_seconds(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    CHECK(aziot_serve_sweep(-1, 1) == -1 && aziot_serve_sweep(1, -1) == -1);
    CHECK(aziot_serve_sweep(NAN, 1) == -1 && aziot_serve_sweep(1, NAN) == -1);
    CHECK(aziot_serve_sweep(INFINITY, INFINITY) == 0 && aziot_serve_sweep(1e300, 1e300) == 0);
    CHECK(state_of(pair.caller) == '-');
}

static void closed_listener(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    close(fd);
    sleep_ms(30);
    CHECK(aziot_serve_sweep(9, 0.01) == 1 && state_of(pair.caller) == 'e');
}

const struct test_case deadline_cases[] = {
    {"a caller that never sends a byte is shut", silent_from_the_start},
    {"dripping a head does not prolong its time", dripped_head},
    {"an answered connection has the idle time, not that of a head", idle_after_an_answer},
    {"the time of a later head begins with its first byte", next_head_after_an_answer},
    {"a connection with a request in a handler is never shut", busy_is_never_shut},
    {"a connection with unread input is not shut", unread_input_waits},
    {"a sweep that comes late shuts nobody", late_sweep},
    {"seconds that are no time are refused, endless ones are endless", odd_seconds},
    {"connections of a closed listener keep their deadlines", closed_listener},
    {0},
};

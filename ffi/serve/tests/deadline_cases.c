/* SPDX-License-Identifier: MIT */

/* What a sweep shuts, in the rhythm and with the deadlines of the daemons. */

#include "../control.h"
#include "harness.h"

#include <errno.h>
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

enum { EVERY = 5, IDLE = 60, HEAD = 30, FOREVER = 600 };

/* Lets time pass, sweep by sweep, for so many seconds; true when a connection was shut. */
static bool sweep_for(int seconds)
{
    bool shut = false;
    for (int passed = 0; passed < seconds; passed += EVERY) {
        pass_ms(EVERY * 1000);
        shut = aziot_serve_sweep(IDLE, HEAD) > 0 || shut;
    }
    return shut;
}

/* Sweeps until the caller is shut and says after how many seconds that was. */
static int seconds_until_shut(const struct pair *pair)
{
    for (int passed = EVERY; passed <= FOREVER; passed += EVERY) {
        if (sweep_for(EVERY)) {
            CHECK(is_at_end(pair->connection));
            return passed;
        }
        CHECK(!is_at_end(pair->connection));
    }
    return FOREVER;
}

static void silent_from_the_start(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    CHECK(seconds_until_shut(&pair) == HEAD + EVERY);
    /* Once is enough. */
    CHECK(!sweep_for(FOREVER));
}

static void dripped_head(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    CHECK(!sweep_for(20));
    int seconds = 0;
    do {
        request(&pair);
        seconds += EVERY;
    } while (!sweep_for(EVERY) && seconds < FOREVER);
    /* From the first byte on, whatever came after it. */
    CHECK(seconds == HEAD + EVERY && is_at_end(pair.connection));
}

static void idle_after_an_answer(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    request(&pair);
    CHECK(aziot_serve_busy(pair.port, 1) == 1);
    answer(&pair);
    CHECK(aziot_serve_busy(pair.port, -1) == 0);
    CHECK(seconds_until_shut(&pair) == IDLE + EVERY);
}

static void idle_time_begins_anew(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    for (int requests = 0; requests < 5; requests++) {
        request(&pair);
        answer(&pair);
        CHECK(!sweep_for(IDLE));
    }
    CHECK(sweep_for(EVERY));
}

static void next_head_after_an_answer(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    request(&pair);
    answer(&pair);
    CHECK(!sweep_for(50));
    request(&pair);
    CHECK(seconds_until_shut(&pair) == HEAD + EVERY);
}

static void busy_is_never_shut(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    request(&pair);
    CHECK(aziot_serve_busy(pair.port, 1) == 1);
    CHECK(!sweep_for(FOREVER));
    answer(&pair);
    CHECK(!sweep_for(FOREVER));
    CHECK(aziot_serve_busy(pair.port, -1) == 0);
    CHECK(seconds_until_shut(&pair) == IDLE + EVERY);
}

static void a_body_is_no_head(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    request(&pair);
    CHECK(aziot_serve_busy(pair.port, 1) == 1);
    CHECK(!sweep_for(20));
    request(&pair);
    answer(&pair);
    CHECK(aziot_serve_busy(pair.port, -1) == 0);
    CHECK(seconds_until_shut(&pair) == IDLE + EVERY);
}

static void unread_input_waits(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    CHECK(send(pair.caller, "GET", 3, 0) == 3);
    CHECK(!sweep_for(FOREVER) && !is_at_end(pair.connection));
}

static void request_at_the_last_moment(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    char bytes[8];
    request(&pair);
    answer(&pair);
    CHECK(seconds_until_shut(&pair) == IDLE + EVERY);
    /* Nothing can be sent any more, and what could not be sent is not taken for answered. */
    CHECK(send(pair.caller, "GET", 3, MSG_NOSIGNAL) == -1 && state_of(pair.caller) == '-');
    close(pair.connection);
    CHECK(recv(pair.caller, bytes, sizeof bytes, 0) == 0);
}

static void untaken_answer(void)
{
    static char large[1 << 20];
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    request(&pair);
    while (send(pair.connection, large, sizeof large, MSG_NOSIGNAL) > 0)
        continue;
    CHECK(sweep_for(IDLE + EVERY));
    /* Who was waiting to send the rest learns that there is nobody to send it to. */
    CHECK(send(pair.connection, large, 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
}

static void late_sweep(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    CHECK(!sweep_for(EVERY));
    /* The process was held up; what it read in that time may not have reached a handler. */
    pass_ms(FOREVER * 1000);
    CHECK(aziot_serve_sweep(IDLE, HEAD) == 0 && !is_at_end(pair.connection));
    CHECK(seconds_until_shut(&pair) == EVERY);
}

static void scaled_seconds(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    for (int sweep = 0; sweep < 6; sweep++) {
        CHECK(aziot_serve_sweep(0.060, 0.030) == 0);
        pass_ms(5);
    }
    CHECK(aziot_serve_sweep(0.060, 0.030) == 0);
    pass_ms(5);
    CHECK(aziot_serve_sweep(0.060, 0.030) == 1 && is_at_end(pair.connection));
}

static void odd_seconds(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    CHECK(aziot_serve_sweep(-1, 1) == -1 && aziot_serve_sweep(1, -1) == -1);
    CHECK(aziot_serve_sweep(NAN, 1) == -1 && aziot_serve_sweep(1, NAN) == -1);
    CHECK(aziot_serve_sweep(INFINITY, INFINITY) == 0 && aziot_serve_sweep(1e300, 1e300) == 0);
    CHECK(!is_at_end(pair.connection));
}

static void closed_listener(void)
{
    int fd = serve("a");
    struct pair pair = connect_pair(fd);
    close(fd);
    CHECK(seconds_until_shut(&pair) == HEAD + EVERY);
}

const struct test_case deadline_cases[] = {
    {"a caller that never sends a byte is shut", silent_from_the_start},
    {"dripping a head does not prolong its time", dripped_head},
    {"an answered connection has the idle time, not that of a head", idle_after_an_answer},
    {"the idle time begins anew with each answer", idle_time_begins_anew},
    {"the time of a later head begins with its first byte", next_head_after_an_answer},
    {"a connection with a request in a handler is never shut", busy_is_never_shut},
    {"a body that arrives during its request starts no head's time", a_body_is_no_head},
    {"a connection with unread input is not shut", unread_input_waits},
    {"a connection that is idle for too long takes no further request", request_at_the_last_moment},
    {"a caller who does not take its answer is cut off", untaken_answer},
    {"a sweep that comes late shuts nobody", late_sweep},
    {"deadlines may be fractions of a second", scaled_seconds},
    {"seconds that are no time are refused, endless ones are endless", odd_seconds},
    {"connections of a closed listener keep their deadlines", closed_listener},
    {0},
};

/* SPDX-License-Identifier: MIT */

/* Everything in the process that is not ours. */

#include "../control.h"
#include "harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static void exchange(int one, int other)
{
    char bytes[8];
    struct iovec piece = {.iov_base = "def", .iov_len = 3};
    CHECK(send(one, "abc", 3, 0) == 3 && recv(other, bytes, 8, 0) == 3);
    CHECK(writev(other, &piece, 1) == 3 && recv(one, bytes, 8, 0) == 3);
}

static void tcp(void)
{
    serve("a");
    int listener = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t length = sizeof name;
    CHECK(bind(listener, (const struct sockaddr *)&name, length) == 0);
    CHECK(listen(listener, 5) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&name, &length) == 0);
    CHECK(name.sin6_port != 0 && IN6_IS_ADDR_LOOPBACK(&name.sin6_addr));

    int caller = socket(AF_INET6, SOCK_STREAM, 0);
    CHECK(connect(caller, (const struct sockaddr *)&name, length) == 0);
    int connection = accept4(listener, (struct sockaddr *)&name, &length, 0);
    CHECK(connection >= 0 && IN6_IS_ADDR_LOOPBACK(&name.sin6_addr));
    CHECK(getpeername(connection, (struct sockaddr *)&name, &length) == 0);
    CHECK(IN6_IS_ADDR_LOOPBACK(&name.sin6_addr));
    exchange(caller, connection);

    /* Its errors, too. */
    CHECK(accept4(9999, NULL, NULL, 0) == -1 && errno == EBADF);
    CHECK(fcntl(listener, F_SETFL, O_NONBLOCK) == 0);
    CHECK(accept4(listener, NULL, NULL, 0) == -1 && errno == EAGAIN);
    CHECK(close(9999) == -1 && errno == EBADF);
    CHECK(recv(9999, &length, 1, 0) == -1 && errno == EBADF);
}

static void other_unix_sockets(void)
{
    serve("a");
    int listener = listening_socket("b");
    int caller = call("b");
    struct sockaddr_un name;
    socklen_t length = sizeof name;
    int connection = accept4(listener, (struct sockaddr *)&name, &length, 0);
    CHECK(connection >= 0 && length == sizeof(sa_family_t));
    length = sizeof name;
    CHECK(getsockname(connection, (struct sockaddr *)&name, &length) == 0);
    CHECK(name.sun_family == AF_UNIX && strcmp(name.sun_path, "b") == 0);
    exchange(caller, connection);
    int outgoing = call("a");
    length = sizeof name;
    CHECK(getpeername(outgoing, (struct sockaddr *)&name, &length) == 0);
    CHECK(name.sun_family == AF_UNIX && strcmp(name.sun_path, "a") == 0);
    CHECK(aziot_serve_sweep(0, 0) == 0);
    exchange(caller, connection);
}

static void similar_names(void)
{
    static const char *const NAMES[] = {"fdac:5d5d::1", "fdac:5d5d:0:1::", "fdac:5d5e::"};
    int passed = listening_socket("a");
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        struct sockaddr_in6 name = {
            .sin6_family = AF_INET6,
            .sin6_port = htons((uint16_t)passed),
        };
        CHECK(inet_pton(AF_INET6, NAMES[i], &name.sin6_addr) == 1);
        int fd = socket(AF_INET6, SOCK_STREAM, 0);
        CHECK(bind(fd, (const struct sockaddr *)&name, sizeof name) == -1);
        /* Ports this low are root's. */
        CHECK(errno == (geteuid() == 0 ? EADDRNOTAVAIL : EACCES) && aziot_serve_adopted() == 0);
        CHECK(bind(fd, (const struct sockaddr *)&name, 4) == -1 && errno == EINVAL);
    }
}

/* --- many threads at once ----------------------------------------------------------------- */

enum { THREADS = 8, ROUNDS = 2000 };
static atomic_bool done;

static void *opens_and_closes(void *argument)
{
    (void)argument;
    char bytes[4];
    while (!atomic_load(&done)) {
        int pair[2];
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
        CHECK(send(pair[0], "xyz", 3, 0) == 3 && recv(pair[1], bytes, 4, 0) == 3);
        CHECK(close(pair[0]) == 0 && close(pair[1]) == 0);
    }
    return NULL;
}

static void *sweeps(void *argument)
{
    (void)argument;
    uint8_t refused[12];
    while (!atomic_load(&done)) {
        CHECK(aziot_serve_sweep(0, 0) >= 0);
        aziot_serve_refused(refused);
        for (int32_t connection = 1; connection < 65536; connection += 97)
            aziot_serve_sent(connection);
    }
    return NULL;
}

static void threads(void)
{
    int passed = listening_socket("a");
    CHECK(aziot_serve_limits(passed, 20, 20) == 0);
    int fd = serve_descriptor(passed);
    pthread_t others[THREADS];
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&others[i], NULL, i == 0 ? sweeps : opens_and_closes, NULL) == 0);

    for (int i = 0; i < ROUNDS; i++) {
        char bytes[4];
        uint16_t port;
        int caller = call("a");
        CHECK(send(caller, "GET", 3, MSG_NOSIGNAL) == 3);
        int connection = take(fd, &port);
        CHECK(connection >= 0 && aziot_serve_busy(port, 1) == 1);
        CHECK(recv(connection, bytes, 4, 0) == 3 && send(connection, "200", 3, 0) == 3);
        CHECK(recv(caller, bytes, 4, 0) == 3);
        CHECK(aziot_serve_busy(port, -1) == 0);
        CHECK(close(connection) == 0 && close(caller) == 0);
    }
    atomic_store(&done, true);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(others[i], NULL) == 0);
}

const struct test_case untouched_cases[] = {
    {"tcp sockets work as without the adapter", tcp},
    {"other unix sockets work as without the adapter", other_unix_sockets},
    {"names that only look like ours are the kernel's", similar_names},
    {"threads that use other descriptors and sweep do no harm", threads},
    {0},
};

/* SPDX-License-Identifier: MIT */

/* Who a caller is, and what its connection is known by. */

#include "../control.h"
#include "deny.h"
#include "harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static void check_peer(int connection, uid_t id)
{
    char wanted[INET6_ADDRSTRLEN], seen[INET6_ADDRSTRLEN];
    unsigned pid = (unsigned)getpid();
    struct in6_addr address;
    snprintf(wanted, sizeof wanted, "fdac:5d5d:%x:%x:%x:%x:%x:%x", pid >> 16, pid & 0xffff,
             id >> 16, id & 0xffff, id >> 16, id & 0xffff);
    CHECK(inet_pton(AF_INET6, wanted, &address) == 1);
    CHECK(inet_ntop(AF_INET6, &address, wanted, sizeof wanted) != NULL);

    struct sockaddr_in6 name;
    socklen_t length = sizeof name;
    CHECK(getpeername(connection, (struct sockaddr *)&name, &length) == 0);
    CHECK(length == sizeof name && name.sin6_family == AF_INET6 && name.sin6_port != 0);
    CHECK(inet_ntop(AF_INET6, &name.sin6_addr, seen, sizeof seen) != NULL);
    CHECK(strcmp(wanted, seen) == 0);
}

static void tells_callers_apart(void)
{
    int fd = serve("a");
    static const uid_t IDS[] = {1001, 70001, 4000000000U, 1001};
    for (size_t i = 0; i < sizeof IDS / sizeof IDS[0]; i++)
        call_as("a", IDS[i]);
    for (size_t i = 0; i < sizeof IDS / sizeof IDS[0]; i++)
        check_peer(take(fd, NULL), IDS[i]);
}

static void names_own_uid(void)
{
    int fd = serve("a");
    call("a");
    check_peer(take(fd, NULL), geteuid());
}

static void short_address(void)
{
    int fd = serve("a");
    call("a");
    struct sockaddr_in6 name;
    memset(&name, 0xaa, sizeof name);
    socklen_t length = 4;
    int connection = accept4(fd, (struct sockaddr *)&name, &length, 0);
    CHECK(connection >= 0 && length == sizeof name);
    CHECK(name.sin6_family == AF_INET6 && ((const uint8_t *)&name)[4] == 0xaa);
    CHECK(getpeername(connection, (struct sockaddr *)&name, &length) == 0);
    call("a");
    CHECK(accept4(fd, NULL, NULL, 0) >= 0);
}

static void numbers_do_not_repeat(void)
{
    /* Longer than there are numbers: one connection stays open, one is closed while busy. */
    int fd = serve("a");
    uint16_t kept, busy, port;
    int kept_caller = call("a");
    int kept_connection = take(fd, &kept);
    int caller = call("a");
    int connection = take(fd, &busy);
    CHECK(kept != 0 && busy != 0 && aziot_serve_busy(busy, 1) == 1);
    for (int i = 0; i < 66000; i++) {
        close(connection);
        close(caller);
        caller = call("a");
        connection = take(fd, &port);
        CHECK(connection >= 0 && port != 0 && port != kept && port != busy);
    }
    CHECK(send(kept_connection, "x", 1, 0) == 1 && state_of(kept_caller) == 'd');
    CHECK(aziot_serve_sent(kept) == 1);
    CHECK(aziot_serve_busy(busy, -1) == 0 && aziot_serve_sent(busy) == -1);
}

static void counts_busy(void)
{
    int fd = serve("a");
    uint16_t port;
    call("a");
    CHECK(take(fd, &port) >= 0);
    CHECK(aziot_serve_busy(port, 1) == 1 && aziot_serve_busy(port, 1) == 2);
    CHECK(aziot_serve_busy(port, -1) == 1 && aziot_serve_busy(port, -1) == 0);
    CHECK(aziot_serve_busy(port, -1) == 0 && aziot_serve_busy(port, 1) == 1);
    CHECK(aziot_serve_busy(0, 1) == -1 && aziot_serve_busy(-1, 1) == -1);
    CHECK(aziot_serve_busy(65536, 1) == -1 && aziot_serve_busy(port, 5) == -1);
}

static void counts_sent(void)
{
    int fd = serve("a");
    uint16_t port;
    int caller = call("a");
    int connection = take(fd, &port);
    CHECK(aziot_serve_sent(port) == 0);
    CHECK(send(connection, "abc", 3, 0) == 3 && aziot_serve_sent(port) == 3);
    struct iovec pieces[2] = {{.iov_base = "de", .iov_len = 2}, {.iov_base = "f", .iov_len = 1}};
    CHECK(writev(connection, pieces, 2) == 3 && aziot_serve_sent(port) == 6);
    close(caller);
    CHECK(send(connection, "x", 1, MSG_NOSIGNAL) == -1 && aziot_serve_sent(port) == 6);
    close(connection);
    CHECK(aziot_serve_sent(port) == -1 && aziot_serve_sent(0) == -1);
    CHECK(aziot_serve_sent(-7) == -1 && aziot_serve_sent(70000) == -1);
}

static void shuts(void)
{
    int fd = serve("a");
    uint16_t port;
    int caller = call("a"), other = call("a");
    int connection = take(fd, &port);
    CHECK(take(fd, NULL) >= 0);
    CHECK(aziot_serve_shut(port) == 0 && state_of(caller) == 'e' && state_of(other) == '-');
    char byte;
    CHECK(recv(connection, &byte, 1, 0) == 0);
    close(connection);
    CHECK(aziot_serve_shut(port) == -1 && aziot_serve_shut(0) == -1);
}

static void ends_by_close_alone(void)
{
    int fd = serve("a");
    int asking = call("a"), idle = call("a");
    int first = take(fd, NULL), second = take(fd, NULL);
    CHECK(shutdown(first, SHUT_WR) == 0 && shutdown(second, SHUT_WR) == 0);
    CHECK(state_of(asking) == '-' && state_of(idle) == '-');
    CHECK(send(asking, "GET", 3, 0) == 3);
    close(first);
    close(second);
    char byte;
    CHECK(recv(asking, &byte, 1, 0) == -1 && errno == ECONNRESET);
    CHECK(recv(idle, &byte, 1, 0) == 0);
}

static void unknown_is_turned_away(void)
{
    int fd = serve("a");
    int caller = call("a");
    CHECK(deny(DENY_PEERCRED));
    CHECK(take(fd, NULL) == -1 && errno == EAGAIN && state_of(caller) == 'e');
    uint32_t words[3];
    uint8_t bytes[12];
    CHECK(aziot_serve_refused(bytes) == 1);
    memcpy(words, bytes, sizeof words);
    CHECK(words[0] == UINT32_MAX && words[1] == 4 && words[2] == 1);
}

static void reused_behind_our_back(void)
{
    /* A direct system call closes the connection and another socket gets its number. */
    int fd = serve("a");
    uint16_t port;
    call("a");
    int connection = take(fd, &port);
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    CHECK(dup2(pair[0], connection) == connection);

    CHECK(aziot_serve_shut(port) == -1 && aziot_serve_sent(port) == -1);
    CHECK(send(pair[1], "x", 1, 0) == 1 && state_of(connection) == 'd');
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    CHECK(getpeername(connection, (struct sockaddr *)&name, &length) == 0);
    CHECK(name.ss_family == AF_UNIX);
    length = sizeof name;
    CHECK(getsockname(connection, (struct sockaddr *)&name, &length) == 0);
    CHECK(name.ss_family == AF_UNIX);

    /* The next caller gets the number: from then on the entry speaks of that connection. */
    call("a");
    CHECK(syscall(SYS_close, connection) == 0);
    CHECK(take(fd, &port) == connection);
    CHECK(getpeername(connection, (struct sockaddr *)&name, &length) == 0);
    CHECK(name.ss_family == AF_INET6);
}

const struct test_case connection_cases[] = {
    {"callers of several users are told apart", tells_callers_apart},
    {"a caller is named by pid, uid and gid", names_own_uid},
    {"an address is cut to the room there is for it", short_address},
    {"a number is not given to another while its connection is open or its request in a handler",
     numbers_do_not_repeat},
    {"requests in a handler are counted and never below zero", counts_busy},
    {"sent bytes are counted", counts_sent},
    {"a shut connection ends in both directions and no other does", shuts},
    {"a request that comes in while its connection is ended is reset", ends_by_close_alone},
    {"a caller of whom the kernel says nothing is turned away", unknown_is_turned_away},
    {"a descriptor that became another socket is left alone", reused_behind_our_back},
    {0},
};

/* SPDX-License-Identifier: MIT */

/* How a listening descriptor becomes a listener of Deno.serve. */

#include "../control.h"
#include "deny.h"
#include "harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void name_of_listener(int fd, char text[INET6_ADDRSTRLEN], int *port)
{
    struct sockaddr_in6 name;
    socklen_t length = sizeof name;
    CHECK(getsockname(fd, (struct sockaddr *)&name, &length) == 0);
    CHECK(length == sizeof name && name.sin6_family == AF_INET6);
    CHECK(inet_ntop(AF_INET6, &name.sin6_addr, text, INET6_ADDRSTRLEN) != NULL);
    *port = ntohs(name.sin6_port);
}

static void adopts(void)
{
    int passed = listening_socket("a");
    CHECK(aziot_serve_adopted() == 0);
    int fd = serve_descriptor(passed);
    CHECK(fd >= 0 && aziot_serve_adopted() == 1);
    CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(fcntl(passed, F_GETFD) == -1 && errno == EBADF);

    char text[INET6_ADDRSTRLEN];
    int port;
    name_of_listener(fd, text, &port);
    CHECK(strcmp(text, "fdac:5d5d::") == 0 && port == passed);

    int caller = call("a");
    int connection = take(fd, NULL);
    CHECK(connection >= 0 && (fcntl(connection, F_GETFD) & FD_CLOEXEC) != 0);
    name_of_listener(connection, text, &port);
    CHECK(strcmp(text, "fdac:5d5d::") == 0 && port == passed);
    close(caller);
}

static void refused(int descriptor)
{
    CHECK(serve_descriptor(descriptor) == -1 && errno == EADDRNOTAVAIL);
    CHECK(aziot_serve_adopted() == 0);
}

static void refuses_others(void)
{
    int tcp = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CHECK(bind(tcp, (const struct sockaddr *)&loopback, sizeof loopback) == 0);
    CHECK(listen(tcp, 1) == 0);
    refused(tcp);

    int silent = socket(AF_UNIX, SOCK_STREAM, 0);
    refused(silent);

    struct sockaddr_un packets = {.sun_family = AF_UNIX, .sun_path = "packets"};
    int sequenced = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    CHECK(bind(sequenced, (const struct sockaddr *)&packets, sizeof packets) == 0);
    CHECK(listen(sequenced, 1) == 0);
    refused(sequenced);

    int file = open("file", O_CREAT | O_RDWR, 0600);
    refused(file);
    refused(9999);
    refused(0);
    refused(2);

    /* They are as they were. */
    CHECK(fcntl(tcp, F_GETFD) == 0 && fcntl(silent, F_GETFD) == 0 && fcntl(file, F_GETFD) == 0);
    CHECK((fcntl(tcp, F_GETFL) & O_NONBLOCK) == 0);
}

static void refuses_served(void)
{
    int fd = serve("a");
    CHECK(serve_descriptor(fd) == -1 && errno == EADDRNOTAVAIL);
    CHECK(aziot_serve_adopted() == 1);
    call("a");
    CHECK(take(fd, NULL) >= 0);
}

static void serves_many(void)
{
    enum { MANY = 600 };
    static int fds[MANY];
    char name[16];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "m%d", i);
        fds[i] = serve(name);
    }
    CHECK(aziot_serve_adopted() == MANY);
    for (int i = 0; i < MANY; i += 7) {
        snprintf(name, sizeof name, "m%d", i);
        int caller = call(name);
        int connection = take(fds[i], NULL);
        CHECK(connection >= 0 && send(connection, "x", 1, 0) == 1 && state_of(caller) == 'd');
    }
    for (int i = 0; i < MANY; i++)
        CHECK(close(fds[i]) == 0);
    CHECK(aziot_serve_adopted() == 0);
}

static void frees_closed(void)
{
    /* More than there is room for at a time, and each leaves a connection open for a while. */
    int connection = -1;
    for (int i = 0; i < 2500; i++) {
        int fd = serve("a");
        int caller = call("a");
        close(connection);
        connection = take(fd, NULL);
        CHECK(connection >= 0 && aziot_serve_adopted() == 1);
        CHECK(close(fd) == 0);
        CHECK(send(connection, "x", 1, 0) == 1 && state_of(caller) == 'd');
        close(caller);
    }
    CHECK(aziot_serve_adopted() == 0);
}

static void two_of_one_path(void)
{
    int old_passed = listening_socket("a");
    CHECK(aziot_serve_limits(old_passed, 10, 10) == 0);
    int old = serve_descriptor(old_passed);
    int old_caller = call("a");

    int new_passed = listening_socket("a");
    CHECK(aziot_serve_limits(new_passed, 1, 1) == 0);
    int new = serve_descriptor(new_passed);
    CHECK(old >= 0 && new >= 0 && aziot_serve_adopted() == 2);
    int new_caller = call("a");

    int from_old = take(old, NULL), from_new = take(new, NULL);
    CHECK(from_old >= 0 && from_new >= 0);
    CHECK(send(from_old, "o", 1, 0) == 1 && state_of(old_caller) == 'd');
    CHECK(state_of(new_caller) == '-');

    /* Each has its own limits, and closing one leaves the other. */
    CHECK(close(old) == 0 && aziot_serve_adopted() == 1);
    int refused_caller = call("a");
    CHECK(take(new, NULL) == -1 && errno == EAGAIN && state_of(refused_caller) == 'e');
    CHECK(close(from_new) == 0);
    call("a");
    CHECK(take(new, NULL) >= 0);
    CHECK(send(from_old, "o", 1, 0) == 1);
}

static void number_used_again(void)
{
    int passed = listening_socket("a");
    int first = serve_descriptor(passed);
    /* The number is free again and the next listener gets it. */
    int again = listening_socket("b");
    CHECK(again == passed);
    CHECK(aziot_serve_limits(again, 0, 0) == 0);
    int second = serve_descriptor(again);
    CHECK(second >= 0 && aziot_serve_adopted() == 2);
    int a = call("a"), b = call("b");
    CHECK(take(first, NULL) >= 0 && state_of(a) == '-');
    CHECK(take(second, NULL) == -1 && state_of(b) == 'e');
}

static void without_ipv6(void)
{
    CHECK(deny(DENY_IPV6));
    int fd = serve("a");
    CHECK(aziot_serve_adopted() == 1);
    int caller = call("a");
    int connection = take(fd, NULL);
    CHECK(connection >= 0 && send(connection, "x", 1, 0) == 1 && state_of(caller) == 'd');

    /* Whatever else wants IPv6 fails as it would without us. */
    struct sockaddr_in6 loopback = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int other = socket(AF_INET6, SOCK_STREAM, 0);
    CHECK(bind(other, (const struct sockaddr *)&loopback, sizeof loopback) == -1);
    CHECK(errno == EAFNOSUPPORT && listen(other, 1) == -1);
    CHECK(connect(other, (const struct sockaddr *)&loopback, sizeof loopback) == -1);
    CHECK(socket(AF_INET6, SOCK_DGRAM, 0) == -1 && errno == EAFNOSUPPORT);
    CHECK(close(other) == 0);
}

static void fork_is_safe(void)
{
    int fd = serve("a");
    call("a");
    int connection = take(fd, NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        CHECK(close(connection) == 0 && close(fd) == 0 && aziot_serve_adopted() == 0);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(aziot_serve_adopted() == 1);
}

const struct test_case adoption_cases[] = {
    {"a passed unix listener is adopted under the name of its descriptor", adopts},
    {"what is no listening unix stream socket is not adopted", refuses_others},
    {"a descriptor that is served already is not adopted again", refuses_served},
    {"600 listeners are served at a time", serves_many},
    {"closed listeners make room for others", frees_closed},
    {"two listeners of one path are kept apart", two_of_one_path},
    {"the number of an adopted descriptor can be adopted again", number_used_again},
    {"a listener is adopted where the kernel refuses IPv6", without_ipv6},
    {"a forked child works on copies", fork_is_safe},
    {0},
};

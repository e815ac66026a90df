/* SPDX-License-Identifier: MIT */

#include "harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SKIPPED 77

_Noreturn void check_failed(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: does not hold: %s (errno: %s)\n", file, line, condition,
            strerror(errno));
    fflush(stderr);
    _exit(1);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status, (void)type, (void)where;
    return remove(path);
}

static struct sockaddr_un name_of(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", name);
    return address;
}

int listening_socket(const char *name)
{
    struct sockaddr_un address = name_of(name);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    unlink(name);
    CHECK(fd >= 0);
    CHECK(bind(fd, (const struct sockaddr *)&address, sizeof address) == 0);
    CHECK(listen(fd, 512) == 0);
    CHECK(chmod(name, 0666) == 0);
    return fd;
}

int serve_descriptor(int descriptor)
{
    struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)descriptor)};
    CHECK(inet_pton(AF_INET6, "fdac:5d5d::", &name.sin6_addr) == 1);
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    if (bind(fd, (const struct sockaddr *)&name, sizeof name) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    CHECK(listen(fd, 511) == 0);
    return fd;
}

int serve(const char *name)
{
    int fd = serve_descriptor(listening_socket(name));
    CHECK(fd >= 0);
    return fd;
}

int call(const char *name)
{
    struct sockaddr_un address = name_of(name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    CHECK(connect(fd, (const struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

int call_as(const char *name, uid_t id)
{
    if (geteuid() != 0)
        _exit(SKIPPED);
    CHECK(setegid(id) == 0 && seteuid(id) == 0);
    int fd = call(name);
    CHECK(seteuid(0) == 0 && setegid(0) == 0);
    return fd;
}

int take(int listener, uint16_t *port)
{
    struct sockaddr_in6 name = {0};
    socklen_t length = sizeof name;
    int fd = accept4(listener, (struct sockaddr *)&name, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0)
        CHECK(length == sizeof name && name.sin6_family == AF_INET6);
    if (port != NULL)
        *port = ntohs(name.sin6_port);
    return fd;
}

char state_of(int caller)
{
    char byte;
    ssize_t got = recv(caller, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    if (got >= 0)
        return got == 0 ? 'e' : 'd';
    return errno == ECONNRESET ? 'r' : '-';
}

bool is_at_end(int connection)
{
    return state_of(connection) == 'e';
}

int watch(int listener)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = listener};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    CHECK(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) == 0);
    return epoll;
}

bool is_announced(int epoll)
{
    struct epoll_event event;
    return epoll_wait(epoll, &event, 1, 0) == 1 && (event.events & EPOLLIN) != 0;
}

static _Atomic int64_t passed_ms = 1000000;

void pass_ms(int milliseconds)
{
    passed_ms += milliseconds;
}

/* In place of the C library's: the adapter's clock stands still unless a case lets time pass. */
int clock_gettime(clockid_t clock, struct timespec *time)
{
    if (clock != CLOCK_MONOTONIC_COARSE)
        return (int)syscall(SYS_clock_gettime, clock, time);
    time->tv_sec = passed_ms / 1000;
    time->tv_nsec = passed_ms % 1000 * 1000000;
    return 0;
}

/* Runs one case in a child, in an empty directory of its own; 0 passed, 1 failed, SKIPPED. */
static int run_case(const struct test_case *test)
{
    char directory[] = "/tmp/serve_test.XXXXXX";
    CHECK(mkdtemp(directory) != NULL);
    CHECK(chmod(directory, 0755) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        /* A case that hangs is a case that fails. */
        alarm(60);
        CHECK(chdir(directory) == 0);
        test->run();
        exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    if (WIFSIGNALED(status))
        fprintf(stderr, "ended by signal %d\n", WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* One line a case on stdout: ok, failed or skipped, and its name. */
int main(void)
{
    static const struct test_case *const GROUPS[] = {
        adoption_cases, connection_cases, deadline_cases, exhaustion_cases, limit_cases,
        untouched_cases,
    };
    int failures = 0;
    signal(SIGPIPE, SIG_IGN);
    for (size_t group = 0; group < sizeof GROUPS / sizeof GROUPS[0]; group++) {
        for (const struct test_case *test = GROUPS[group]; test->name != NULL; test++) {
            int result = run_case(test);
            const char *word = result == 0 ? "ok" : result == SKIPPED ? "skipped" : "failed";
            failures += result != 0 && result != SKIPPED;
            printf("%s %s\n", word, test->name);
            fflush(stdout);
        }
    }
    return failures == 0 ? 0 : 1;
}

/* SPDX-License-Identifier: MIT */

/*
 * load SOCKET CONNECTIONS REQUESTS < request
 *
 * Sends the request on stdin (head and body, HTTP/1.1) REQUESTS times over CONNECTIONS keep-alive
 * connections to a unix socket, each connection one request at a time, and prints one line of JSON:
 * requests a second, and latencies in microseconds. An answer that is not 2xx is an error; the
 * first of them is shown on stderr. Exit code 1 after any error.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MOST_CONNECTIONS 256
#define LARGEST_ANSWER 65536

struct connection {
    int fd;
    uint64_t start;
    size_t length; /* of the answer so far */
    char answer[LARGEST_ANSWER];
};

static struct connection connections[MOST_CONNECTIONS];
static char request[LARGEST_ANSWER];
static size_t request_length;
static uint32_t *latencies; /* nanoseconds */
static long wanted, started, finished, errors;

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

static void fail(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void ask(struct connection *connection)
{
    connection->length = 0;
    connection->start = now();
    started++;
    if (send(connection->fd, request, request_length, MSG_NOSIGNAL) != (ssize_t)request_length)
        fail("send");
}

/* The length of the whole answer, or 0 while that is not known yet. */
static size_t expected_length(const struct connection *connection)
{
    static const char NAME[] = "\r\ncontent-length:";
    const char *end = strstr(connection->answer, "\r\n\r\n");
    if (end == NULL)
        return 0;
    size_t head = (size_t)(end - connection->answer) + 4;
    const char *line = strcasestr(connection->answer, NAME);
    if (line == NULL || line > end)
        return head;
    return head + strtoul(line + sizeof NAME - 1, NULL, 10);
}

static void check(const struct connection *connection)
{
    if (strncmp(connection->answer, "HTTP/1.1 2", 10) == 0)
        return;
    if (errors++ == 0)
        fprintf(stderr, "load: an answer was:\n%s\n", connection->answer);
}

static void receive(struct connection *connection)
{
    size_t room = sizeof connection->answer - 1 - connection->length;
    ssize_t got = recv(connection->fd, connection->answer + connection->length, room, 0);
    if (got <= 0)
        fail(got == 0 ? "the server closed a connection" : "recv");
    connection->length += (size_t)got;
    connection->answer[connection->length] = '\0';
    size_t length = expected_length(connection);
    if (length == 0 || connection->length < length)
        return;

    uint64_t took = now() - connection->start;
    latencies[finished++] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
    check(connection);
    if (started < wanted)
        ask(connection);
}

static void open_connection(struct connection *connection, const char *path, int epoll)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof name.sun_path) {
        errno = ENAMETOOLONG;
        fail(path);
    }
    strcpy(name.sun_path, path);
    connection->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connection->fd < 0 || connect(connection->fd, (const void *)&name, sizeof name) != 0)
        fail(path);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0)
        fail("epoll_ctl");
}

static int compare(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return a < b ? -1 : a > b;
}

static double microseconds(double part)
{
    return latencies[(size_t)((double)(finished - 1) * part)] / 1000.0;
}

int main(int argc, char **argv)
{
    int count = argc == 4 ? atoi(argv[2]) : 0;
    wanted = argc == 4 ? atol(argv[3]) : 0;
    request_length = fread(request, 1, sizeof request, stdin);
    if (count < 1 || count > MOST_CONNECTIONS || wanted < count || request_length == 0) {
        fprintf(stderr, "usage: load SOCKET CONNECTIONS REQUESTS < request\n");
        return 2;
    }
    latencies = calloc((size_t)wanted, sizeof *latencies);
    int epoll = epoll_create1(0);
    if (latencies == NULL || epoll < 0)
        fail("memory");
    for (int i = 0; i < count; i++)
        open_connection(&connections[i], argv[1], epoll);

    uint64_t start = now();
    for (int i = 0; i < count; i++)
        ask(&connections[i]);
    while (finished < wanted) {
        struct epoll_event events[MOST_CONNECTIONS];
        int ready = epoll_wait(epoll, events, MOST_CONNECTIONS, 10000);
        if (ready <= 0)
            fail("no answer for 10 s");
        for (int i = 0; i < ready; i++)
            receive(events[i].data.ptr);
    }
    double seconds = (double)(now() - start) / 1e9;

    qsort(latencies, (size_t)finished, sizeof *latencies, compare);
    printf("{\"requests\":%ld,\"errors\":%ld,\"seconds\":%.3f,\"perSecond\":%.0f,"
           "\"p50\":%.1f,\"p99\":%.1f,\"max\":%.1f}\n",
           finished, errors, seconds, (double)finished / seconds, microseconds(0.5),
           microseconds(0.99), microseconds(1));
    return errors == 0 ? 0 : 1;
}

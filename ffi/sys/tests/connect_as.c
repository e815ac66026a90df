/* SPDX-License-Identifier: MIT */

/*
 * connect_as UID PATH: connects to a unix socket as another user and passes bytes between the
 * connection and stdin and stdout, for tests of what a service makes of its caller's uid. Needs
 * root. The program and its libraries are opened before it becomes that user, so it works from a
 * directory that the user cannot enter.
 *
 * Ends when the service has ended the connection; 0 at a clean end, 1 when it was reset, 2 when it
 * could not connect.
 */

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BUFFER_SIZE = 65536 };

static int fail(const char *what)
{
    fprintf(stderr, "connect_as: %s: %s\n", what, strerror(errno));
    return 2;
}

static bool parse_uid(const char *text, uid_t *uid)
{
    char *end = NULL;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value >= 0xffffffffUL) {
        errno = EINVAL;
        return false;
    }
    *uid = (uid_t)value;
    return true;
}

static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            return false;
        }
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

/* Passes what is there from one descriptor to the other; 0 at the end of the first one, < 0 when
 * either is broken. */
static int pass(int from, int to, char *buffer)
{
    ssize_t length;
    do {
        length = read(from, buffer, BUFFER_SIZE);
    } while (length < 0 && errno == EINTR);
    if (length <= 0) {
        return (int)length;
    }
    return write_all(to, buffer, (size_t)length) ? 1 : -1;
}

static int relay(int connection)
{
    static char buffer[BUFFER_SIZE];
    struct pollfd watched[2] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = connection, .events = POLLIN},
    };

    for (;;) {
        if (poll(watched, 2, -1) < 0) {
            if (errno == EINTR) {
                continue;
            }
            return fail("poll");
        }
        if (watched[1].revents != 0) {
            int passed = pass(connection, STDOUT_FILENO, buffer);
            if (passed <= 0) {
                return passed < 0 ? 1 : 0;
            }
        }
        if (watched[0].revents != 0) {
            int passed = pass(STDIN_FILENO, connection, buffer);
            if (passed < 0) {
                return 1;
            }
            if (passed == 0) {
                /* The test has nothing more to say; what the service says is still passed on. */
                (void)shutdown(connection, SHUT_WR);
                watched[0].fd = -1;
            }
        }
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    uid_t uid;

    if (argc != 3 || strlen(argv[2]) >= sizeof address.sun_path) {
        fprintf(stderr, "usage: connect_as UID PATH\n");
        return 2;
    }
    if (!parse_uid(argv[1], &uid)) {
        return fail(argv[1]);
    }
    memcpy(address.sun_path, argv[2], strlen(argv[2]) + 1);

    /* A connection that the service has ended is an exit code here, not a death. */
    (void)signal(SIGPIPE, SIG_IGN);
    if (setgroups(0, NULL) != 0 || setgid((gid_t)uid) != 0 || setuid(uid) != 0) {
        return fail("setuid");
    }
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0) {
        return fail("socket");
    }
    if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) {
        return fail(argv[2]);
    }
    return relay(connection);
}

/* SPDX-License-Identifier: MIT */

/*
 * activate NAME=PATH:MODE ... -- COMMAND [ARGUMENT ...]
 *
 * Starts a program the way systemd starts a socket-activated service: binds a unix socket at each
 * PATH with the permission bits MODE (octal), passes them as descriptors 3, 4, ... with
 * LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID, and becomes the program.
 *
 * Exit codes: 1 a socket cannot be had, 2 usage, 126/127 the program cannot be run / is not there.
 */

#include "aziot-sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_PASSED 3
#define MOST_SOCKETS 512
#define BACKLOG 4096

struct wanted {
    const char *name;
    const char *path;
    uint32_t mode;
    int fd;
};

static int usage(const char *what, const char *argument)
{
    fprintf(stderr, "activate: %s%s%s\n", what, argument == NULL ? "" : ": ",
            argument == NULL ? "" : argument);
    fprintf(stderr, "usage: activate NAME=PATH:MODE ... -- COMMAND [ARGUMENT ...]\n");
    return 2;
}

/* systemd.socket(5), FileDescriptorName=: no colon, no control characters, at most 255. */
static bool is_name(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++) {
        if (name[i] <= ' ' || name[i] == 0x7f || name[i] == ':')
            return false;
    }
    return length >= 1 && length <= 255;
}

/* Cuts NAME=PATH:MODE up in place; PATH may contain colons, since MODE is what follows the last. */
static bool parse(char *argument, struct wanted *wanted)
{
    char *equals = strchr(argument, '=');
    char *colon = strrchr(argument, ':');
    if (equals == NULL || colon == NULL || colon < equals)
        return false;
    *equals = *colon = '\0';
    wanted->name = argument;
    wanted->path = equals + 1;

    char *end;
    unsigned long mode = strtoul(colon + 1, &end, 8);
    bool is_octal = colon[1] >= '0' && colon[1] <= '7' && *end == '\0' && mode <= 0777;
    wanted->mode = (uint32_t)mode;
    return is_octal && is_name(wanted->name) && wanted->path[0] != '\0';
}

static const char *reason(int error)
{
    if (error == ENOTSOCK)
        return "something that is no socket is there";
    if (error == ENAMETOOLONG)
        return "the path of a socket has at most 107 bytes";
    return strerror(error);
}

static void remove_all(const struct wanted *sockets, int count)
{
    for (int i = 0; i < count; i++)
        unlink(sockets[i].path);
}

/* Opens every socket above the descriptors that are passed, so that none is in another's place. */
static bool open_all(struct wanted *sockets, int count)
{
    for (int i = 0; i < count; i++) {
        struct wanted *wanted = &sockets[i];
        int fd = aziot_sys_unix_listen(wanted->path, wanted->mode, BACKLOG);
        if (fd < 0) {
            fprintf(stderr, "activate: %s: %s\n", wanted->path, reason(-fd));
            remove_all(sockets, i);
            return false;
        }
        wanted->fd = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_PASSED + count);
        if (wanted->fd < 0) {
            fprintf(stderr, "activate: %s: %s\n", wanted->path, strerror(errno));
            remove_all(sockets, i + 1);
            return false;
        }
        close(fd);
    }
    return true;
}

/* The names joined by colons, to be freed. */
static char *join_names(const struct wanted *sockets, int count)
{
    size_t size = 1;
    for (int i = 0; i < count; i++)
        size += strlen(sockets[i].name) + 1;
    char *names = calloc(size, 1), *end = names;
    for (int i = 0; names != NULL && i < count; i++) {
        size_t length = strlen(sockets[i].name);
        if (i > 0)
            *end++ = ':';
        memcpy(end, sockets[i].name, length);
        end += length;
    }
    return names;
}

static bool set_number(const char *variable, long value)
{
    char text[24];
    snprintf(text, sizeof text, "%ld", value);
    return setenv(variable, text, 1) == 0;
}

/* Puts the sockets in place, kept over the exec, and says so in the environment: sd_listen_fds(3). */
static bool pass_all(const struct wanted *sockets, int count)
{
    bool passed = set_number("LISTEN_PID", getpid()) && set_number("LISTEN_FDS", count);
    for (int i = 0; passed && i < count; i++)
        passed = dup2(sockets[i].fd, FIRST_PASSED + i) >= 0;
    char *names = join_names(sockets, count);
    passed = passed && names != NULL && setenv("LISTEN_FDNAMES", names, 1) == 0;
    free(names);
    if (!passed)
        perror("activate");
    return passed;
}

int main(int argc, char **argv)
{
    static struct wanted sockets[MOST_SOCKETS];
    int count = 0;
    int at = 1;
    for (; at < argc && strcmp(argv[at], "--") != 0; at++) {
        if (count == MOST_SOCKETS)
            return usage("too many sockets", NULL);
        char *copy = strdup(argv[at]);
        if (copy == NULL || !parse(copy, &sockets[count])) {
            free(copy);
            return usage("not of the form NAME=PATH:MODE", argv[at]);
        }
        count++;
    }
    if (count == 0)
        return usage("no socket given", NULL);
    if (at + 1 >= argc)
        return usage("no command given", NULL);

    if (!open_all(sockets, count) || !pass_all(sockets, count))
        return 1;
    execvp(argv[at + 1], argv + at + 1);
    int error = errno;
    fprintf(stderr, "activate: %s: %s\n", argv[at + 1], strerror(error));
    remove_all(sockets, count);
    return error == ENOENT ? 127 : 126;
}

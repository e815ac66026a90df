/* SPDX-License-Identifier: MIT */

/*
 * swarm PATH CONNECTIONS UID...: many callers at once, to see that nobody is taken for another.
 *
 * As many processes as uids are given share CONNECTIONS, each with its uid as user and group.
 * A connection asks once or several times for /peer and compares the answer with the truth, or is
 * abandoned at a random point; one in four is made by a process of its own, whose pid nobody had
 * before. Prints how many answers were compared and how many were wrong; exit code 1 if any was,
 * or none was compared.
 */

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct tally {
    _Atomic long compared;
    _Atomic long wrong;
    _Atomic long abandoned;
    _Atomic long failed; /* no connection, or an answer cut short */
};

static struct tally *tally;
static struct sockaddr_un server = {.sun_family = AF_UNIX};

static const char REQUEST[] = "GET /peer HTTP/1.1\r\nHost: x\r\n\r\n";

/* xorshift: the run is told apart by its seeds, not by luck. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void own_name(char text[INET6_ADDRSTRLEN + 2])
{
    uint32_t words[4] = {htonl(0xfdac5d5d), htonl((uint32_t)getpid()), htonl(geteuid()),
                         htonl(getegid())};
    char plain[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, words, plain, sizeof plain);
    snprintf(text, INET6_ADDRSTRLEN + 2, "\"%s\"", plain);
}

/* Reads one answer and says whether it is `wanted`: 1 it is, 0 it is another, -1 it did not come. */
static int read_answer(int fd, const char *wanted)
{
    char answer[1024];
    size_t length = 0;
    const char *body = NULL;
    while (body == NULL || strchr(body + 1, '"') == NULL) {
        ssize_t got = recv(fd, answer + length, sizeof answer - 1 - length, 0);
        if (got <= 0)
            return -1;
        length += (size_t)got;
        answer[length] = '\0';
        const char *end = strstr(answer, "\r\n\r\n");
        body = end == NULL || end[4] != '"' ? NULL : end + 4;
    }
    return strcmp(body, wanted) == 0 ? 1 : 0;
}

static void ask(int fd, uint32_t *random)
{
    char wanted[INET6_ADDRSTRLEN + 2];
    own_name(wanted);
    uint32_t times = 1 + next_random(random) % 3;
    for (uint32_t i = 0; i < times; i++) {
        size_t length = sizeof REQUEST - 1;
        bool abandon = next_random(random) % 8 == 0;
        if (abandon)
            length = next_random(random) % (length + 1);
        if (length > 0 && send(fd, REQUEST, length, MSG_NOSIGNAL) != (ssize_t)length) {
            tally->failed++;
            return;
        }
        if (abandon) {
            tally->abandoned++;
            return;
        }
        int outcome = read_answer(fd, wanted);
        if (outcome < 0) {
            tally->failed++;
            return;
        }
        tally->compared++;
        if (outcome == 0)
            tally->wrong++;
    }
}

static void one_connection(uint32_t *random)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&server, sizeof server) == 0)
        ask(fd, random);
    else
        tally->failed++;
    close(fd);
}

static void in_own_process(uint32_t *random)
{
    pid_t child = fork();
    if (child == 0) {
        one_connection(random);
        _exit(0);
    }
    if (child < 0 || waitpid(child, NULL, 0) != child)
        tally->failed++;
    next_random(random);
}

static int caller(uid_t id, long connections)
{
    if (geteuid() != id && (setgid(id) != 0 || setuid(id) != 0)) {
        perror("swarm: setuid");
        return 1;
    }
    uint32_t random = (uint32_t)getpid() * 2654435761U | 1U;
    for (long i = 0; i < connections; i++) {
        if (next_random(&random) % 4 == 0)
            in_own_process(&random);
        else
            one_connection(&random);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 4 || strlen(argv[1]) >= sizeof server.sun_path) {
        fprintf(stderr, "usage: swarm PATH CONNECTIONS UID...\n");
        return 2;
    }
    strcpy(server.sun_path, argv[1]);
    int processes = argc - 3;
    long each = (strtol(argv[2], NULL, 10) + processes - 1) / processes;
    tally = mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tally == MAP_FAILED)
        return 2;

    for (int i = 0; i < processes; i++) {
        if (fork() == 0)
            _exit(caller((uid_t)strtoul(argv[3 + i], NULL, 10), each));
    }
    int status;
    bool complete = true;
    while (wait(&status) > 0)
        complete = complete && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    printf("%ld connections, %ld answers, %ld wrong, %ld abandoned, %ld failed\n",
           each * processes, (long)tally->compared, (long)tally->wrong, (long)tally->abandoned,
           (long)tally->failed);
    return complete && tally->wrong == 0 && tally->compared > 0 ? 0 : 1;
}

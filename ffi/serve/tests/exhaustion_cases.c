/* SPDX-License-Identifier: MIT */

/* A process that runs out of descriptors. */

#include "../control.h"
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static void limit_descriptors(rlim_t most)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = most;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

static void check_reported(uint32_t reason, uint32_t count)
{
    uint32_t words[3];
    uint8_t bytes[12];
    CHECK(aziot_serve_refused(bytes) == 1);
    memcpy(words, bytes, sizeof words);
    CHECK(words[0] == geteuid() && words[1] == reason && words[2] == count);
}

static void leaves_descriptors(void)
{
    enum { MOST = 80, OWN = MOST / 4 };
    limit_descriptors(MOST);
    int fd = serve("a");
    int admitted = 0, left = 0;
    do {
        call("a");
    } while (take(fd, NULL) >= 0 && ++admitted < MOST);
    CHECK(errno == EAGAIN && admitted > 10);
    check_reported(3, 1);
    while (open("/dev/null", O_RDONLY) >= 0)
        left++;
    /* The last caller's own end, too, came out of what is left. */
    CHECK(left >= OWN - 1);
    /* Leak detection at exit needs some. */
    limit_descriptors(2 * MOST);
}

/* Uses up every descriptor there is; the first of them is returned. */
static int use_up(void)
{
    int first = open("/dev/null", O_RDONLY);
    while (open("/dev/null", O_RDONLY) >= 0)
        continue;
    CHECK(first >= 0 && errno == EMFILE);
    return first;
}

static void turned_away_when_exhausted(void)
{
    limit_descriptors(64);
    int fd = serve("a");
    int callers[3];
    for (int i = 0; i < 3; i++)
        callers[i] = call("a");
    int first = use_up();
    for (int i = 0; i < 3; i++) {
        CHECK(take(fd, NULL) == -1 && errno == EAGAIN);
        CHECK(state_of(callers[i]) == 'e');
    }
    check_reported(3, 3);

    close(first);
    close(callers[0]);
    close(callers[1]);
    int caller = call("a");
    int connection = take(fd, NULL);
    CHECK(connection >= 0 && send(connection, "x", 1, 0) == 1 && state_of(caller) == 'd');
}

static void announced_by_the_sweep(void)
{
    int fd = serve("a");
    int epoll = watch(fd);
    int caller = call("a");
    CHECK(is_announced(epoll) && !is_announced(epoll));
    /* Closing the spare descriptor does not help any more, so the caller stays queued. */
    limit_descriptors(3);
    CHECK(take(fd, NULL) == -1 && errno == EAGAIN && state_of(caller) == '-');
    CHECK(!is_announced(epoll));
    limit_descriptors(64);
    CHECK(aziot_serve_sweep(60, 30) == 0 && is_announced(epoll));
    CHECK(take(fd, NULL) >= 0 && state_of(caller) == '-');
    CHECK(take(fd, NULL) == -1);
    CHECK(aziot_serve_sweep(60, 30) == 0 && !is_announced(epoll));
}

const struct test_case exhaustion_cases[] = {
    {"callers leave descriptors for the rest of the process", leaves_descriptors},
    {"callers are turned away while there is no descriptor and served afterwards",
     turned_away_when_exhausted},
    {"a sweep announces callers who stayed queued", announced_by_the_sweep},
    {0},
};

/* SPDX-License-Identifier: MIT */

/* The library's functions called directly, in an empty working directory. */

#include "../aziot-sys.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static mode_t mode_of(const char *path)
{
    struct stat status;
    CHECK(lstat(path, &status) == 0 && S_ISSOCK(status.st_mode));
    return status.st_mode & 07777;
}

static void listens_and_connects(void)
{
    int listener = aziot_sys_unix_listen("a", 0660, 5);
    CHECK(listener >= 0 && (fcntl(listener, F_GETFD) & FD_CLOEXEC) != 0);
    int caller = aziot_sys_unix_connect("a");
    CHECK(caller >= 0 && (fcntl(caller, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((fcntl(caller, F_GETFD) & FD_CLOEXEC) != 0);
    int connection = accept(listener, NULL, NULL);
    char byte;
    CHECK(connection >= 0 && send(caller, "x", 1, 0) == 1 && recv(connection, &byte, 1, 0) == 1);
    close(caller);
    close(connection);
    close(listener);
}

static void has_the_mode_whatever_the_umask(void)
{
    static const mode_t MASKS[] = {0, 022, 077, 0777}, MODES[] = {0600, 0660, 0666, 0777};
    for (size_t i = 0; i < 4; i++) {
        umask(MASKS[i]);
        for (size_t j = 0; j < 4; j++) {
            int fd = aziot_sys_unix_listen("a", MODES[j], 1);
            CHECK(fd >= 0 && mode_of("a") == MODES[j]);
            close(fd);
        }
        CHECK(umask(022) == MASKS[i]);
    }
}

static void replaces_only_sockets(void)
{
    int old = aziot_sys_unix_listen("a", 0600, 1);
    int new = aziot_sys_unix_listen("a", 0600, 1);
    CHECK(old >= 0 && new >= 0);
    CHECK(symlink("a", "link") == 0);
    CHECK(aziot_sys_unix_listen("link", 0600, 1) == -ENOTSOCK);
    CHECK(mkdir("directory", 0700) == 0);
    CHECK(aziot_sys_unix_listen("directory", 0600, 1) == -ENOTSOCK);
    CHECK(symlink("nowhere", "dangling") == 0);
    CHECK(aziot_sys_unix_listen("dangling", 0600, 1) == -ENOTSOCK);
    int caller = aziot_sys_unix_connect("a");
    CHECK(caller >= 0);
    CHECK(fcntl(new, F_SETFL, O_NONBLOCK) == 0 && fcntl(old, F_SETFL, O_NONBLOCK) == 0);
    CHECK(accept(old, NULL, NULL) == -1 && accept(new, NULL, NULL) >= 0);
}

static void full_backlog_does_not_block(void)
{
    int listener = aziot_sys_unix_listen("full", 0600, 1);
    CHECK(listener >= 0);
    int outcome, calls = 0;
    while ((outcome = aziot_sys_unix_connect("full")) >= 0)
        CHECK(++calls < 10);
    CHECK(outcome == -EAGAIN);
}

static void odd_paths(void)
{
    char path[200];
    memset(path, 'x', sizeof path);
    path[107] = '\0';
    int fd = aziot_sys_unix_listen(path, 0600, 1);
    CHECK(fd >= 0 && mode_of(path) == 0600);
    path[107] = 'x';
    path[108] = '\0';
    CHECK(aziot_sys_unix_listen(path, 0600, 1) == -ENAMETOOLONG);
    CHECK(aziot_sys_unix_connect(path) == -ENAMETOOLONG);
    CHECK(aziot_sys_unix_listen("", 0600, 1) == -EINVAL && aziot_sys_unix_connect("") == -EINVAL);
    CHECK(aziot_sys_unix_listen(NULL, 0600, 1) == -EINVAL);
    CHECK(aziot_sys_unix_listen("m", 01000, 1) == -EINVAL && access("m", F_OK) != 0);
    CHECK(aziot_sys_unix_listen("absent/m", 0600, 1) == -ENOENT);
}

static void reads_info_in_pieces(void)
{
    uint8_t *whole = malloc(1 << 20), *small = malloc(10);
    int32_t length = aziot_sys_read_info(AZIOT_SYS_MOUNTS, whole, 1 << 20);
    CHECK(length > 10 && aziot_sys_read_info(AZIOT_SYS_MOUNTS, small, 10) == length);
    CHECK(memcmp(whole, small, 10) == 0);
    CHECK(aziot_sys_read_info(AZIOT_SYS_MOUNTS, small, 0) == length);
    CHECK(aziot_sys_read_info(-1, small, 10) == -EINVAL);
    CHECK(aziot_sys_read_info(AZIOT_SYS_PARTITIONS + 1, small, 10) == -EINVAL);
    CHECK(aziot_sys_read_info(AZIOT_SYS_BOOT_ID, NULL, 10) == -EINVAL);
    free(whole);
    free(small);
}

static void lists_groups(void)
{
    const struct passwd *first = getpwuid(0);
    CHECK(first != NULL);
    uint32_t ids[2];
    CHECK(aziot_sys_user_ids(first->pw_name, (uint8_t *)ids) == 0);
    CHECK(ids[0] == 0 && ids[1] == first->pw_gid);
    int32_t count = aziot_sys_group_list(first->pw_name, (uint8_t *)ids, 0);
    CHECK(count >= 1);
    uint8_t *list = malloc((size_t)count * 4);
    CHECK(aziot_sys_group_list(first->pw_name, list, (uint32_t)count) == count);
    CHECK(aziot_sys_group_list(first->pw_name, list, 1) == count);
    free(list);
    CHECK(aziot_sys_group_list("no such user", (uint8_t *)ids, 2) == -ENOENT);
    CHECK(aziot_sys_group_list(NULL, (uint8_t *)ids, 2) == -EINVAL);
    CHECK(aziot_sys_user_ids("no such user", (uint8_t *)ids) == -ENOENT);

    uint8_t name[64] = {0};
    CHECK(aziot_sys_user_name(first->pw_uid, name, sizeof name) == (int32_t)strlen(first->pw_name));
    CHECK(strcmp((char *)name, first->pw_name) == 0);
    memset(name, 0, sizeof name);
    CHECK(aziot_sys_user_name(first->pw_uid, name, 1) == (int32_t)strlen(first->pw_name));
    CHECK(name[0] == (uint8_t)first->pw_name[0] && name[1] == 0);
    CHECK(aziot_sys_user_name(4000000000U, name, sizeof name) == -ENOENT);
    CHECK(aziot_sys_user_name(0, NULL, 0) == -EINVAL);
    CHECK(aziot_sys_group_id("no such group", (uint8_t *)ids) == -ENOENT);
}

static void tells_errors(void)
{
    uint8_t text[128];
    int32_t length = aziot_sys_error_text(EACCES, text, sizeof text);
    CHECK(length > 0 && memcmp(text, strerror(EACCES), (size_t)length) == 0);
    CHECK(aziot_sys_error_text(EACCES, text, 4) == 4 && aziot_sys_error_text(1, NULL, 4) == 0);
    CHECK(aziot_sys_error_text(99999, text, sizeof text) > 0);
}

/* Pages of the process that are in memory. */
static long resident_pages(void)
{
    long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    CHECK(file != NULL && fscanf(file, "%ld %ld", &total, &resident) == 2);
    fclose(file);
    return resident;
}

static void releases_memory(void)
{
    char *kept[256], *freed[256];
    for (size_t i = 0; i < 256; i++) {
        freed[i] = malloc(65536);
        CHECK(freed[i] != NULL);
        memset(freed[i], 1, 65536);
        /* a small piece in use behind each keeps the allocator from giving back by itself */
        kept[i] = malloc(32);
        CHECK(kept[i] != NULL);
    }
    for (size_t i = 0; i < 256; i++)
        free(freed[i]);
    long before = resident_pages();
    /* 0: the allocator of a sanitizer, which has nothing to give */
    if (aziot_sys_release_memory() != 0)
        CHECK(resident_pages() < before - 256 * 65536 / sysconf(_SC_PAGESIZE) / 2);
    for (size_t i = 0; i < 256; i++)
        free(kept[i]);
}

static void hardens(void)
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        bool hardened = aziot_sys_harden() == 0 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
                        prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
        _exit(hardened ? 0 : 1);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    listens_and_connects();
    has_the_mode_whatever_the_umask();
    replaces_only_sockets();
    full_backlog_does_not_block();
    odd_paths();
    reads_info_in_pieces();
    lists_groups();
    tells_errors();
    releases_memory();
    hardens();
    return 0;
}

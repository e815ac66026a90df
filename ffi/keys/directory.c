/* SPDX-License-Identifier: MIT */

#include "directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "refusal.h"

static const char temporary_prefix[] = ".aziot-keys-";
static const char temporary_suffix[] = ".tmp";

/* Makes one directory, and its name durable: keys in it shall not be lost with it. */
static bool make_one(const char *path, mode_t mode)
{
    if (mkdir(path, mode) != 0)
        return errno == EEXIST;
    int parent = directory_open_parent(path);
    bool synced = parent >= 0 && fsync(parent) == 0;
    int error = errno;
    if (parent >= 0)
        close(parent);
    errno = error;
    return synced;
}

/* Makes the missing directories above the last component; `path` is changed meanwhile. */
static bool make_parents(char *path)
{
    char *home = strrchr(path, '/');
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        /* The home is as private as the keys; what lies above may belong to others, too. */
        bool made = make_one(path, slash == home ? 0700 : 0755);
        *slash = '/';
        if (!made)
            return false;
    }
    return true;
}

static bool make_directory(const char *path)
{
    if (make_one(path, 0700))
        return true;
    char *copy = errno == ENOENT ? strdup(path) : NULL;
    bool made = copy != NULL && make_parents(copy) && make_one(path, 0700);
    int error = errno;
    free(copy);
    errno = error;
    return made;
}

bool directory_prepare(const char *path, struct reason *reason)
{
    static const char what[] = "cannot make the directory of the keys";
    struct stat status;
    if (!make_directory(path) || stat(path, &status) != 0) {
        refusal_reason(reason, what, errno, path, REFUSAL_NAME);
        return false;
    }
    if (!S_ISDIR(status.st_mode)) {
        reason_errno(reason, what, ENOTDIR);
        return false;
    }
    /* Best effort: the keys have closed modes of their own. */
    if (status.st_uid == geteuid() && (status.st_mode & 077) != 0 && chmod(path, 0700) != 0)
        log_write(LOG_LEVEL_DEBUG, "%s keeps mode %04o", path, status.st_mode & 07777);
    return true;
}

static bool is_temporary(const char *name)
{
    size_t size = strlen(name);
    return size == TEMPORARY_NAME_SIZE - 1 &&
           strncmp(name, temporary_prefix, sizeof temporary_prefix - 1) == 0 &&
           strcmp(name + size - (sizeof temporary_suffix - 1), temporary_suffix) == 0;
}

static void sweep(int descriptor)
{
    DIR *directory = descriptor < 0 ? NULL : fdopendir(descriptor);
    if (directory == NULL) {
        if (descriptor >= 0)
            close(descriptor);
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        struct stat status;
        if (is_temporary(entry->d_name) &&
            fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode) && status.st_uid == geteuid())
            unlinkat(dirfd(directory), entry->d_name, 0);
    }
    closedir(directory);
}

void directory_sweep(const char *path)
{
    sweep(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

void directory_sweep_parent(const char *path)
{
    sweep(directory_open_parent(path));
}

bool directory_temporary_name(char name[TEMPORARY_NAME_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char random[8];
    if (RAND_bytes(random, sizeof random) != 1)
        return false;
    char *at = name;
    memcpy(at, temporary_prefix, sizeof temporary_prefix - 1);
    at += sizeof temporary_prefix - 1;
    for (size_t i = 0; i < sizeof random; i++) {
        *at++ = hex[random[i] >> 4];
        *at++ = hex[random[i] & 0x0f];
    }
    memcpy(at, temporary_suffix, sizeof temporary_suffix);
    return true;
}

const char *directory_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

int directory_open_parent(const char *path)
{
    size_t size = (size_t)(directory_base_name(path) - path);
    char *parent = size == 0 ? strdup(".") : strndup(path, size);
    if (parent == NULL)
        return -1;
    int descriptor = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = errno;
    free(parent);
    errno = error;
    return descriptor;
}

/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "directory.h"
#include "key_file.h"
#include "log.h"
#include "refusal.h"

static const char what[] = "cannot write the key file";

/* What a symbolic link finally names, which need not exist; any other path is its own answer. The
 * caller frees it; NULL with errno. */
static char *resolve_links(const char *path)
{
    char *current = strdup(path);
    char target[PATH_MAX];
    for (unsigned int links = 0; current != NULL; links++) {
        ssize_t size = readlink(current, target, sizeof target - 1);
        if (size < 0)
            return current;
        target[size] = '\0';
        if (links == 40) {
            free(current);
            errno = ELOOP;
            return NULL;
        }
        char *next = NULL;
        int directory_size = (int)(directory_base_name(current) - current);
        if (target[0] == '/')
            next = strdup(target);
        else if (asprintf(&next, "%.*s%s", directory_size, current, target) < 0)
            next = NULL;
        free(current);
        current = next;
    }
    errno = ENOMEM;
    return NULL;
}

static bool write_whole(int file, const struct bytes *bytes)
{
    for (size_t used = 0; used < bytes->size;) {
        ssize_t count = pwrite(file, bytes->data + used, bytes->size - used, (off_t)used);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        used += (size_t)count;
    }
    return true;
}

/* Makes the temporary file durable; `model` is the file whose place it takes, or NULL. */
static int write_temporary(int directory, const char *name, const struct stat *model,
                           const struct bytes *bytes)
{
    int file = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return errno;
    int error = 0;
    /* Only root can give files away; for others the mode alone has to do. */
    if (model != NULL && fchown(file, model->st_uid, model->st_gid) != 0 && errno != EPERM)
        error = errno;
    if (error == 0 && model != NULL && fchmod(file, model->st_mode & 0777) != 0)
        error = errno;
    if (error == 0 && (!write_whole(file, bytes) || fsync(file) != 0))
        error = errno;
    if (close(file) != 0 && error == 0)
        error = errno;
    if (error != 0)
        unlinkat(directory, name, 0);
    return error;
}

/* Gives the temporary file its name; with `keep` only while nothing has that name. */
static int rename_temporary(int directory, const char *temporary, const char *name, bool keep)
{
    int error = 0;
    if (keep) {
        if (renameat2(directory, temporary, directory, name, RENAME_NOREPLACE) != 0)
            error = errno;
        /* Not every file system knows the flag; a link does not replace either. */
        if (error == EINVAL || error == ENOSYS)
            error = linkat(directory, temporary, directory, name, 0) != 0 ? errno
                    : unlinkat(directory, temporary, 0) != 0              ? errno
                                                                          : 0;
    } else if (renameat(directory, temporary, directory, name) != 0) {
        error = errno;
    }
    if (error != 0)
        unlinkat(directory, temporary, 0);
    return error == 0 && fsync(directory) != 0 ? errno : error;
}

/* Overwrites a file whose directory cannot be written to. A full disk must not cost the old
 * content, so the room is taken before anything is touched. A crash meanwhile can: between old and
 * new content there is no one step for this (docs/adr/0004-writing-in-place.md), so it is made as
 * short as it can be, and announced. */
static int write_in_place(const char *path, const struct stat *old, const struct bytes *bytes)
{
    int file = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0)
        return errno;
    int error = 0;
    off_t size = (off_t)bytes->size;
    if (size > old->st_size && fallocate(file, FALLOC_FL_KEEP_SIZE, 0, size) != 0 && errno != EOPNOTSUPP)
        error = errno;
    if (error == 0)
        log_write(LOG_LEVEL_WARN,
                  "%s is written in place, for its directory may not be changed: a crash before the "
                  "next record about it would leave it damaged",
                  path);
    if (error == 0 && !write_whole(file, bytes))
        error = errno;
    if (error == 0 && (ftruncate(file, size) != 0 || fsync(file) != 0))
        error = errno;
    if (close(file) != 0 && error == 0)
        error = errno;
    return error;
}

static int write_beside(const char *path, const struct stat *model, bool keep,
                        const struct bytes *bytes)
{
    char temporary[TEMPORARY_NAME_SIZE];
    int directory = directory_open_parent(path);
    if (directory < 0)
        return errno;
    int error = EIO;
    if (directory_temporary_name(temporary))
        error = write_temporary(directory, temporary, model, bytes);
    if (error == 0)
        error = rename_temporary(directory, temporary, directory_base_name(path), keep);
    close(directory);
    return error;
}

/* Whether what is at `path` may be written over; `exists` says whether there is anything. */
static bool may_write(const char *path, enum key_file_mode mode, struct stat *old, bool *exists,
                      struct reason *reason)
{
    *exists = stat(path, old) == 0;
    if (!*exists) {
        if (errno == ENOENT)
            return true;
        refusal_reason(reason, what, errno, path, REFUSAL_WRITE);
        return false;
    }
    if (S_ISDIR(old->st_mode))
        reason_set(reason, "%s: is a directory", what);
    else if (!S_ISREG(old->st_mode))
        reason_set(reason, "%s: is not a regular file", what);
    else if (mode == KEY_FILE_CREATE && old->st_size > 0)
        reason_set(reason, "%s: there is one already", what);
    else
        return true;
    return false;
}

bool key_file_write(const char *path, bool is_private, enum key_file_mode mode,
                    const struct bytes *bytes, struct reason *reason)
{
    bool exists;
    struct stat old;
    char *target = resolve_links(path);
    if (target == NULL) {
        reason_errno(reason, what, errno);
        return false;
    }
    bool written = false;
    if (!may_write(target, mode, &old, &exists, reason))
        goto done;
    bool keep = mode == KEY_FILE_CREATE && !exists;
    int error = write_beside(target, exists && !is_private ? &old : NULL, keep, bytes);
    if (exists && !is_private && (error == EACCES || error == EPERM || error == EROFS))
        error = write_in_place(target, &old, bytes);
    written = error == 0;
    if (!written)
        refusal_reason(reason, what, error, target, REFUSAL_WRITE);

done:
    free(target);
    return written;
}

static bool sync_parent(const char *path, struct reason *reason)
{
    int directory = directory_open_parent(path);
    bool synced = directory >= 0 && fsync(directory) == 0;
    if (!synced)
        reason_errno(reason, "cannot make a change of the directory durable", errno);
    if (directory >= 0)
        close(directory);
    return synced;
}

bool key_file_remove(const char *path, bool *existed, struct reason *reason)
{
    *existed = unlink(path) == 0;
    if (*existed)
        return sync_parent(path, reason);
    if (errno == ENOENT)
        return true;
    refusal_reason(reason, "cannot remove the key file", errno, path, REFUSAL_NAME);
    return false;
}

static bool have_same_parent(const char *a, const char *b)
{
    size_t size = (size_t)(directory_base_name(a) - a);
    return size == (size_t)(directory_base_name(b) - b) && memcmp(a, b, size) == 0;
}

bool key_file_rename(const char *from, const char *to, struct reason *reason)
{
    if (rename(from, to) != 0) {
        refusal_reason(reason, "cannot rename the key file", errno, from, REFUSAL_NAME);
        return false;
    }
    /* The new name first: a power cut between the two leaves the key with both names. */
    return sync_parent(to, reason) && (have_same_parent(from, to) || sync_parent(from, reason));
}

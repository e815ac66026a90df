/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "key_file.h"
#include "log.h"
#include "refusal.h"

static const char what[] = "cannot read the key file";

static bool is_readable(const struct stat *status, struct reason *reason)
{
    if (S_ISDIR(status->st_mode))
        reason_set(reason, "is a directory, not a key file");
    else if (!S_ISREG(status->st_mode))
        reason_set(reason, "is not a regular file");
    else if (status->st_size > KEY_FILE_LIMIT)
        reason_set(reason, "key file is larger than 64 KiB");
    else
        return true;
    return false;
}

static enum key_file_state read_whole(int file, const char *path, size_t size, struct bytes *bytes,
                                      struct reason *reason)
{
    /* One byte more than there should be, so that a file that grows meanwhile is noticed. */
    if (!bytes_reserve(bytes, size + 1)) {
        reason_set(reason, "out of memory");
        return KEY_FILE_REFUSED;
    }
    size_t used = 0;
    while (used < bytes->size) {
        ssize_t count = read(file, bytes->data + used, bytes->size - used);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            refusal_reason(reason, what, errno, path, REFUSAL_READ);
            return KEY_FILE_REFUSED;
        }
        if (count == 0)
            break;
        used += (size_t)count;
    }
    if (used != size) {
        reason_set(reason, "key file was changed while it was read");
        return KEY_FILE_REFUSED;
    }
    bytes->size = size;
    if (size == 0)
        reason_set(reason, "key file is empty");
    return size == 0 ? KEY_FILE_EMPTY : KEY_FILE_READ;
}

/* Best effort: files of the existing product have mode 0644 and rely on a closed directory. */
static void close_to_others(int file)
{
    struct stat status;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
        (status.st_mode & 077) != 0 && fchmod(file, 0600) != 0)
        log_write(LOG_LEVEL_DEBUG, "a key file keeps mode %04o", status.st_mode & 07777);
}

enum key_file_state key_file_read(const char *path, bool is_private, struct bytes *bytes,
                                  struct stat *status, struct reason *reason)
{
    *bytes = (struct bytes){NULL, 0};
    int file = -1;
    enum key_file_state state = KEY_FILE_REFUSED;
    if (stat(path, status) != 0) {
        if (errno == ENOENT)
            state = KEY_FILE_ABSENT;
        else
            refusal_reason(reason, what, errno, path, REFUSAL_READ);
        goto done;
    }
    /* Opening a device can do things, so look before; look again in case it has been swapped. */
    if (!is_readable(status, reason))
        goto done;
    file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0) {
        if (errno == ENOENT)
            state = KEY_FILE_ABSENT;
        else
            refusal_reason(reason, what, errno, path, REFUSAL_READ);
        goto done;
    }
    if (is_private)
        close_to_others(file);
    if (fstat(file, status) != 0) {
        reason_errno(reason, what, errno);
        goto done;
    }
    if (!is_readable(status, reason))
        goto done;
    state = read_whole(file, path, (size_t)status->st_size, bytes, reason);

done:
    if (file >= 0)
        close(file);
    if (state != KEY_FILE_READ)
        bytes_wipe(bytes);
    return state;
}

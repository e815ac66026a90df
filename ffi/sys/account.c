/* SPDX-License-Identifier: MIT */

/* Users and groups as the system's name services know them (not only /etc/passwd). */

#include "aziot-sys.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* An entry above this is refused; a group of a directory service may have very many members. */
#define LARGEST_ENTRY (16U << 20)

/* One look-up with a work buffer: 0, ENOENT, ERANGE (the buffer is too small) or another errno. */
typedef int look_up(const void *key, char *buffer, size_t size, void *result);

/* What the interfaces say when there is no such name (getpwnam(3), ERRORS). */
static int not_found(int error)
{
    bool absent = error == 0 || error == ESRCH || error == EBADF || error == EPERM;
    return absent ? ENOENT : error;
}

static int look_up_user(const void *name, char *buffer, size_t size, void *result)
{
    struct passwd entry, *found = NULL;
    int error = getpwnam_r(name, &entry, buffer, size, &found);
    if (found == NULL)
        return not_found(error);
    const uint32_t ids[2] = {entry.pw_uid, entry.pw_gid};
    memcpy(result, ids, sizeof ids);
    return 0;
}

static int look_up_group(const void *name, char *buffer, size_t size, void *result)
{
    struct group entry, *found = NULL;
    int error = getgrnam_r(name, &entry, buffer, size, &found);
    if (found == NULL)
        return not_found(error);
    const uint32_t id = entry.gr_gid;
    memcpy(result, &id, sizeof id);
    return 0;
}

/* Where a name goes, and how long it is. */
struct name_space {
    uint8_t *out;
    size_t capacity;
    size_t length;
};

static int look_up_name(const void *uid, char *buffer, size_t size, void *result)
{
    struct passwd entry, *found = NULL;
    int error = getpwuid_r(*(const uid_t *)uid, &entry, buffer, size, &found);
    if (found == NULL)
        return not_found(error);
    struct name_space *space = result;
    space->length = strlen(entry.pw_name);
    size_t copied = space->length < space->capacity ? space->length : space->capacity;
    memcpy(space->out, entry.pw_name, copied);
    return 0;
}

static int32_t with_buffer(look_up *call, const void *key, void *result)
{
    for (size_t size = 1024; size <= LARGEST_ENTRY; size *= 4) {
        char *buffer = malloc(size);
        if (buffer == NULL)
            return -ENOMEM;
        int error = call(key, buffer, size, result);
        free(buffer);
        if (error != ERANGE)
            return -error;
    }
    return -ERANGE;
}

static int32_t by_name(look_up *call, const char *name, void *result)
{
    if (name == NULL || name[0] == '\0' || result == NULL)
        return -EINVAL;
    return with_buffer(call, name, result);
}

int32_t aziot_sys_user_ids(const char *name, uint8_t out[8])
{
    return by_name(look_up_user, name, out);
}

int32_t aziot_sys_user_name(uint32_t uid, uint8_t *out, uint32_t capacity)
{
    if (out == NULL)
        return -EINVAL;
    const uid_t key = uid;
    struct name_space space = {.out = out, .capacity = capacity};
    int32_t result = with_buffer(look_up_name, &key, &space);
    if (result < 0)
        return result;
    return space.length <= INT32_MAX ? (int32_t)space.length : -ERANGE;
}

int32_t aziot_sys_group_id(const char *name, uint8_t out[4])
{
    return by_name(look_up_group, name, out);
}

int32_t aziot_sys_group_list(const char *name, uint8_t *out, uint32_t capacity)
{
    uint32_t ids[2] = {0};
    int32_t result = by_name(look_up_user, name, ids);
    if (result < 0)
        return result;
    if (out == NULL || capacity > INT_MAX / sizeof(gid_t))
        return -EINVAL;

    gid_t *groups = calloc(capacity + 1, sizeof *groups);
    if (groups == NULL)
        return -ENOMEM;
    int count = (int)capacity;
    getgrouplist(name, ids[1], groups, &count);
    size_t copied = (uint32_t)count < capacity ? (size_t)count : capacity;
    memcpy(out, groups, copied * sizeof *groups);
    free(groups);
    return count;
}

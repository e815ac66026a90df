/* SPDX-License-Identifier: MIT */

#include "refusal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool refuses(const char *path, int access)
{
    return faccessat(AT_FDCWD, path, access, AT_EACCESS) != 0 && errno == EACCES;
}

/* Cuts `path` after the first component that refuses; false when none does any more. */
static bool find_refusing(char *path, enum refusal_access access)
{
    char *base = NULL;
    for (char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        base = slash == path ? slash + 1 : slash;
        char kept = *base;
        *base = '\0';
        if (refuses(path, X_OK))
            return true;
        *base = kept;
    }
    if (access != REFUSAL_NAME && refuses(path, access == REFUSAL_READ ? R_OK : W_OK))
        return true;
    if (access == REFUSAL_READ || base == NULL)
        return false;
    *base = '\0';
    return refuses(path, W_OK);
}

void refusal_reason(struct reason *reason, const char *what, int error, const char *path,
                    enum refusal_access access)
{
    char component[PATH_MAX];
    struct stat status;
    reason_errno(reason, what, error);
    if (error != EACCES || strlen(path) >= sizeof component)
        return;
    memcpy(component, path, strlen(path) + 1);
    if (!find_refusing(component, access))
        return;
    if (stat(component, &status) != 0)
        reason_set(reason, "%s: permission denied to uid %u at %s", what, geteuid(), component);
    else
        reason_set(reason, "%s: permission denied to uid %u at %s (mode %04o, owner uid %u gid %u)",
                   what, geteuid(), component, status.st_mode & 07777, status.st_uid,
                   status.st_gid);
}

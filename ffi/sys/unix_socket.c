/* SPDX-License-Identifier: MIT */

/* Unix sockets by path, for the library and for `activate`. */

#include "aziot-sys.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int name_of(const char *path, struct sockaddr_un *name)
{
    if (path == NULL || path[0] == '\0')
        return -EINVAL;
    size_t length = strlen(path);
    /* One byte stays for the NUL: without it other programs read beyond the name. */
    if (length >= sizeof name->sun_path)
        return -ENAMETOOLONG;
    memset(name, 0, sizeof *name);
    name->sun_family = AF_UNIX;
    memcpy(name->sun_path, path, length);
    return 0;
}

/* Makes way at `path`: an old socket is removed, anything else is somebody's and stays. */
static int remove_socket(const char *path)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(status.st_mode))
        return -ENOTSOCK;
    return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
}

int32_t aziot_sys_unix_listen(const char *path, uint32_t mode, int32_t backlog)
{
    struct sockaddr_un name;
    int result = name_of(path, &name);
    if (result < 0)
        return result;
    if ((mode & ~0777U) != 0 || backlog < 1)
        return -EINVAL;
    if ((result = remove_socket(path)) < 0)
        return result;

    bool bound = false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    /* Linux gives the file the mode of the socket less the umask, so it is never more open. */
    if (fchmod(fd, mode) != 0 || bind(fd, (const struct sockaddr *)&name, sizeof name) != 0)
        goto failed;
    bound = true;
    /* And what the umask took away comes back. */
    if (chmod(path, mode) != 0 || listen(fd, backlog) != 0)
        goto failed;
    return fd;

failed:
    result = -errno;
    if (bound)
        unlink(path);
    close(fd);
    return result;
}

int32_t aziot_sys_unix_connect(const char *path)
{
    struct sockaddr_un name;
    int result = name_of(path, &name);
    if (result < 0)
        return result;
    /* Non-blocking: with a full backlog connect() would hold up the event loop. */
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)&name, sizeof name) != 0) {
        result = -errno;
        close(fd);
        return result;
    }
    return fd;
}

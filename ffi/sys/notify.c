/* SPDX-License-Identifier: MIT */

/* The service manager's notification protocol, sd_notify(3). */

#include "aziot-sys.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int32_t aziot_sys_notify(const uint8_t *text, uint32_t length)
{
    const char *path = getenv("NOTIFY_SOCKET");
    if (path == NULL || path[0] == '\0')
        return 0;
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    size_t size = strlen(path);
    if (text == NULL || length == 0 || (path[0] != '/' && path[0] != '@'))
        return -EINVAL;
    if (size >= sizeof name.sun_path)
        return -ENAMETOOLONG;
    memcpy(name.sun_path, path, size);
    /* @ stands for the NUL that begins an abstract name, which has no NUL at its end. */
    if (path[0] == '@')
        name.sun_path[0] = '\0';
    socklen_t name_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);

    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    ssize_t sent = sendto(fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT,
                          (const struct sockaddr *)&name, name_length);
    int32_t result = sent < 0 ? -errno : sent == (ssize_t)length ? 1 : -EMSGSIZE;
    close(fd);
    return result;
}

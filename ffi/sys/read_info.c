/* SPDX-License-Identifier: MIT */

#include "aziot-sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A list and no path argument: the library must not become a way around read permissions. */
static const char *const FILES[] = {
    [AZIOT_SYS_PRODUCT_NAME] = "/sys/devices/virtual/dmi/id/product_name",
    [AZIOT_SYS_SYSTEM_VENDOR] = "/sys/devices/virtual/dmi/id/sys_vendor",
    [AZIOT_SYS_BOOT_ID] = "/proc/sys/kernel/random/boot_id",
    [AZIOT_SYS_MOUNTS] = "/proc/self/mounts",
    [AZIOT_SYS_PARTITIONS] = "/proc/partitions",
};

#define LARGEST_FILE (16U << 20)

int32_t aziot_sys_read_info(int32_t which, uint8_t *out, uint32_t capacity)
{
    if (which < 0 || (size_t)which >= sizeof FILES / sizeof FILES[0] || out == NULL)
        return -EINVAL;
    int fd = open(FILES[which], O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;

    uint8_t piece[4096];
    uint32_t length = 0;
    int32_t result = -EFBIG;
    while (length <= LARGEST_FILE) {
        ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            result = got < 0 ? -errno : (int32_t)length;
            break;
        }
        uint32_t room = length < capacity ? capacity - length : 0;
        memcpy(out + (capacity - room), piece, (size_t)got < room ? (size_t)got : room);
        length += (uint32_t)got;
    }
    close(fd);
    return result;
}

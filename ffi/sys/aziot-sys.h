/* SPDX-License-Identifier: MIT */

/*
 * The few things of the operating system that the programs need and Deno does not offer to a
 * scoped program. Granting FFI on the C library instead would grant everything. Integers and
 * caller-owned memory only; strings end in NUL. Results are 0 or more, or a negative errno.
 */

#ifndef AZIOT_SYS_H
#define AZIOT_SYS_H

#include <stdint.h>

#define AZIOT_SYS_EXPORT __attribute__((visibility("default")))

/*
 * Binds and listens on a unix stream socket and returns its descriptor (close-on-exec). A socket
 * that is at `path` is replaced; anything else there is -ENOTSOCK. The socket's file has
 * permission bits `mode` (at most 0777), at no moment more, and the process's umask is neither
 * consulted nor touched. -ENAMETOOLONG: a path above 107 bytes.
 */
AZIOT_SYS_EXPORT int32_t aziot_sys_unix_listen(const char *path, uint32_t mode, int32_t backlog);

/* Connects to a unix stream socket: its descriptor, non-blocking and close-on-exec. */
AZIOT_SYS_EXPORT int32_t aziot_sys_unix_connect(const char *path);

/* Writes uid and gid of the user `name`, 32 bits each. -ENOENT: there is no such user. */
AZIOT_SYS_EXPORT int32_t aziot_sys_user_ids(const char *name, uint8_t out[8]);

/*
 * Copies the name of the user `uid`, at most `capacity` bytes, without NUL, and returns its length.
 * -ENOENT: there is no such user.
 */
AZIOT_SYS_EXPORT int32_t aziot_sys_user_name(uint32_t uid, uint8_t *out, uint32_t capacity);

/* Writes the gid of the group `name`, 32 bits. -ENOENT: there is no such group. */
AZIOT_SYS_EXPORT int32_t aziot_sys_group_id(const char *name, uint8_t out[4]);

/*
 * Writes the gids of the groups the user `name` is in, its own included, 32 bits each, at most
 * `capacity` of them, and returns how many there are. -ENOENT: there is no such user.
 */
AZIOT_SYS_EXPORT int32_t aziot_sys_group_list(const char *name, uint8_t *out, uint32_t capacity);

/*
 * The process can no longer be traced, dumped or looked into by others of its uid, nor gain
 * privileges by an exec.
 */
AZIOT_SYS_EXPORT int32_t aziot_sys_harden(void);

enum aziot_sys_info {
    AZIOT_SYS_PRODUCT_NAME,  /* DMI product name */
    AZIOT_SYS_SYSTEM_VENDOR, /* DMI vendor */
    AZIOT_SYS_BOOT_ID,       /* of this boot of the kernel */
    AZIOT_SYS_MOUNTS,        /* the process's mounts, fstab(5) */
    AZIOT_SYS_PARTITIONS,    /* block devices, /proc/partitions */
};

/*
 * Reads one of these files whole: copies at most `capacity` bytes to `out` and returns the length
 * that there was. -ENOENT: this machine does not have it; -EINVAL: no such `which`.
 */
AZIOT_SYS_EXPORT int32_t aziot_sys_read_info(int32_t which, uint8_t *out, uint32_t capacity);

/*
 * Sends `length` bytes of `text`, such as READY=1, to the service manager. Returns 1, or 0 when
 * none asked for it (NOTIFY_SOCKET is unset).
 */
AZIOT_SYS_EXPORT int32_t aziot_sys_notify(const uint8_t *text, uint32_t length);

/*
 * Gives what was allocated and freed back to the system, from the arenas of all threads. Returns
 * 1, or 0 when there was nothing to give.
 */
AZIOT_SYS_EXPORT int32_t aziot_sys_release_memory(void);

/* Copies the system's text for an errno, at most `capacity` bytes, without NUL; the length. */
AZIOT_SYS_EXPORT int32_t aziot_sys_error_text(int32_t error, uint8_t *out, uint32_t capacity);

#endif

/* SPDX-License-Identifier: MIT */

/*
 * Preloaded before the adapter it takes getpeername() away from it: what a Deno would look like
 * that asks the kernel some other way.
 */

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((visibility("default"))) int getpeername(int fd, struct sockaddr *address,
                                                       socklen_t *length)
{
    return (int)syscall(SYS_getpeername, fd, address, length);
}

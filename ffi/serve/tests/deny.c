/* SPDX-License-Identifier: MIT */

#include "deny.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* The low half of a system call's argument, which holds every value that is compared here. */
#define ARGUMENT(n) (unsigned)(offsetof(struct seccomp_data, args) + (n) * sizeof(__u64))

bool deny(enum denied what)
{
    bool ipv6 = what == DENY_IPV6;
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ipv6 ? SYS_socket : SYS_getsockopt, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT(ipv6 ? 0 : 2)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ipv6 ? AF_INET6 : SO_PEERCRED, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (ipv6 ? EAFNOSUPPORT : EPERM)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {
        .len = sizeof filter / sizeof filter[0],
        .filter = filter,
    };
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

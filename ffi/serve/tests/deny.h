/* SPDX-License-Identifier: MIT */

/* What systemd's sandbox or another kernel may refuse, refused by a seccomp filter. */

#ifndef SERVE_TESTS_DENY_H
#define SERVE_TESTS_DENY_H

#include <stdbool.h>

enum denied {
    DENY_IPV6,     /* sockets of AF_INET6: EAFNOSUPPORT, as RestrictAddressFamilies= does */
    DENY_PEERCRED, /* getsockopt(SO_PEERCRED): EPERM */
};

/* From now on, for this process and what it becomes. */
bool deny(enum denied what);

#endif

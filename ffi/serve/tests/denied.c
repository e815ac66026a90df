/* SPDX-License-Identifier: MIT */

/* denied ipv6|peercred COMMAND [ARGUMENT ...]: runs a command that is refused something. */

#include "deny.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    bool ipv6 = argc > 2 && strcmp(argv[1], "ipv6") == 0;
    if (!ipv6 && (argc <= 2 || strcmp(argv[1], "peercred") != 0)) {
        fprintf(stderr, "usage: denied ipv6|peercred COMMAND [ARGUMENT ...]\n");
        return 2;
    }
    if (!deny(ipv6 ? DENY_IPV6 : DENY_PEERCRED)) {
        perror("denied");
        return 1;
    }
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    return 127;
}

/* SPDX-License-Identifier: MIT */

/* sys_receive NAME: binds a datagram socket (a path, or @ and an abstract name), says "bound",
 * prints the first datagram that comes and ends. */

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    if (argc != 2 || strlen(argv[1]) >= sizeof name.sun_path)
        return 2;
    memcpy(name.sun_path, argv[1], strlen(argv[1]));
    if (argv[1][0] == '@')
        name.sun_path[0] = '\0';
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(argv[1]));
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&name, length) != 0)
        return 1;
    puts("bound");
    fflush(stdout);

    char text[256];
    ssize_t got = recv(fd, text, sizeof text - 1, 0);
    if (got < 0)
        return 1;
    text[got] = '\0';
    puts(text);
    return 0;
}

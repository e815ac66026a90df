/* SPDX-License-Identifier: MIT */

#include "identity.h"

#include <arpa/inet.h>
#include <string.h>

static const uint8_t PREFIX[4] = {0xfd, 0xac, 0x5d, 0x5d};

bool identity_read(int fd, struct peer *peer)
{
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0)
        return false;
    if (length != sizeof credentials || credentials.uid == UID_UNKNOWN)
        return false;
    peer->pid = (uint32_t)credentials.pid;
    peer->uid = credentials.uid;
    peer->gid = credentials.gid;
    return true;
}

static struct sockaddr_in6 address_of(const uint32_t words[3], uint16_t port)
{
    struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    memcpy(name.sin6_addr.s6_addr, PREFIX, sizeof PREFIX);
    for (size_t i = 0; i < 3; i++) {
        uint32_t word = htonl(words[i]);
        memcpy(name.sin6_addr.s6_addr + sizeof PREFIX + i * sizeof word, &word, sizeof word);
    }
    return name;
}

struct sockaddr_in6 identity_of_peer(const struct peer *peer, uint16_t number)
{
    const uint32_t words[3] = {peer->pid, peer->uid, peer->gid};
    return address_of(words, number);
}

struct sockaddr_in6 identity_of_listener(uint16_t descriptor)
{
    static const uint32_t NOBODY[3];
    return address_of(NOBODY, descriptor);
}

int identity_wanted(const struct sockaddr *name, socklen_t length)
{
    struct sockaddr_in6 wanted;
    if (name == NULL || length < sizeof wanted || name->sa_family != AF_INET6)
        return -1;
    memcpy(&wanted, name, sizeof wanted);
    struct sockaddr_in6 ours = identity_of_listener(0);
    if (memcmp(&wanted.sin6_addr, &ours.sin6_addr, sizeof ours.sin6_addr) != 0)
        return -1;
    return ntohs(wanted.sin6_port);
}

void identity_give(const struct sockaddr_in6 *name, struct sockaddr *address, socklen_t *length)
{
    if (address == NULL || length == NULL)
        return;
    memcpy(address, name, *length < sizeof *name ? *length : sizeof *name);
    *length = sizeof *name;
}

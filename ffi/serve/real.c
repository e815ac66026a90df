/* SPDX-License-Identifier: MIT */

#include "real.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct real_calls real_calls;
atomic_bool real_resolved;

static void look_up(const char *name, void *target)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    if (symbol == NULL) {
        fprintf(stderr, "libaziot_serve.so: the C library has no %s\n", name);
        abort();
    }
    *(void **)target = symbol;
}

static void look_up_all(void)
{
    look_up("socket", &real_calls.socket);
    look_up("bind", &real_calls.bind);
    look_up("listen", &real_calls.listen);
    look_up("accept4", &real_calls.accept4);
    look_up("getsockname", &real_calls.getsockname);
    look_up("getpeername", &real_calls.getpeername);
    look_up("recv", &real_calls.recv);
    look_up("send", &real_calls.send);
    look_up("writev", &real_calls.writev);
    look_up("shutdown", &real_calls.shutdown);
    look_up("close", &real_calls.close);
    look_up("epoll_ctl", &real_calls.epoll_ctl);
    atomic_store_explicit(&real_resolved, true, memory_order_release);
}

void real_resolve(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, look_up_all);
}

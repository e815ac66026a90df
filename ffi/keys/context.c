/* SPDX-License-Identifier: MIT */

#include "context.h"

#include <stdlib.h>

#include "hmac.h"
#include "log.h"

static struct context context = {
    .state = PTHREAD_MUTEX_INITIALIZER,
    .change = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP,
    .contents = PTHREAD_RWLOCK_INITIALIZER,
};

static void set_up(void)
{
    log_setup(getenv("AZIOT_LOG"));
    context.hmac = hmac_prepare();
    context.is_hmac_reusable = hmac_is_reusable(context.hmac);
    context.aead = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
}

struct context *context_get(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_up);
    return &context;
}

bool context_notice_is_due(const char *what, const char *id, int64_t pause)
{
    pthread_mutex_lock(&context.state);
    bool is_due = notice_is_due(&context.notices, what, id, pause);
    pthread_mutex_unlock(&context.state);
    return is_due;
}

/* SPDX-License-Identifier: MIT */

#include <stddef.h>

#include "argument.h"
#include "aziot-keys.h"
#include "context.h"
#include "fault.h"
#include "functions.h"

static const AZIOT_KEYS_FUNCTION_LIST_2_0_0_0 list_2_0_0_0 = {
    .base.version = AZIOT_KEYS_VERSION_2_0_0_0,
    .set_parameter = set_parameter,
    .create_key_pair_if_not_exists = create_key_pair_if_not_exists,
    .load_key_pair = load_key_pair,
    .get_key_pair_parameter = get_key_pair_parameter,
    .create_key_if_not_exists = create_key_if_not_exists,
    .load_key = load_key,
    .import_key = import_key,
    .derive_key = derive_key,
    .sign = sign,
    .verify = verify,
    .encrypt = encrypt,
    .decrypt = decrypt,
};

static const AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 list_2_1_0_0 = {
    .base.version = AZIOT_KEYS_VERSION_2_1_0_0,
    .set_parameter = set_parameter,
    .create_key_pair_if_not_exists = create_key_pair_if_not_exists,
    .move_key_pair = move_key_pair,
    .load_key_pair = load_key_pair,
    .get_key_pair_parameter = get_key_pair_parameter,
    .delete_key_pair = delete_key_pair,
    .create_key_if_not_exists = create_key_if_not_exists,
    .load_key = load_key,
    .import_key = import_key,
    .delete_key = delete_key,
    .derive_key = derive_key,
    .sign = sign,
    .verify = verify,
    .encrypt = encrypt,
    .decrypt = decrypt,
};

__attribute__((visibility("default"))) AZIOT_KEYS_RC
aziot_keys_get_function_list(AZIOT_KEYS_VERSION version,
                             const AZIOT_KEYS_FUNCTION_LIST **pfunction_list)
{
    context_get();
    const AZIOT_KEYS_FUNCTION_LIST *list = NULL;
    if (version == AZIOT_KEYS_VERSION_2_0_0_0)
        list = &list_2_0_0_0.base;
    else if (version == AZIOT_KEYS_VERSION_2_1_0_0)
        list = &list_2_1_0_0.base;
    else
        return fault_invalid("version", "unsupported version");
    if (!argument_pointer("pfunction_list", pfunction_list))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;
    *pfunction_list = list;
    return AZIOT_KEYS_RC_OK;
}

unsigned int set_parameter(const char *name, const char *value)
{
    struct context *context = context_get();
    /* Leftovers are removed where a preloaded key is, so nothing may be being written there. */
    pthread_mutex_lock(&context->change);
    pthread_mutex_lock(&context->state);
    unsigned int code = parameters_set(&context->parameters, name, value);
    /* Ids may be elsewhere now. */
    cache_clear(&context->cache);
    pthread_mutex_unlock(&context->state);
    pthread_mutex_unlock(&context->change);
    return code;
}

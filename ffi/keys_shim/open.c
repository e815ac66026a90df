/* SPDX-License-Identifier: MIT */

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "keys_shim.h"
#include "library.h"
#include "overlap.h"

typedef AZIOT_KEYS_RC get_function_list(AZIOT_KEYS_VERSION version,
                                        const AZIOT_KEYS_FUNCTION_LIST **list);

AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 library;
static bool may_overlap;

static void take_2_0(const AZIOT_KEYS_FUNCTION_LIST *base, AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 *taken)
{
    const AZIOT_KEYS_FUNCTION_LIST_2_0_0_0 *list = (const void *)base;
    *taken = (AZIOT_KEYS_FUNCTION_LIST_2_1_0_0){
        .base = list->base,
        .set_parameter = list->set_parameter,
        .create_key_pair_if_not_exists = list->create_key_pair_if_not_exists,
        .load_key_pair = list->load_key_pair,
        .get_key_pair_parameter = list->get_key_pair_parameter,
        .create_key_if_not_exists = list->create_key_if_not_exists,
        .load_key = list->load_key,
        .import_key = list->import_key,
        .derive_key = list->derive_key,
        .sign = list->sign,
        .verify = list->verify,
        .encrypt = list->encrypt,
        .decrypt = list->decrypt,
    };
}

static bool take(const AZIOT_KEYS_FUNCTION_LIST *list, AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 *taken)
{
    /* What the list says it is decides about its layout, not what was asked for. */
    if (list->version == AZIOT_KEYS_VERSION_2_1_0_0)
        *taken = *(const AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 *)(const void *)list;
    else if (list->version == AZIOT_KEYS_VERSION_2_0_0_0)
        take_2_0(list, taken);
    else
        return false;
    return true;
}

static bool is_whole(const AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 *list)
{
    bool has_2_1 = list->move_key_pair != NULL && list->delete_key_pair != NULL &&
                   list->delete_key != NULL;
    return list->set_parameter != NULL && list->create_key_pair_if_not_exists != NULL &&
           list->load_key_pair != NULL && list->get_key_pair_parameter != NULL &&
           list->create_key_if_not_exists != NULL && list->load_key != NULL &&
           list->import_key != NULL && list->derive_key != NULL && list->sign != NULL &&
           list->verify != NULL && list->encrypt != NULL && list->decrypt != NULL &&
           (has_2_1 || list->base.version == AZIOT_KEYS_VERSION_2_0_0_0);
}

unsigned int aks_open(const char *path, char *err, uintptr_t err_len)
{
    AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 taken;
    const AZIOT_KEYS_FUNCTION_LIST *list = NULL;
    if (path[0] != '/') {
        /* dlopen() would search the system for it. */
        snprintf(err, err_len, "%s is not an absolute path", path);
        return AKS_OPEN_NOT_LOADABLE;
    }
    /* Never closed: it may have threads, and its functions are called until the process ends. */
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        snprintf(err, err_len, "%s", dlerror());
        return AKS_OPEN_NOT_LOADABLE;
    }
    get_function_list *get;
    *(void **)&get = dlsym(handle, "aziot_keys_get_function_list");
    if (get == NULL) {
        snprintf(err, err_len, "%s does not export aziot_keys_get_function_list", path);
        return AKS_OPEN_NOT_LOADABLE;
    }

    unsigned int newer = get(AZIOT_KEYS_VERSION_2_1_0_0, &list);
    unsigned int older = newer == 0 ? 0 : get(AZIOT_KEYS_VERSION_2_0_0_0, &list);
    if (older != 0) {
        snprintf(err, err_len, "%s supports neither version 2.1.0.0 (code %u) nor 2.0.0.0 (code %u)",
                 path, newer, older);
        return AKS_OPEN_NO_COMMON_VERSION;
    }
    if (list == NULL) {
        snprintf(err, err_len, "%s answered without a function list", path);
        return AKS_OPEN_NULL_POINTER;
    }
    if (!take(list, &taken)) {
        snprintf(err, err_len, "%s answered with a list of the unknown version 0x%08x", path,
                 list->version);
        return AKS_OPEN_NO_COMMON_VERSION;
    }
    if (!is_whole(&taken)) {
        snprintf(err, err_len, "%s: a function of its list for version 0x%08x is missing", path,
                 list->version);
        return AKS_OPEN_NULL_POINTER;
    }
    library = taken;
    may_overlap = overlap_is_allowed(*(void **)&get);
    return AKS_OPEN_OK;
}

unsigned int aks_version(void)
{
    return library.base.version;
}

unsigned int aks_may_overlap(void)
{
    return may_overlap;
}

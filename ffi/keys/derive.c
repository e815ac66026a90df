/* SPDX-License-Identifier: MIT */

#include "derive.h"

#include <openssl/crypto.h>

#include "argument.h"
#include "aziot-keys.h"
#include "find.h"
#include "functions.h"
#include "hmac.h"
#include "output.h"

bool derive_is_data(const unsigned char *data, uintptr_t size)
{
    return argument_bytes("derivation_data", data, size);
}

unsigned int derive_from(const struct call *call, const struct key *base,
                         const unsigned char *data, size_t size, struct bytes *derived)
{
    struct reason reason;
    if (!bytes_reserve(derived, HMAC_SIZE))
        return fault_external_text(call, base->path, "out of memory");
    if (hmac_compute(&base->material, NULL, data, size, derived->data))
        return AZIOT_KEYS_RC_OK;
    bytes_wipe(derived);
    reason_openssl(&reason, "key derivation failed");
    return fault_external(call, base->path, &reason);
}

unsigned int derive_key(const char *base_id, const uint8_t *derivation_data,
                        uintptr_t derivation_data_len, unsigned char *derived_key,
                        uintptr_t *derived_key_len)
{
    if (!argument_text("base_id", base_id) ||
        !derive_is_data(derivation_data, derivation_data_len) ||
        !argument_pointer("derived_key_len", derived_key_len))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;

    struct call call = {"derive key", base_id, "base_id"};
    struct output output = {"derived_key", derived_key, derived_key_len};
    struct key *base = NULL;
    struct bytes derived = {NULL, 0};
    unsigned int code = find_key(&call, KEY_SYMMETRIC, "key not found", &base);
    if (code == AZIOT_KEYS_RC_OK)
        code = derive_from(&call, base, derivation_data, derivation_data_len, &derived);
    if (code == AZIOT_KEYS_RC_OK)
        code = output_bytes(&output, derived.data, derived.size);
    bytes_wipe(&derived);
    key_release(base);
    return code;
}

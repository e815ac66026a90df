/* SPDX-License-Identifier: MIT */

/*
 * The entry point for libFuzzer; the target is named by the variable FUZZ_TARGET:
 *
 *     clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -Iffi/keys -Iffi/keys/include \
 *         ffi/keys/fuzz/libfuzzer.c ffi/keys/fuzz/targets.c ffi/keys/[a-z]*.c -lcrypto -o keys_libfuzzer
 *     mkdir inputs && build/amd64/tests/keys_fuzz pem inputs inputs
 *     FUZZ_TARGET=pem ./keys_libfuzzer -max_total_time=600 inputs
 */

#include <stdlib.h>
#include <string.h>

#include "targets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct target *chosen;
    if (chosen == NULL) {
        const char *name = getenv("FUZZ_TARGET");
        for (const struct target *target = targets; name != NULL && target->name != NULL; target++)
            if (strcmp(target->name, name) == 0)
                chosen = target;
        if (chosen == NULL)
            abort();
    }
    chosen->run(data, size);
    return 0;
}

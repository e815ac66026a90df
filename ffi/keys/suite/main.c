/* SPDX-License-Identifier: MIT */

/*
 * Checks any keys library against the interface and the behaviour of the product, and prints a
 * report. Exit code 0: it can be used.
 *
 *     keys_suite [--interface | --own] [--quick] PATH
 *
 * --interface leaves out what is known of keys in files; --own adds what only the product's own
 * library promises; --quick leaves out making RSA keys.
 */

#include <stdio.h>
#include <string.h>

#include "pem_files.h"
#include "runner.h"

static const struct {
    const char *title;
    const struct check *checks;
} groups[] = {
    {"Function lists", interface_checks},
    {"Parameters", parameter_checks},
    {"Symmetric keys", symmetric_checks},
    {"Encryption", cipher_checks},
    {"Key pairs", pair_checks},
    {"Use of key pairs", pair_use_checks},
    {"Sizes of outputs", size_checks},
    {"Where keys are", location_checks},
    {"Key files", store_checks},
    {"Records", record_checks},
};

int main(int count, char *arguments[])
{
    enum check_scope scope = SCOPE_FILES;
    const char *path = NULL;
    bool is_usage_good = true;
    bool is_quick = false;
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--own") == 0)
            scope = SCOPE_OWN;
        else if (strcmp(arguments[i], "--interface") == 0)
            scope = SCOPE_ANY;
        else if (strcmp(arguments[i], "--quick") == 0)
            is_quick = true;
        else if (arguments[i][0] == '-' || path != NULL)
            is_usage_good = false;
        else
            path = arguments[i];
    }
    if (path == NULL || !is_usage_good) {
        fprintf(stderr, "usage: keys_suite [--interface | --own] [--quick] PATH\n");
        return 2;
    }
    printf("Keys library %s\n", path);
    if (!runner_load(path))
        return 1;
    make_shared_keys();

    unsigned int passed = 0;
    unsigned int failed = 0;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        bool is_titled = false;
        for (const struct check *check = groups[i].checks; check->name != NULL; check++) {
            if (check->scope > scope || (is_quick && check->is_slow))
                continue;
            if (!is_titled)
                printf("\n%s\n", groups[i].title);
            is_titled = true;
            if (runner_run(check))
                passed++;
            else
                failed++;
        }
    }
    printf("\n%u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}

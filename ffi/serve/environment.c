/* SPDX-License-Identifier: MIT */

/* What happens when the library is loaded, before the program's main(). */

#include "real.h"
#include "slots.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/*
 * Takes this library out of LD_PRELOAD, so that no child of the daemon inherits it; entries that
 * somebody else put there stay. Entries are separated by spaces or colons (ld.so(8)).
 */
static void leave_ld_preload(void)
{
    const char *preload = getenv("LD_PRELOAD");
    Dl_info own;
    if (preload == NULL || dladdr((void *)leave_ld_preload, &own) == 0)
        return;
    const char *name = base_name(own.dli_fname);

    char *list = strdup(preload);
    char *kept = calloc(strlen(preload) + 1, 1);
    if (list == NULL || kept == NULL) {
        unsetenv("LD_PRELOAD");
        goto done;
    }
    size_t length = 0;
    char *rest = NULL;
    for (char *entry = strtok_r(list, " :", &rest); entry != NULL;
         entry = strtok_r(NULL, " :", &rest)) {
        if (strcmp(base_name(entry), name) == 0)
            continue;
        if (length > 0)
            kept[length++] = ' ';
        memcpy(kept + length, entry, strlen(entry));
        length += strlen(entry);
    }
    if (length == 0)
        unsetenv("LD_PRELOAD");
    else
        setenv("LD_PRELOAD", kept, 1);
done:
    free(list);
    free(kept);
}

__attribute__((constructor)) static void start(void)
{
    real_resolve();
    slots_survive_fork();
    leave_ld_preload();
}

/* SPDX-License-Identifier: MIT */

#ifndef PARAMETERS_H
#define PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>

/* What the Keys Service has configured. */
struct parameters {
    /* `<homedir_path>/keys`, NULL until it is set. */
    char *directory;
    /* Whether `directory` has been made and cleared of leftovers. */
    bool is_prepared;
    struct preloaded *preloaded;
    size_t preloaded_count;
};

/* A key that an administrator has put somewhere. */
struct preloaded {
    char *id;
    /* NULL: it is in a token. */
    char *path;
};

/* Sets one parameter; logs a refusal and answers the result code. */
unsigned int parameters_set(struct parameters *parameters, const char *name, const char *value);

/* The preloaded key of this id, or NULL. */
const struct preloaded *parameters_preloaded(const struct parameters *parameters, const char *id);

#endif

/* SPDX-License-Identifier: MIT */

#include "parameters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "argument.h"
#include "aziot-keys.h"
#include "directory.h"
#include "fault.h"
#include "file_uri.h"
#include "token_uri.h"

static const char preloaded_prefix[] = "preloaded_key:";

static const char no_tokens[] =
    "PKCS#11 tokens are not supported by this library; remove the parameter to keep keys in files";

static unsigned int out_of_memory(const char *name)
{
    struct call call = {"set parameter", name, NULL};
    return fault_external_text(&call, NULL, "out of memory");
}

static unsigned int set_homedir(struct parameters *parameters, const char *name, const char *value)
{
    char *directory = NULL;
    /* An empty path is the working directory, not the root. */
    if (asprintf(&directory, "%s/keys", *value == '\0' ? "." : value) < 0)
        return out_of_memory(name);
    if (parameters->directory == NULL || strcmp(parameters->directory, directory) != 0)
        parameters->is_prepared = false;
    free(parameters->directory);
    parameters->directory = directory;
    return AZIOT_KEYS_RC_OK;
}

/* The entry of this id, new and empty if there is none; NULL when there is no memory. */
static struct preloaded *entry_of(struct parameters *parameters, const char *id)
{
    for (size_t i = 0; i < parameters->preloaded_count; i++)
        if (strcmp(parameters->preloaded[i].id, id) == 0)
            return &parameters->preloaded[i];

    char *copy = strdup(id);
    size_t count = parameters->preloaded_count + 1;
    struct preloaded *grown = reallocarray(parameters->preloaded, count, sizeof *grown);
    if (grown != NULL)
        parameters->preloaded = grown;
    if (copy == NULL || grown == NULL) {
        free(copy);
        return NULL;
    }
    grown[count - 1] = (struct preloaded){copy, NULL};
    parameters->preloaded_count = count;
    return &grown[count - 1];
}

static unsigned int set_preloaded(struct parameters *parameters, const char *name,
                                  const char *value)
{
    const char *id = name + sizeof preloaded_prefix - 1;

    char *path = NULL;
    const char *fault;
    const char *colon = strchr(value, ':');
    if (colon == NULL)
        fault = "missing scheme";
    else if (strncmp(value, "file:", 5) == 0)
        fault = file_uri_path(colon + 1, &path);
    else if (strncmp(value, "pkcs11:", 7) == 0)
        fault = token_uri_fault(colon + 1);
    else
        fault = "unrecognized scheme";
    if (fault != NULL)
        return fault_invalid("value", "%s (%s)", fault, name);

    struct preloaded *entry = entry_of(parameters, id);
    if (entry == NULL) {
        free(path);
        return out_of_memory(name);
    }
    free(entry->path);
    entry->path = path;
    if (path != NULL)
        directory_sweep_parent(path);
    return AZIOT_KEYS_RC_OK;
}

static unsigned int refuse_base_slot(const char *value)
{
    static const char scheme[] = "pkcs11:";
    const char *fault = strncmp(value, scheme, sizeof scheme - 1) == 0
                            ? token_uri_fault(value + sizeof scheme - 1)
                            : "URI does not have pkcs11 scheme";
    if (fault != NULL)
        return fault_invalid("value", "%s (pkcs11_base_slot)", fault);
    return fault_invalid("name", "pkcs11_base_slot: %s", no_tokens);
}

unsigned int parameters_set(struct parameters *parameters, const char *name, const char *value)
{
    if (!argument_text("name", name))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;
    bool is_homedir = strcmp(name, "homedir_path") == 0;
    bool is_library = strcmp(name, "pkcs11_lib_path") == 0;
    bool is_slot = strcmp(name, "pkcs11_base_slot") == 0;
    bool is_preloaded = strncmp(name, preloaded_prefix, sizeof preloaded_prefix - 1) == 0;
    if (!is_homedir && !is_library && !is_slot && !is_preloaded)
        return fault_invalid("name", "unrecognized value");
    if (is_preloaded && name[sizeof preloaded_prefix - 1] == '\0')
        return fault_invalid("name", "key ID is empty");
    if (!argument_text("value", value))
        return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;

    if (is_homedir)
        return set_homedir(parameters, name, value);
    if (is_library)
        return fault_invalid("name", "pkcs11_lib_path: %s", no_tokens);
    if (is_slot)
        return refuse_base_slot(value);
    return set_preloaded(parameters, name, value);
}

const struct preloaded *parameters_preloaded(const struct parameters *parameters, const char *id)
{
    for (size_t i = 0; i < parameters->preloaded_count; i++)
        if (strcmp(parameters->preloaded[i].id, id) == 0)
            return &parameters->preloaded[i];
    return NULL;
}

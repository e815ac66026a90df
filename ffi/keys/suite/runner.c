/* SPDX-License-Identifier: MIT */

#include "runner.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Longer than any check takes on a slow machine under valgrind: an end for one that hangs. */
enum { WATCHDOG_SECONDS = 300 };

AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 keys;
AZIOT_KEYS_RC (*get_function_list)(AZIOT_KEYS_VERSION, const AZIOT_KEYS_FUNCTION_LIST **);
char home[256];

static char record_path[sizeof home + sizeof ".log"];
static unsigned int failures;

void runner_fail(const char *format, va_list arguments)
{
    failures++;
    printf("        ");
    vprintf(format, arguments);
    printf("\n");
}

const char *runner_record_path(void)
{
    return record_path;
}

bool runner_load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library != NULL)
        *(void **)&get_function_list = dlsym(library, "aziot_keys_get_function_list");
    if (get_function_list == NULL)
        printf("%s\n", dlerror());
    return get_function_list != NULL;
}

/* Negotiates as the Keys Service does. */
static bool take_functions(void)
{
    const AZIOT_KEYS_FUNCTION_LIST *list = NULL;
    if (get_function_list(AZIOT_KEYS_VERSION_2_1_0_0, &list) != 0 &&
        get_function_list(AZIOT_KEYS_VERSION_2_0_0_0, &list) != 0)
        return false;
    if (list != NULL && list->version == AZIOT_KEYS_VERSION_2_1_0_0) {
        keys = *(const AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 *)(const void *)list;
        return true;
    }
    if (list == NULL || list->version != AZIOT_KEYS_VERSION_2_0_0_0)
        return false;
    const AZIOT_KEYS_FUNCTION_LIST_2_0_0_0 *old = (const void *)list;
    keys = (AZIOT_KEYS_FUNCTION_LIST_2_1_0_0){
        .base = old->base,
        .set_parameter = old->set_parameter,
        .create_key_pair_if_not_exists = old->create_key_pair_if_not_exists,
        .load_key_pair = old->load_key_pair,
        .get_key_pair_parameter = old->get_key_pair_parameter,
        .create_key_if_not_exists = old->create_key_if_not_exists,
        .load_key = old->load_key,
        .import_key = old->import_key,
        .derive_key = old->derive_key,
        .sign = old->sign,
        .verify = old->verify,
        .encrypt = old->encrypt,
        .decrypt = old->decrypt,
    };
    return true;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *position)
{
    (void)status;
    (void)type;
    (void)position;
    return remove(path);
}

static _Noreturn void run_child(const struct check *check)
{
    int record = open(record_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    /* Some checks give up their rights and still want to read it. */
    if (record < 0 || fchmod(record, 0644) != 0 || dup2(record, STDERR_FILENO) < 0)
        exit(2);
    close(record);
    alarm(WATCHDOG_SECONDS);
    if (!take_functions())
        expect(false, "the library offers neither version 2.1.0.0 nor 2.0.0.0");
    else
        check->run();
    fflush(stdout);
    exit(failures == 0 ? 0 : 1);
}

/* Shows what a library that has gone down wrote last. */
static void show_record(void)
{
    static char record[1 << 16];
    long size = get_file(record_path, (unsigned char *)record, sizeof record - 1);
    char *rest = record;
    record[size < 0 ? 0 : size] = '\0';
    for (char *line; (line = strsep(&rest, "\n")) != NULL;)
        if (*line != '\0')
            printf("        | %s\n", line);
}

bool runner_run(const struct check *check)
{
    int output[2];
    char details[16384];
    size_t used = 0;
    int status = -1;
    const char *directory = getenv("TMPDIR");
    snprintf(home, sizeof home, "%s/keys-suite-XXXXXX", directory == NULL ? "/tmp" : directory);
    if (mkdtemp(home) == NULL || pipe2(output, O_CLOEXEC) != 0) {
        printf("FAIL    %s\n        no temporary directory\n", check->name);
        return false;
    }
    snprintf(record_path, sizeof record_path, "%s.log", home);

    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        dup2(output[1], STDOUT_FILENO);
        run_child(check);
    }
    close(output[1]);
    for (ssize_t size; (size = read(output[0], details + used, sizeof details - 1 - used)) > 0;)
        used += (size_t)size;
    details[used] = '\0';
    close(output[0]);
    waitpid(child, &status, 0);

    bool passed = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    printf("%s %s\n%s", passed ? "ok     " : "FAIL   ", check->name, details);
    if (WIFSIGNALED(status))
        printf("        the library ended the process: %s\n", strsignal(WTERMSIG(status)));
    if (!passed)
        show_record();
    nftw(home, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    unlink(record_path);
    return passed;
}

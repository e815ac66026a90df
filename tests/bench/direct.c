/* SPDX-License-Identifier: MIT */

/*
 * direct LIBRARY HOME OPERATION COUNT
 *
 * Calls a keys library without anything in between, with keys below HOME: the part of a request
 * that is neither HTTP nor Deno. OPERATION is hmac (a short message), aead (1 KiB), ecdsa (P-256),
 * rsa (2048, PKCS #1), load-pair, verify-hmac (what keyd does with a handle before each of them), or
 * load-many: COUNT symmetric keys are made and then loaded, and what that adds to the process is
 * measured. Prints one line of JSON: operations a second, microseconds of CPU for each, KiB added.
 */

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aziot-keys.h"

enum { MESSAGE_SIZE = 40, TEXT_SIZE = 1024, DIGEST_SIZE = 32, DIGEST_INFO_SIZE = 51 };

static const AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 *keys;
static unsigned char input[TEXT_SIZE];
static unsigned char payload[256];
static unsigned char mac[DIGEST_SIZE];

static void require(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "direct: %s failed\n", what);
    exit(1);
}

static double seconds(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void open_library(const char *path, const char *home)
{
    void *library = dlopen(path, RTLD_NOW);
    if (library == NULL)
        fprintf(stderr, "direct: %s\n", dlerror());
    require(library != NULL, "dlopen");
    unsigned int (*list)(unsigned int, const AZIOT_KEYS_FUNCTION_LIST **);
    *(void **)&list = dlsym(library, "aziot_keys_get_function_list");
    const AZIOT_KEYS_FUNCTION_LIST *found = NULL;
    require(list != NULL && list(AZIOT_KEYS_VERSION_2_1_0_0, &found) == AZIOT_KEYS_RC_OK,
            "aziot_keys_get_function_list");
    keys = (const void *)found;
    require(keys->set_parameter("homedir_path", home) == AZIOT_KEYS_RC_OK, "set_parameter");
}

static unsigned int sign_hmac(void)
{
    uintptr_t size = sizeof mac;
    return keys->sign("bench-sign", AZIOT_KEYS_SIGN_MECHANISM_HMAC_SHA256, NULL, input,
                      MESSAGE_SIZE, mac, &size);
}

static unsigned int verify_hmac(void)
{
    int ok = 0;
    unsigned int code = keys->verify("bench-sign", AZIOT_KEYS_SIGN_MECHANISM_HMAC_SHA256, NULL,
                                     payload, sizeof payload, mac, sizeof mac, &ok);
    return ok == 1 ? code : AZIOT_KEYS_RC_ERR_EXTERNAL;
}

static unsigned int encrypt_aead(void)
{
    static unsigned char out[TEXT_SIZE + 64];
    uintptr_t size = sizeof out;
    const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS parameters = {input, 12, input, 16};
    return keys->encrypt("bench-encrypt", AZIOT_KEYS_ENCRYPT_MECHANISM_AEAD, &parameters, input,
                         TEXT_SIZE, out, &size);
}

static unsigned int sign_ecdsa(void)
{
    unsigned char out[128];
    uintptr_t size = sizeof out;
    return keys->sign("bench-ec", AZIOT_KEYS_SIGN_MECHANISM_ECDSA, NULL, input, DIGEST_SIZE, out,
                      &size);
}

static unsigned int sign_rsa(void)
{
    unsigned char out[256];
    uintptr_t size = sizeof out;
    return keys->encrypt("bench-rsa", AZIOT_KEYS_ENCRYPT_MECHANISM_RSA_PKCS1, NULL, input,
                         DIGEST_INFO_SIZE, out, &size);
}

static unsigned int load_pair(void)
{
    return keys->load_key_pair("bench-ec");
}

/* What the operation needs to be there. */
static void prepare(void)
{
    require(keys->create_key_if_not_exists("bench-sign", AZIOT_KEYS_KEY_USAGE_SIGN) == 0 &&
                keys->create_key_if_not_exists("bench-encrypt", AZIOT_KEYS_KEY_USAGE_ENCRYPT) == 0 &&
                keys->create_key_pair_if_not_exists("bench-ec", "ec-p256") == 0 &&
                keys->create_key_pair_if_not_exists("bench-rsa", "rsa-2048") == 0,
            "creating the keys");
    uintptr_t size = sizeof mac;
    require(keys->sign("bench-sign", AZIOT_KEYS_SIGN_MECHANISM_HMAC_SHA256, NULL, payload,
                       sizeof payload, mac, &size) == 0,
            "signing what is verified");
    /* A file that has only just been written is not cached yet. */
    nanosleep(&(struct timespec){0, 50000000}, NULL);
}

static void measure(unsigned int (*operation)(void), const char *name, long count)
{
    /* What the first call of verify-hmac compares with must not be replaced by sign_hmac(). */
    require(operation() == 0, name);
    double start = seconds(CLOCK_MONOTONIC);
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (long i = 0; i < count; i++)
        require(operation() == 0, name);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("{\"perSecond\":%.0f,\"cpu\":%.3f}\n",
           (double)count / (seconds(CLOCK_MONOTONIC) - start), cpu / (double)count * 1e6);
}

static long resident_kib(void)
{
    long size = 0;
    char line[128];
    FILE *status = fopen("/proc/self/status", "r");
    require(status != NULL, "/proc/self/status");
    while (fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "VmRSS: %ld kB", &size) == 1)
            break;
    fclose(status);
    return size;
}

static void each_of_many(long count, unsigned int (*use)(const char *id), const char *what)
{
    for (long i = 0; i < count; i++) {
        char id[32];
        snprintf(id, sizeof id, "bench-many-%ld", i);
        require(use(id) == 0, what);
    }
}

static unsigned int make(const char *id)
{
    return keys->create_key_if_not_exists(id, AZIOT_KEYS_KEY_USAGE_SIGN);
}

static void measure_many(long count)
{
    each_of_many(count, make, "creating many keys");
    nanosleep(&(struct timespec){0, 50000000}, NULL);
    require(keys->load_key("bench-many-0") == 0, "load_key");
    long before = resident_kib();
    each_of_many(count, keys->load_key, "loading many keys");
    printf("{\"kib\":%ld}\n", resident_kib() - before);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        unsigned int (*run)(void);
    } operations[] = {
        {"hmac", sign_hmac},     {"verify-hmac", verify_hmac}, {"aead", encrypt_aead},
        {"ecdsa", sign_ecdsa},   {"rsa", sign_rsa},            {"load-pair", load_pair},
    };
    long count = argc == 5 ? atol(argv[4]) : 0;
    if (count < 1) {
        fprintf(stderr, "usage: direct LIBRARY HOME OPERATION COUNT\n");
        return 2;
    }
    open_library(argv[1], argv[2]);
    if (strcmp(argv[3], "load-many") == 0) {
        measure_many(count);
        return 0;
    }
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (strcmp(argv[3], operations[i].name) != 0)
            continue;
        prepare();
        measure(operations[i].run, argv[3], count);
        return 0;
    }
    fprintf(stderr, "direct: no such operation: %s\n", argv[3]);
    return 2;
}

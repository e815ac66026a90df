/* SPDX-License-Identifier: MIT */

#include "targets.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "aead.h"
#include "file_name.h"
#include "file_uri.h"
#include "log_filter.h"
#include "pem.h"
#include "text.h"
#include "token_uri.h"

static void require(int condition)
{
    if (!condition)
        abort();
}

static char *as_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    require(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

static void run_file_uri(const uint8_t *data, size_t size)
{
    char *path = NULL;
    char *text = as_text(data, size);
    const char *fault = file_uri_path(text, &path);
    require((fault == NULL) == (path != NULL));
    if (path != NULL)
        require(path[0] == '/' && strlen(path) <= strlen(text) + 2);
    free(path);
    free(text);
}

static void run_token_uri(const uint8_t *data, size_t size)
{
    char *text = as_text(data, size);
    token_uri_fault(text);
    free(text);
}

static void run_id(const uint8_t *data, size_t size)
{
    char *id = as_text(data, size);
    if (text_is_utf8(id)) {
        char *path = file_name_of("d", id);
        require(path != NULL && strncmp(path, "d/", 2) == 0);
        require(strchr(path + 2, '/') == NULL);
        require(strcmp(path + strlen(path) - 4, ".key") == 0);
        free(path);
    }
    free(id);
}

static void run_filter(const uint8_t *data, size_t size)
{
    char *filter = as_text(data, size);
    int verbosity = log_filter_verbosity(filter, "aziot_keys");
    require(verbosity >= 0 && verbosity <= 5);
    free(filter);
}

/* The input is a ciphertext; nobody can make one up. */
static void run_ciphertext(const uint8_t *data, size_t size)
{
    static uint8_t key_bytes[AEAD_KEY_SIZE] = {1, 2, 3};
    static const unsigned char iv[12] = {4, 5, 6};
    const struct bytes key = {key_bytes, sizeof key_bytes};
    const struct aead_input input = {iv, sizeof iv, iv, 3};
    char buffer[64];
    if (aead_fault(data, size, buffer) != NULL)
        return;
    unsigned char *out = malloc(size - AEAD_OVERHEAD + 1);
    require(out != NULL);
    require(aead_decrypt(&key, NULL, &input, data, size, out) == AEAD_FORGED);
    free(out);
}

static void run_pem(const uint8_t *data, size_t size)
{
    static struct reason reason;
    uint8_t *copy = malloc(size + 1);
    require(copy != NULL);
    memcpy(copy, data, size);
    const struct bytes text = {copy, size};
    EVP_PKEY *pair = pem_read(&text, &reason);
    require(ERR_peek_error() == 0);
    EVP_PKEY_free(pair);
    free(copy);
}

static const char *const file_uris[] = {
    "///var/secrets/key",   "/x/../y/./z", "//localhost/a%20b", "x?y#z", "///a\\b/%2e%2E/c",
    "//other/x", "///x%00y", NULL};
static const char *const token_uris[] = {
    "token=Plant%20keys;object=device-id?pin-value=0000", "slot-id=18446744073709551615",
    "slot-id=1;token=t;object=o;type=%ff?a=b&pin-value=%c3%a9", NULL};
static const char *const ids[] = {"fleet-7/unit.A", "sch\xc3\xb6n", "\xf0\x9f\x98\x80", "", NULL};
static const char *const filters[] = {"debug,aziot_keys=off", "x=y", "warn/regex", "a=b=c,,", NULL};
static const char *const ciphertexts[] = {
    "\x01"
    "0123456789abcdefciphertext",
    "\x02"
    "ciphertext0123456789abcdef",
    "\x02"
    "0123456789abcdef",
    NULL};
/* Made for this purpose; worthless. */
static const char *const pems[] = {
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAAAAAAAAAAAAAAAA\n"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAEBoUQDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n"
    "6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n"
    "-----END PRIVATE KEY-----\n",
    "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MDECAQEEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABoAoGCCqGSM49\nAwEH\n"
    "-----END EC PRIVATE KEY-----\n",
    "-----BEGIN RSA PRIVATE KEY-----\nMCACAQACAgyhAgERAgIKwQIBPQIBNQIBNQIBMQIBJg==\n"
    "-----END RSA PRIVATE KEY-----\n",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    "text\r\n-----BEGIN CERTIFICATE-----\r\nAAAA\r\n-----END CERTIFICATE-----\r\n",
    NULL};

const struct target targets[] = {
    {"file-uri", run_file_uri, file_uris},       {"token-uri", run_token_uri, token_uris},
    {"id", run_id, ids},                         {"filter", run_filter, filters},
    {"ciphertext", run_ciphertext, ciphertexts}, {"pem", run_pem, pems},
    {NULL, NULL, NULL},
};

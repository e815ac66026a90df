/* SPDX-License-Identifier: MIT */

/* Tables for the parts of the library that are functions of their arguments. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "algorithm.h"
#include "cache.h"
#include "der.h"
#include "file_name.h"
#include "file_uri.h"
#include "log_filter.h"
#include "notice.h"
#include "percent.h"
#include "text.h"
#include "token_uri.h"

static unsigned int failures;

#define EXPECT(condition, ...)                                                                     \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("line %d: %s: ", __LINE__, #condition);                                         \
            printf(__VA_ARGS__);                                                                   \
            printf("\n");                                                                          \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

static void test_log_filter(void)
{
    static const struct {
        const char *filter;
        int verbosity;
    } cases[] = {
        {"", 3},
        {"debug", 4},
        {"DEBUG", 4},
        {"off", 0},
        {"warn,aziot_keys=trace", 5},
        {"aziot_keys=error,debug", 1},
        {"aziot=off,aziot_keys=warn", 2},
        {"aziot_keys=warn,aziot=off", 2},
        {"aziot_k=error", 1},
        {"aziot_keys_more=off", 3},
        {"other", 3},
        {"aziot", 5},
        {"aziot_keys=", 5},
        {"aziot_keys=loud", 3},
        {"a=b=c", 3},
        {"error,warn", 2},
        {" error , aziot_keys = off", 1},
        {"error/aziot_keys=off", 1},
        {",,info,,", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int verbosity = log_filter_verbosity(cases[i].filter, "aziot_keys");
        EXPECT(verbosity == cases[i].verbosity, "\"%s\" gives %d", cases[i].filter, verbosity);
    }
}

static void test_text(void)
{
    static const char *const good[] = {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xed\x9f\xbf",
                                       "\xee\x80\x80", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",         "\xc0\x80",         "\xc1\xbf",
                                      "\xc3",         "\xe0\x9f\xbf",     "\xed\xa0\x80",
                                      "\xe2\x82",     "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80", "\xf0\x9f\x98", "ok\xff"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        EXPECT(text_is_utf8(good[i]), "good %zu", i);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        EXPECT(!text_is_utf8(bad[i]), "bad %zu", i);
}

static void test_percent(void)
{
    char out[32];
    EXPECT(percent_decode("a%20b%C3%a9", 11, out) == 5 && memcmp(out, "a b\xc3\xa9", 5) == 0, "-");
    EXPECT(percent_decode("%", 1, out) == 1 && out[0] == '%', "-");
    EXPECT(percent_decode("%2", 2, out) == 2, "-");
    EXPECT(percent_decode("%zz%41", 6, out) == 4 && memcmp(out, "%zzA", 4) == 0, "-");
    EXPECT(percent_decode("%00", 3, out) == 1 && out[0] == '\0', "-");
}

static void test_file_uri(void)
{
    static const struct {
        const char *uri;
        const char *path;
    } cases[] = {
        {"///x", "/x"},
        {"/x", "/x"},
        {"x", "/x"},
        {"", "/"},
        {"///", "/"},
        {"//", "/"},
        {"////x", "//x"},
        {"///a/../b", "/b"},
        {"///a/./b", "/a/b"},
        {"///../../b", "/b"},
        {"///a/b/..", "/a/"},
        {"///a/b/.", "/a/b/"},
        {"///a/%2E%2e/b", "/b"},
        {"///a/.%2e/b", "/b"},
        {"///a/.../b", "/a/.../b"},
        {"///a/%2e%2e%2e", "/a/..."},
        {"//localhost/x", "/x"},
        {"//LocalHost/x", "/x"},
        {"//localhost", "/"},
        {"///x?y", "/x"},
        {"///x#y", "/x"},
        {"///x%3Fy", "/x?y"},
        {"///a\\b", "/a/b"},
        {"\\\\\\x", "/x"},
        {"///x \t\n", "/x"},
        {"///x ?q", "/x "},
        {"///a\nb", "/ab"},
        {"///x%", "/x%"},
        {"///%c3%a9", "/\xc3\xa9"},
        {"//other/x", NULL},
        {"//localhost:80/x", NULL},
        {"//user@localhost/x", NULL},
        {"///x%00", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *path = NULL;
        const char *fault = file_uri_path(cases[i].uri, &path);
        if (cases[i].path == NULL)
            EXPECT(fault != NULL, "\"%s\" gives \"%s\"", cases[i].uri, path);
        else
            EXPECT(fault == NULL && strcmp(path, cases[i].path) == 0, "\"%s\" gives \"%s\" (%s)",
                   cases[i].uri, path == NULL ? "" : path, fault == NULL ? "" : fault);
        free(path);
    }
}

static void test_token_uri(void)
{
    EXPECT(token_uri_fault("token=t") == NULL, "-");
    EXPECT(token_uri_fault("token") == NULL, "an attribute without a value is empty");
    EXPECT(token_uri_fault("%74oken=t") == NULL, "names are decoded");
    EXPECT(token_uri_fault("token=a?pin-value=b?c") == NULL, "-");
    EXPECT(token_uri_fault("slot-id=18446744073709551615") == NULL, "-");
    EXPECT(token_uri_fault("slot-id=18446744073709551616") != NULL, "-");
    EXPECT(token_uri_fault("slot-id=-1") != NULL, "-");
    EXPECT(token_uri_fault("slot-id=+1") != NULL, "-");
    EXPECT(token_uri_fault("slot-id= 1") != NULL, "-");
    EXPECT(token_uri_fault("?token=t") != NULL, "a place belongs before the question mark");
    EXPECT(token_uri_fault("token=t;pin-value=%ff") == NULL, "only a pin after it counts");
    EXPECT(token_uri_fault("token=t;type=%ff?module-path=%ff") == NULL, "-");
}

static void test_file_name(void)
{
    char *path = file_name_of("/d", "fleet-7/unit.A");
    EXPECT(path != NULL &&
               strcmp(path, "/d/fleet7unitA-"
                            "8b50159b5d5670137bf554170b50e2c63f9fe159a223bf2f949c5111b726b723.key") ==
                   0,
           "%s", path);
    free(path);
    path = file_name_of("/d", "");
    EXPECT(path != NULL &&
               strcmp(path, "/d/-e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
                            ".key") == 0,
           "%s", path);
    free(path);
}

static void test_algorithms(void)
{
    EXPECT(algorithm_preferred(NULL) == ALGORITHM_EC_P256, "-");
    EXPECT(algorithm_preferred("x:rsa-4096:*") == ALGORITHM_RSA_4096, "-");
    EXPECT(algorithm_preferred("rsa-2048") == ALGORITHM_RSA_2048, "-");
    EXPECT(algorithm_preferred("") == ALGORITHM_NONE, "-");
    EXPECT(algorithm_preferred("ec-p2567:ec-p25") == ALGORITHM_NONE, "-");
}

static void test_der(void)
{
    static const unsigned char long_form[] = {0x30, 0x81, 0x80};
    static const unsigned char padded[] = {0x30, 0x81, 0x7f};
    static const unsigned char endless[] = {0x30, 0x80, 0x00, 0x00};
    static const unsigned char cut[] = {0x30, 0x05, 0x01};
    static const unsigned char number[] = {0x02, 0x03, 0x00, 0x80, 0x01};
    static const unsigned char negative[] = {0x02, 0x01, 0x80};
    unsigned char sequence[3 + 128] = {0x30, 0x81, 0x80};
    struct der content;
    struct der from = {long_form, sizeof long_form};
    EXPECT(!der_read(&from, DER_SEQUENCE, &content), "longer than there is");
    from = (struct der){sequence, sizeof sequence};
    EXPECT(der_read(&from, DER_SEQUENCE, &content) && content.left == 128 && from.left == 0, "-");
    from = (struct der){padded, sizeof padded};
    EXPECT(!der_read(&from, DER_SEQUENCE, &content), "not the shortest length");
    from = (struct der){endless, sizeof endless};
    EXPECT(!der_read(&from, DER_SEQUENCE, &content), "indefinite length");
    from = (struct der){cut, sizeof cut};
    EXPECT(!der_read(&from, DER_SEQUENCE, &content) && from.left == sizeof cut, "cut off");
    from = (struct der){number, sizeof number};
    EXPECT(!der_read(&from, DER_SEQUENCE, &content), "another tag");
    EXPECT(der_read_number(&from, &content) && content.left == 2 && content.at[0] == 0x80, "-");
    from = (struct der){negative, sizeof negative};
    EXPECT(!der_read_number(&from, &content), "negative");
    from = (struct der){NULL, 0};
    EXPECT(!der_read(&from, DER_SEQUENCE, &content), "nothing");
}

static void test_notices(void)
{
    static struct notices notices;
    EXPECT(notice_is_due(&notices, "a", "id", 60), "first");
    EXPECT(!notice_is_due(&notices, "a", "id", 60), "second");
    EXPECT(notice_is_due(&notices, "b", "id", 60), "another matter");
    EXPECT(notice_is_due(&notices, "a", "other", 60), "another id");
    EXPECT(notice_is_due(&notices, "a", "id", 0), "after the pause");
    EXPECT(notice_is_due(&notices, "once", "id", NOTICE_ONCE), "first");
    EXPECT(!notice_is_due(&notices, "once", "id", NOTICE_ONCE), "second");
}

/* Puts a key into the cache whose file was last changed so long before somebody looked at it. */
static void put_after(struct cache *cache, const char *id, const char *path, long milliseconds)
{
    struct stat status;
    struct key *key = key_new(KEY_SYMMETRIC, path, true);
    if (key == NULL || stat(path, &status) != 0)
        abort();
    struct timespec looked = status.st_ctim;
    looked.tv_nsec += milliseconds * 1000000;
    while (looked.tv_nsec < 0) {
        looked.tv_nsec += 1000000000;
        looked.tv_sec--;
    }
    cache_put(cache, id, key, &status, looked);
    key_release(key);
}

static void put(struct cache *cache, const char *id, const char *path)
{
    put_after(cache, id, path, 50);
}

static bool has(struct cache *cache, const char *id, enum key_kind kind)
{
    struct key *key = cache_find(cache, id, kind);
    key_release(key);
    return key != NULL;
}

static void test_cache(void)
{
    static struct cache cache;
    char path[] = "/tmp/keys-units-XXXXXX";
    char id[16];
    int file = mkstemp(path);
    EXPECT(file >= 0, "no temporary file");
    put_after(&cache, "fresh", path, 2);
    EXPECT(!has(&cache, "fresh", KEY_SYMMETRIC), "a file that could change unnoticed");
    put_after(&cache, "fresh", path, -2);
    EXPECT(!has(&cache, "fresh", KEY_SYMMETRIC), "a file that changed since");
    put_after(&cache, "fresh", path, -500);
    EXPECT(!has(&cache, "fresh", KEY_SYMMETRIC), "a file that changed while somebody waited");
    put(&cache, "k", path);
    EXPECT(has(&cache, "k", KEY_SYMMETRIC), "-");
    EXPECT(!has(&cache, "k", KEY_PAIR), "the other kind");
    EXPECT(!has(&cache, "K", KEY_SYMMETRIC), "another id");
    for (unsigned int i = 0; i < CACHE_SIZE - 1; i++) {
        snprintf(id, sizeof id, "k%u", i);
        put(&cache, id, path);
        EXPECT(has(&cache, "k", KEY_SYMMETRIC), "what is used stays (%u)", i);
    }
    put(&cache, "one more", path);
    EXPECT(!has(&cache, "k0", KEY_SYMMETRIC), "what was used longest ago goes");
    EXPECT(has(&cache, "k1", KEY_SYMMETRIC) && has(&cache, "k", KEY_SYMMETRIC), "-");
    EXPECT(write(file, "x", 1) == 1 && !has(&cache, "k", KEY_SYMMETRIC), "a changed file");
    cache_drop(&cache, path);
    EXPECT(!has(&cache, "one more", KEY_SYMMETRIC), "-");
    put(&cache, "k", path);
    EXPECT(has(&cache, "k", KEY_SYMMETRIC), "-");
    unlink(path);
    EXPECT(!has(&cache, "k", KEY_SYMMETRIC), "a removed file");
    cache_clear(&cache);
    close(file);
}

int main(void)
{
    test_log_filter();
    test_text();
    test_percent();
    test_file_uri();
    test_token_uri();
    test_file_name();
    test_algorithms();
    test_der();
    test_notices();
    test_cache();
    printf("%u failures\n", failures);
    return failures == 0 ? 0 : 1;
}

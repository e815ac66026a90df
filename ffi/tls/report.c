/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Alert n that the peer sent shows as this reason plus n (SSL_AD_REASON_OFFSET). */
#define ALERT_REASONS 1000

/* A text that grows inside a caller's buffer and is cut, never overrun. */
struct text {
    char *out;
    size_t cap;
    size_t len;
};

static struct text text_start(char *out, size_t n)
{
    struct text t = {out, out ? n : 0, 0};

    if (t.cap > 0)
        out[0] = '\0';
    return t;
}

/* A certificate is written by whoever we talk to: its text must not forge a line of ours. */
static void text_add(struct text *t, const char *value, size_t n)
{
    for (size_t i = 0; i < n && t->len + 1 < t->cap; i++) {
        unsigned char byte = (unsigned char)value[i];
        t->out[t->len++] = byte < 0x20 || byte > 0x7e ? '?' : (char)byte;
    }
    if (t->cap > 0)
        t->out[t->len] = '\0';
}

static void text_end_line(struct text *t)
{
    if (t->len + 1 < t->cap) {
        t->out[t->len++] = '\n';
        t->out[t->len] = '\0';
    }
}

static void text_line(struct text *t, const char *key, const char *value)
{
    text_add(t, key, strlen(key));
    text_add(t, "=", 1);
    text_add(t, value, strlen(value));
    text_end_line(t);
}

static void text_number(struct text *t, const char *key, int value)
{
    char digits[16];

    snprintf(digits, sizeof digits, "%d", value);
    text_line(t, key, digits);
}

static void text_name(struct text *t, const char *key, const X509_NAME *name)
{
    BIO *printed = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    long n = 0;

    if (printed && X509_NAME_print_ex(printed, name, 0, XN_FLAG_RFC2253) >= 0)
        n = BIO_get_mem_data(printed, &bytes);
    text_add(t, key, strlen(key));
    text_add(t, "=", 1);
    if (n > 0)
        text_add(t, bytes, (size_t)n);
    text_end_line(t);
    BIO_free(printed);
}

static void text_time(struct text *t, const char *key, const ASN1_TIME *time)
{
    char printed[32];
    struct tm parts;

    if (ASN1_TIME_to_tm(time, &parts) &&
        strftime(printed, sizeof printed, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0)
        text_line(t, key, printed);
}

static void text_address(struct text *t, const ASN1_OCTET_STRING *address)
{
    const unsigned char *byte = ASN1_STRING_get0_data(address);
    int n = ASN1_STRING_length(address);
    char printed[48];
    int len = 0;

    if (n == 4) {
        len = snprintf(printed, sizeof printed, "%u.%u.%u.%u", byte[0], byte[1], byte[2], byte[3]);
    } else if (n == 16) {
        for (int i = 0; i < 16; i += 2)
            len += snprintf(printed + len, sizeof printed - (size_t)len, "%s%x", i ? ":" : "",
                            (unsigned)(byte[i] << 8 | byte[i + 1]));
    }
    text_add(t, "IP:", 3);
    text_add(t, printed, (size_t)len);
}

static GENERAL_NAMES *alternative_names(const X509 *certificate)
{
    return X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
}

static void text_alternative_names(struct text *t, const X509 *certificate)
{
    GENERAL_NAMES *names = alternative_names(certificate);
    int listed = 0;

    text_add(t, "names=", 6);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS && name->type != GEN_IPADD)
            continue;
        if (listed++)
            text_add(t, ", ", 2);
        if (name->type == GEN_IPADD) {
            text_address(t, name->d.iPAddress);
            continue;
        }
        text_add(t, "DNS:", 4);
        text_add(t, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
                 (size_t)ASN1_STRING_length(name->d.dNSName));
    }
    text_end_line(t);
    GENERAL_NAMES_free(names);
}

static int has_dns_name(const X509 *certificate)
{
    GENERAL_NAMES *names = alternative_names(certificate);
    int found = 0;

    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++)
        found = sk_GENERAL_NAME_value(names, i)->type == GEN_DNS;
    GENERAL_NAMES_free(names);
    return found;
}

static const char *asked(const struct connection *c)
{
    return c->certificate_asked ? "asked" : "not-asked";
}

int report_on_verify(int ok, X509_STORE_CTX *store)
{
    struct connection *c;
    X509 *certificate;

    if (ok)
        return 1;
    c = SSL_get_app_data(
        X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    certificate = X509_STORE_CTX_get_current_cert(store);
    c->failure.kind = FAILURE_VERIFY;
    c->failure.code = X509_STORE_CTX_get_error(store);
    c->failure.depth = X509_STORE_CTX_get_error_depth(store);
    X509_free(c->failure.certificate);
    c->failure.certificate = certificate && X509_up_ref(certificate) ? certificate : NULL;
    snprintf(c->failure.text, sizeof c->failure.text, "%s",
             X509_verify_cert_error_string(c->failure.code));
    return 0;
}

int report_on_certificate_request(SSL *ssl, void *unused)
{
    struct connection *c = SSL_get_app_data(ssl);

    (void)unused;
    c->certificate_asked = 1;
    return 1;
}

void report_failure(struct connection *c)
{
    unsigned long error = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(error);
    int code = ERR_GET_REASON(error);

    if (c->failure.kind == FAILURE_NONE) {
        c->failure.kind = FAILURE_PROTOCOL;
        c->failure.code = code;
        if (ERR_GET_LIB(error) == ERR_LIB_SSL && code > ALERT_REASONS) {
            c->failure.kind = FAILURE_ALERT;
            c->failure.code = code - ALERT_REASONS;
        }
        snprintf(c->failure.text, sizeof c->failure.text, "%s", reason ? reason : "no reason");
    }
    ERR_clear_error();
}

void report_library(char *err, size_t err_n, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    if (err && err_n > 0)
        snprintf(err, err_n, reason ? "%s: %s" : "%s", what, reason);
    ERR_clear_error();
}

int report_info(const struct connection *c, char *out, size_t n)
{
    struct text t = text_start(out, n);
    X509 *certificate = SSL_get1_peer_certificate(c->ssl);
    const char *names = c->is_ip ? "address" : "san";

    if (certificate && !c->is_ip && !has_dns_name(certificate))
        names = "common-name";
    text_line(&t, "version", SSL_get_version(c->ssl));
    text_line(&t, "cipher", SSL_get_cipher_name(c->ssl));
    if (certificate)
        text_line(&t, "names", names);
    text_line(&t, "client-certificate", asked(c));
    X509_free(certificate);
    ERR_clear_error();
    return (int)t.len;
}

int report_error(const struct connection *c, char *out, size_t n)
{
    static const char *const kinds[] = {"none", "verify", "alert", "protocol"};
    const X509 *certificate = c->failure.certificate;
    struct text t = text_start(out, n);

    text_line(&t, "kind", kinds[c->failure.kind]);
    text_number(&t, "code", c->failure.code);
    text_line(&t, "text", c->failure.text);
    text_line(&t, "client-certificate", asked(c));
    if (certificate) {
        text_number(&t, "depth", c->failure.depth);
        text_name(&t, "subject", X509_get_subject_name(certificate));
        text_name(&t, "issuer", X509_get_issuer_name(certificate));
        text_time(&t, "not-before", X509_get0_notBefore(certificate));
        text_time(&t, "not-after", X509_get0_notAfter(certificate));
        text_alternative_names(&t, certificate);
    }
    ERR_clear_error();
    return (int)t.len;
}

int report_plain(const char *reason, char *out, size_t n)
{
    struct text t = text_start(out, n);

    text_line(&t, "kind", reason ? "protocol" : "none");
    text_number(&t, "code", 0);
    text_line(&t, "text", reason ? reason : "");
    return (int)t.len;
}

#include "server/auth/tls.h"

#include "server/auth/secret_file.h"
#include "server/os/files.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VALID_DAYS 365

/* OpenSSL's own words for what went wrong, the system's for files. */
static enum err fail(char why[WHY_MAX], const char *file, const char *what) {
    unsigned long code = ERR_peek_error(); /* the nearest to the cause */
    const char *reason = ERR_reason_error_string(code);
    snprintf(why, WHY_MAX, "%.120s: %.60s: %.60s", file, what, reason ? reason : "unknown reason");
    ERR_clear_error();
    return ERR_CRYPTO;
}

static enum err readable(const char *file, char why[WHY_MAX]) {
    if (access(file, R_OK) == 0) {
        return OK;
    }
    snprintf(why, WHY_MAX, "%.120s: cannot read: %.60s", file, strerror(errno));
    return ERR_IO;
}

/* Who has the key is the server. */
static enum err key_private(const char *file, char why[WHY_MAX]) {
    const char *wrong = NULL;
    enum err e = secret_file_check(file, SECRET_GROUP, &wrong);
    if (e != OK) {
        snprintf(why, WHY_MAX, "%.120s: cannot read the key: %.80s", file, wrong);
    }
    return e;
}

/* ---- a pair ---- */

/* OpenSSL would ask at the terminal, and the control thread wait for somebody to type. */
static int no_passphrase(char *out, int size, int writes, void *ctx) {
    (void)out, (void)size, (void)writes, (void)ctx;
    return -1;
}

enum err tls_load(const char *cert, const char *key, struct ssl_ctx_st **ret, char why[WHY_MAX]) {
    enum err e = readable(cert, why);
    e = e == OK ? key_private(key, why) : e;
    if (e != OK) {
        return e;
    }
    ERR_clear_error();
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx) {
        return ERR_NOMEM;
    }
    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1) {
        e = fail(why, cert, "not a usable certificate");
    } else if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1) {
        e = fail(why, key, "not a usable key for this certificate");
    }
    if (e != OK) {
        SSL_CTX_free(ctx);
        return e;
    }
    *ret = ctx;
    return OK;
}

void tls_free(struct ssl_ctx_st *pair) {
    SSL_CTX_free(pair);
}

enum err tls_check(const char *cert, const char *key, char why[WHY_MAX]) {
    SSL_CTX *pair = NULL;
    enum err e = tls_load(cert, key, &pair, why);
    SSL_CTX_free(pair);
    return e;
}

/* ---- what is shown ---- */

/* During each handshake, before a certificate is chosen. */
static int show(SSL *ssl, void *ctx) {
    const struct tls_shown *shown = ctx;
    STACK_OF(X509) *chain = NULL;
    SSL_CTX_get0_chain_certs(shown->pair, &chain);
    SSL_certs_clear(ssl); /* a key of another type has a place of its own, and would stay */
    return SSL_use_cert_and_key(ssl, SSL_CTX_get0_certificate(shown->pair),
                                SSL_CTX_get0_privatekey(shown->pair), chain, 1);
}

void tls_show(struct ssl_ctx_st *server, struct tls_shown *shown, struct ssl_ctx_st *pair) {
    SSL_CTX_free(shown->pair);
    shown->pair = pair;
    SSL_CTX_set_cert_cb(server, show, shown);
}

/* ---- one of our own ---- */

bool tls_names(const char *cert, const char *ip, wall_t wall) {
    FILE *f = fopen(cert, "re");
    X509 *x = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    time_t tomorrow = (time_t)(wall.us / US_PER_S) + 86400;
    bool ok = x && X509_check_ip_asc(x, ip, 0) == 1 &&
              X509_cmp_time(X509_get0_notAfter(x), &tomorrow) > 0;
    X509_free(x);
    if (f) {
        fclose(f);
    }
    ERR_clear_error();
    return ok;
}

static bool add_extension(X509 *x, int nid, const char *value) {
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool ok = e && X509_add_ext(x, e, -1) == 1;
    X509_EXTENSION_free(e);
    return ok;
}

static X509 *make_certificate(EVP_PKEY *pkey, const char *ip) {
    char san[128];
    uint64_t serial = 0;
    X509 *x = X509_new();
    snprintf(san, sizeof(san), "IP:%.64s", ip);
    bool ok = x && RAND_bytes((unsigned char *)&serial, sizeof(serial)) == 1;
    X509_NAME *name = ok ? X509_get_subject_name(x) : NULL;
    ok = ok && X509_set_version(x, 2) &&
         ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1) &&
         X509_gmtime_adj(X509_getm_notBefore(x), -3600) &&
         X509_gmtime_adj(X509_getm_notAfter(x), 86400L * VALID_DAYS) && X509_set_pubkey(x, pkey) &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"Oriel", -1,
                                    -1, 0) &&
         X509_set_issuer_name(x, name) && add_extension(x, NID_subject_alt_name, san) &&
         add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
         X509_sign(x, pkey, EVP_sha256());
    if (!ok) {
        X509_free(x);
        return NULL;
    }
    return x;
}

static enum err write_bio(const char *file, BIO *bio, char why[WHY_MAX]) {
    char *text = NULL;
    long n = BIO_get_mem_data(bio, &text);
    unlink(file);
    enum err e = files_create(file, bytes_of(text, n > 0 ? (size_t)n : 0));
    if (e != OK) {
        snprintf(why, WHY_MAX, "%.120s: cannot write: %.60s", file, strerror(errno));
    }
    return e;
}

enum err tls_self_sign(const char *cert, const char *key, const char *ip, char why[WHY_MAX]) {
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    X509 *x = pkey ? make_certificate(pkey, ip) : NULL;
    BIO *c = BIO_new(BIO_s_mem()), *k = BIO_new(BIO_s_mem());
    enum err e = OK;
    if (!x || !c || !k || !PEM_write_bio_X509(c, x) ||
        !PEM_write_bio_PrivateKey(k, pkey, NULL, NULL, 0, NULL, NULL)) {
        e = fail(why, cert, "cannot make a certificate");
    }
    e = e == OK ? write_bio(key, k, why) : e;
    e = e == OK ? write_bio(cert, c, why) : e;
    BIO_free(c);
    BIO_free(k);
    X509_free(x);
    EVP_PKEY_free(pkey);
    return e;
}

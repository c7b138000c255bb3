/* The certificate of this process and the SSL_CTX that all its handshakes share. SSL_new on one
 * context from several threads is safe: OpenSSL counts its references atomically. */
#include "base/alloc.h"
#include "base/map.h"
#include "media/secure/dtls_impl.h"
#include "media/secure/openssl.h"

#define DAY_S (24 * 3600)

/* RFC 8826 section 6.5 asks for ECDHE with AEAD; every browser and our peers have these, and
 * dtls_close.c can open what they seal. */
#define CIPHERS                                                    \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:" \
    "ECDHE-ECDSA-AES256-GCM-SHA384"
/* OpenSSL's server picks the first of its own list that the client offers: GCM, because it costs
 * half of AES-CM with HMAC-SHA1, and 128 bits first, because a client that wants 256 offers nothing
 * else. SHA1_32 is left out: RFC 5764 section 4.1.2 has it for voice on narrow links only. */
#define SRTP_PROFILES "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80"

/* RFC 5764 section 4.1.1: SRTPProtectionProfiles<2..2^16-1>, then srtp_mki<0..255>. What does not
 * parse is left to OpenSSL, which breaks off. */
static bool offers_ours(struct bytes use_srtp) {
    struct rd r = rd_of(use_srtp.p, use_srtp.n);
    struct bytes list = rd_bytes(&r, rd_u16(&r));
    rd_skip(&r, rd_u8(&r));
    if (r.bad || rd_left(&r) > 0 || list.n == 0 || list.n % 2 != 0) {
        return true;
    }
    for (size_t i = 0; i < list.n; i += 2) {
        if (srtp_profile_known(be16(list.p + i))) {
            return true;
        }
    }
    return false;
}

/* RFC 5764 section 4.1 lets a server go on without use_srtp; to us a session without SRTP is none.
 * OpenSSL would notice nothing, and the client only gives up: so it is decided here. */
static int client_hello(SSL *ssl, int *alert, void *arg) {
    struct dtls_link *l = BIO_get_data(SSL_get_rbio(ssl));
    const uint8_t *p = NULL;
    size_t n = 0;
    (void)arg;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_use_srtp, &p, &n) == 1 &&
        offers_ours(bytes_of(p, n))) {
        return SSL_CLIENT_HELLO_SUCCESS;
    }
    l->no_profile = true;
    *alert = SSL_AD_HANDSHAKE_FAILURE;
    return SSL_CLIENT_HELLO_ERROR;
}

/* Any certificate passes here; its fingerprint is compared when Finished has been verified, for
 * before that the Certificate message can be forged. */
static int accept_any(X509_STORE_CTX *store, void *arg) {
    (void)store;
    (void)arg;
    return 1;
}

static bool fill_certificate(X509 *cert, EVP_PKEY *key, wall_t wall) {
    uint8_t serial[8];
    X509_NAME *name = X509_get_subject_name(cert);
    time_t at = (time_t)(wall.us / US_PER_S);
    if (RAND_bytes(serial, sizeof(serial)) != 1) {
        return false;
    }
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x01); /* positive, not zero: RFC 5280 4.1.2.2 */
    BIGNUM *bn = BN_bin2bn(serial, sizeof(serial), NULL);
    bool ok = bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)) &&
              X509_set_version(cert, X509_VERSION_3) &&
              X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"oriel",
                                         -1, -1, 0) &&
              X509_set_issuer_name(cert, name) &&
              ASN1_TIME_set(X509_getm_notBefore(cert), at - DAY_S) &&
              ASN1_TIME_set(X509_getm_notAfter(cert), at + 365 * (time_t)DAY_S) &&
              X509_set_pubkey(cert, key) && X509_sign(cert, key, EVP_sha256()) > 0;
    BN_free(bn);
    return ok;
}

static bool configure(SSL_CTX *ctx, X509 *cert, EVP_PKEY *key) {
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_QUERY_MTU |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, accept_any, NULL);
    SSL_CTX_set_client_hello_cb(ctx, client_hello, NULL);
    return SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) &&
           SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION) &&
           SSL_CTX_set_cipher_list(ctx, CIPHERS) &&
           SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") &&
           SSL_CTX_set_tlsext_use_srtp(ctx, SRTP_PROFILES) == 0 && /* 0 is its success */
           SSL_CTX_use_certificate(ctx, cert) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1;
}

static bool identity_set(struct dtls_identity *id, X509 *cert, EVP_PKEY *key) {
    unsigned n = 0;
    id->ctx = SSL_CTX_new(DTLS_method());
    id->bio = dtls_bio_method();
    return id->ctx && id->bio && configure(id->ctx, cert, key) &&
           X509_digest(cert, EVP_sha256(), id->fingerprint, &n) == 1 && n == FINGERPRINT_LEN;
}

static bool identity_fill(struct dtls_identity *id, wall_t wall) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    id->made = wall;
    bool ok = key && cert && fill_certificate(cert, key, wall) && identity_set(id, cert, key);
    X509_free(cert);
    EVP_PKEY_free(key);
    return ok;
}

struct dtls_identity *dtls_identity_new(wall_t wall) {
    struct dtls_identity *id = mem_zalloc(1, sizeof(*id));
    if (!id) {
        return NULL;
    }
    ERR_clear_error();
    if (!identity_fill(id, wall)) {
        return dtls_identity_free(id);
    }
    return id;
}

struct dtls_identity *dtls_identity_free(struct dtls_identity *id) {
    if (id) {
        SSL_CTX_free(id->ctx);
        BIO_meth_free(id->bio);
        mem_free(id);
    }
    return NULL;
}

const uint8_t *dtls_identity_fingerprint(const struct dtls_identity *id) {
    return id->fingerprint;
}

/* ---- an identity that outlives its process ---- */

#define MAGIC "orlident"
#define MAGIC_LEN 8
#define BYTES_VERSION 1
#define SUM_LEN 8

static void put_der(struct wr *w, int n, unsigned char *der) {
    if (n <= 0 || n > UINT16_MAX) {
        w->bad = true;
    } else {
        wr_u16(w, (uint16_t)n);
        wr_bytes(w, der, (size_t)n);
    }
    OPENSSL_clear_free(der, n > 0 ? (size_t)n : 0);
}

enum err dtls_identity_save(const struct dtls_identity *id, uint8_t out[DTLS_IDENTITY_MAX],
                            size_t *ret_len) {
    struct wr w = wr_of(out, DTLS_IDENTITY_MAX);
    unsigned char *cert = NULL, *key = NULL;
    ERR_clear_error();
    int n_cert = i2d_X509(SSL_CTX_get0_certificate(id->ctx), &cert);
    int n_key = i2d_PrivateKey(SSL_CTX_get0_privatekey(id->ctx), &key);
    wr_bytes(&w, MAGIC, MAGIC_LEN);
    wr_u16(&w, BYTES_VERSION);
    wr_u64(&w, (uint64_t)id->made.us);
    put_der(&w, n_cert, cert);
    put_der(&w, n_key, key);
    wr_u64(&w, hash_bytes(out, wr_len(&w), 0));
    if (w.bad) {
        mem_wipe(out, DTLS_IDENTITY_MAX);
        return ERR_CRYPTO;
    }
    *ret_len = wr_len(&w);
    return OK;
}

/* What was read of it. */
struct saved {
    wall_t made;
    struct bytes cert, key;
};

static enum err parse(struct bytes b, struct saved *ret) {
    struct rd r = rd_of(b.p, b.n);
    struct bytes magic = rd_bytes(&r, MAGIC_LEN);
    uint16_t version = rd_u16(&r);
    if (r.bad || memcmp(magic.p, MAGIC, MAGIC_LEN) != 0) {
        return ERR_FORMAT;
    }
    ret->made.us = (int64_t)rd_u64(&r);
    ret->cert = rd_bytes(&r, rd_u16(&r));
    ret->key = rd_bytes(&r, rd_u16(&r));
    uint64_t sum = rd_u64(&r);
    if (version != BYTES_VERSION) {
        return ERR_UNSUPPORTED;
    }
    return !r.bad && rd_left(&r) == 0 && sum == hash_bytes(b.p, b.n - SUM_LEN, 0) ? OK : ERR_FORMAT;
}

static bool is_p256(EVP_PKEY *key) {
    char name[16] = "";
    return EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) == 1 &&
           strcmp(name, "prime256v1") == 0;
}

static bool identity_take(struct dtls_identity *id, const struct saved *from) {
    const unsigned char *c = from->cert.p, *k = from->key.p;
    X509 *cert = d2i_X509(NULL, &c, (long)from->cert.n);
    EVP_PKEY *key = d2i_PrivateKey(EVP_PKEY_EC, NULL, &k, (long)from->key.n);
    id->made = from->made;
    bool ok = cert && key && c == from->cert.p + from->cert.n && k == from->key.p + from->key.n &&
              is_p256(key) && X509_check_private_key(cert, key) == 1 && identity_set(id, cert, key);
    X509_free(cert);
    EVP_PKEY_free(key);
    return ok;
}

enum err dtls_identity_load(struct bytes b, wall_t wall, us_t max_age, struct dtls_identity **ret) {
    struct saved from;
    enum err e = parse(b, &from);
    if (e != OK) {
        return e;
    }
    if (from.made.us < 0 || from.made.us > wall.us || wall.us - from.made.us > max_age) {
        return ERR_GONE;
    }
    struct dtls_identity *id = mem_zalloc(1, sizeof(*id));
    if (!id) {
        return ERR_NOMEM;
    }
    ERR_clear_error();
    if (!identity_take(id, &from)) {
        dtls_identity_free(id);
        ERR_clear_error();
        return ERR_FORMAT;
    }
    *ret = id;
    return OK;
}

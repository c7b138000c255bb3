/* The two ends of an association (RFC 5246 section 7.2.1). Ours is sealed by OpenSSL while its
 * object still lives; the peer's is opened here with its write key, which OpenSSL does not hand
 * out but which is a function of the master secret and the two random values (section 6.3). */
#include "base/check.h"
#include "media/secure/dtls_impl.h"
#include "media/secure/openssl.h"

/* [bytes] */
#define MASTER_SECRET 48
#define RANDOM 32
#define KEY_MAX 32
#define IV_MAX 12
#define EXPLICIT_NONCE 8 /* RFC 5288 section 3, AES-GCM only */
#define TAG 16
#define ALERT_LEN 2
#define AAD 13 /* RFC 5246 section 6.2.3.3, the epoch and number of the record first */
/* [count] Alerts of the right length that are tried in one datagram: an honest peer sends one. */
#define TRIES 2

enum { LEVEL_WARNING = 1, LEVEL_FATAL = 2, CLOSE_NOTIFY = 0 }; /* RFC 5246 section 7.2 */

struct protection {
    int nid;
    uint8_t cipher; /* enum dtls_cipher */
    uint8_t key_len, iv_len, nonce_len;
    const EVP_CIPHER *(*evp)(void);
};

static const struct protection protections[] = {
    {NID_aes_128_gcm, DTLS_AES_128_GCM, 16, 4, EXPLICIT_NONCE, EVP_aes_128_gcm},
    {NID_aes_256_gcm, DTLS_AES_256_GCM, 32, 4, EXPLICIT_NONCE, EVP_aes_256_gcm},
    {NID_chacha20_poly1305, DTLS_CHACHA20_POLY1305, 32, 12, 0, EVP_chacha20_poly1305}};

enum err dtls_farewell(struct dtls *d, uint8_t out[DTLS_FAREWELL_MAX], size_t *ret_len) {
    if (d->state != DTLS_DONE || (SSL_get_shutdown(d->ssl) & SSL_SENT_SHUTDOWN)) {
        return ERR_WRONG_STATE;
    }
    struct wr w = wr_of(out, DTLS_FAREWELL_MAX);
    d->link.aside = &w;
    ERR_clear_error();
    int rc = SSL_shutdown(d->ssl); /* 0: said; the answer is not waited for */
    d->link.aside = NULL;
    if (rc < 0 || w.bad || wr_len(&w) == 0) {
        return ERR_CRYPTO;
    }
    *ret_len = wr_len(&w);
    return OK;
}

/* The key block of RFC 5246 section 6.3. */
static bool key_block(SSL *ssl, const char *digest, uint8_t *out, size_t n) {
    static const char label[] = "key expansion";
    uint8_t master[MASTER_SECRET], seed[sizeof(label) - 1 + 2 * RANDOM];
    memcpy(seed, label, sizeof(label) - 1);
    bool ok = SSL_SESSION_get_master_key(SSL_get_session(ssl), master, sizeof(master)) ==
                  sizeof(master) &&
              SSL_get_server_random(ssl, seed + sizeof(label) - 1, RANDOM) == RANDOM &&
              SSL_get_client_random(ssl, seed + sizeof(label) - 1 + RANDOM, RANDOM) == RANDOM;
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
    EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master, sizeof(master)),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof(seed)),
        OSSL_PARAM_construct_end()};
    ok = ok && ctx && EVP_KDF_derive(ctx, out, n, params) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    mem_wipe(master, sizeof(master));
    return ok;
}

static const struct protection *negotiated(const SSL_CIPHER *c) {
    for (size_t i = 0; c && i < ARRAY_LEN(protections); i++) {
        if (protections[i].nid == SSL_CIPHER_get_cipher_nid(c)) {
            return &protections[i];
        }
    }
    return NULL;
}

enum err dtls_reader_export(struct dtls *d, struct dtls_reader *ret) {
    if (d->state != DTLS_DONE) {
        return ERR_WRONG_STATE;
    }
    const SSL_CIPHER *suite = SSL_get_current_cipher(d->ssl);
    const struct protection *p = negotiated(suite);
    const EVP_MD *md = suite ? SSL_CIPHER_get_handshake_digest(suite) : NULL;
    /* client key, server key, client IV, server IV */
    uint8_t block[2 * (KEY_MAX + IV_MAX)];
    ERR_clear_error();
    if (!p || !md ||
        !key_block(d->ssl, EVP_MD_get0_name(md), block, 2U * (p->key_len + p->iv_len))) {
        return ERR_CRYPTO;
    }
    size_t peer = d->role_client ? 1 : 0;
    memset(ret, 0, sizeof(*ret));
    ret->cipher = p->cipher;
    memcpy(ret->key, block + peer * p->key_len, p->key_len);
    memcpy(ret->iv, block + 2U * p->key_len + peer * p->iv_len, p->iv_len);
    mem_wipe(block, sizeof(block));
    return OK;
}

/* RFC 5288 section 3: write IV | explicit nonce. RFC 7905 section 2: write IV XOR record number. */
static void nonce_of(const struct dtls_reader *r, const struct protection *p,
                     const struct dtls_record *rec, uint8_t iv[IV_MAX]) {
    const uint8_t *number = rec->whole.p + 3; /* epoch and sequence number, 8 bytes */
    memcpy(iv, r->iv, IV_MAX);
    if (p->nonce_len > 0) {
        memcpy(iv + p->iv_len, rec->body.p, p->nonce_len);
        return;
    }
    for (size_t i = 0; i < 8; i++) {
        iv[4 + i] ^= number[i];
    }
}

/* Open an alert record; false unless it is authentic. */
static bool open_alert(const struct dtls_reader *r, const struct protection *p,
                       const struct dtls_record *rec, uint8_t alert[ALERT_LEN]) {
    uint8_t iv[IV_MAX], aad[AAD], none[TAG], tag[TAG];
    int n = 0;
    nonce_of(r, p, rec, iv);
    memcpy(aad, rec->whole.p + 3, 8);
    memcpy(aad + 8, rec->whole.p, 3); /* type and version */
    put_be16(aad + 11, ALERT_LEN);
    const uint8_t *sealed = rec->body.p + p->nonce_len;
    memcpy(tag, sealed + ALERT_LEN, TAG);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool ok = c && EVP_DecryptInit_ex(c, p->evp(), NULL, r->key, iv) == 1 &&
              EVP_DecryptUpdate(c, NULL, &n, aad, AAD) == 1 &&
              EVP_DecryptUpdate(c, alert, &n, sealed, ALERT_LEN) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG, tag) == 1 &&
              EVP_DecryptFinal_ex(c, none, &n) == 1;
    EVP_CIPHER_CTX_free(c);
    return ok;
}

bool dtls_is_close(const struct dtls_reader *r, struct bytes datagram) {
    struct rd rd = rd_of(datagram.p, datagram.n);
    struct dtls_record rec;
    if (r->cipher == DTLS_CIPHER_NONE || r->cipher > ARRAY_LEN(protections)) {
        return false;
    }
    const struct protection *p = &protections[r->cipher - 1];
    for (unsigned tries = 0; tries < TRIES && rd_left(&rd) > 0 && dtls_next_record(&rd, &rec);) {
        uint8_t alert[ALERT_LEN];
        /* Epoch 1 is the only one under keys: there is no renegotiation. */
        if (rec.type != DTLS_ALERT || rec.version != DTLS1_2_VERSION || rec.epoch != 1 ||
            rec.body.n != (size_t)p->nonce_len + ALERT_LEN + TAG) {
            continue;
        }
        tries++;
        if (open_alert(r, p, &rec, alert) &&
            (alert[0] == LEVEL_FATAL || (alert[0] == LEVEL_WARNING && alert[1] == CLOSE_NOTIFY))) {
            return true;
        }
    }
    return false;
}

/* DESIGN. AWS KMS speaks JSON over HTTPS, one POST for each verb (JSON 1.1, X-Amz-Target). The
 * encryption context is the wrap's context in words: it is authenticated by the service, and it is
 * what its audit log shows. Nothing is tried again here: whoever asks knows when that makes sense.
 * A plain key is in requests and answers as base64: it is taken out of an answer before the text is
 * parsed as JSON, whose parser leaves copies of strings behind, and all memory of ours that has had
 * it is wiped. What libcurl and OpenSSL keep of a connection's last bytes is theirs. */
#include "recorder/seal/provider.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/check.h"
#include "base/json_write.h"
#include "recorder/seal/secret.h"
#include "recorder/store/http.h"
#include "recorder/store/sigv4.h"
#include "json/json_read.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define SECRET_LEN 2048  /* [bytes] of a credential; session tokens are long */
#define ANSWER_MAX 65536 /* [bytes] */
#define BASE64_MAX(n) (4 * (((n) + 2) / 3) + 1)
#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
#define CONNECT_TIMEOUT (3 * US_PER_S)
#define TIMEOUT (10 * US_PER_S)
#define TARGET "TrentService."
#define TYPE "application/x-amz-json-1.1"

static const struct json_limits answer_limits = {ANSWER_MAX, 16, 1024};

struct kms {
    struct provider_kms_config c; /* strings are in `text` */
    char *text;
    struct http own;         /* when the configuration brings none */
    const struct http *http; /* borrowed, or own */
    char host[256];
};

/* ---- one request ---- */

struct credentials {
    char access_key[SECRET_LEN], secret_key[SECRET_LEN], session_token[SECRET_LEN];
};

static enum err load_credentials(const struct kms *k, struct credentials *ret, char *why) {
    size_t n;
    const char *token = k->c.session_token_file;
    memset(ret, 0, sizeof(*ret));
    enum err e = secret_read(k->c.access_key_file, ret->access_key, SECRET_LEN, &n, why);
    e = e == OK ? secret_read(k->c.secret_key_file, ret->secret_key, SECRET_LEN, &n, why) : e;
    e = e == OK && token && *token ? secret_read(token, ret->session_token, SECRET_LEN, &n, why)
                                   : e;
    return e == ERR_UNKNOWN ? ERR_IO : e;
}

struct draft {
    char date[SIGV4_DATE_MAX], hash[SIGV4_HASH_MAX], target[64];
    struct buffer authorization;
    struct sigv4_field fields[8];
    size_t n;
};

static void add(struct draft *d, const char *name, const char *value) {
    CHECK(d->n < ARRAY_LEN(d->fields));
    d->fields[d->n++] = (struct sigv4_field){name, value};
}

static enum err sign(const struct kms *k, const struct credentials *x, struct bytes body,
                     struct draft *d) {
    struct sigv4_keys keys = {x->access_key, x->secret_key, x->session_token};
    struct sigv4_scope scope = {k->c.region, "kms", k->c.wall(k->c.wall_ctx)};
    add(d, "Host", k->host);
    add(d, "Content-Type", TYPE);
    add(d, "X-Amz-Date", sigv4_date(scope.now, d->date));
    add(d, "X-Amz-Target", d->target);
    if (*x->session_token) {
        add(d, "X-Amz-Security-Token", x->session_token);
    }
    struct sigv4_request q = {.method = "POST",
                              .path = "/",
                              .headers = d->fields,
                              .n_headers = d->n,
                              .payload = sigv4_hash(body, d->hash)};
    enum err e = sigv4_authorization(&d->authorization, &keys, &scope, &q);
    if (e == OK) {
        add(d, "Authorization", d->authorization.p);
    }
    return e;
}

static enum err post(const struct kms *k, const char *verb, struct bytes body,
                     struct http_answer *ret, char *why) {
    struct credentials x;
    struct draft d = {.n = 0};
    struct http_field headers[ARRAY_LEN(d.fields)];
    snprintf(d.target, sizeof(d.target), TARGET "%s", verb);
    enum err e = load_credentials(k, &x, why);
    e = e == OK ? sign(k, &x, body, &d) : e;
    if (e == OK) {
        /* Host is in the address. */
        for (size_t i = 1; i < d.n; i++) {
            headers[i - 1] = (struct http_field){d.fields[i].name, d.fields[i].value};
        }
        struct http_request q = {.method = "POST",
                                 .url = k->c.endpoint,
                                 .headers = headers,
                                 .n_headers = d.n - 1,
                                 .body = body,
                                 .limit = ANSWER_MAX};
        e = k->http->ask(k->http->ctx, &q, ret);
        if (e != OK) {
            snprintf(why, WHY_MAX, "gone: the key service cannot be reached: %.300s", ret->why);
            e = e == ERR_NOMEM ? e : ERR_IO;
        }
    }
    buffer_free(&d.authorization);
    mem_wipe(&x, sizeof(x));
    return e;
}

static const struct fault {
    const char *type;
    enum err e;
    const char *what;
} faults[] = {
    {"AccessDeniedException", ERR_DENIED, "denied"},
    {"UnrecognizedClientException", ERR_DENIED, "denied"},
    {"InvalidClientTokenId", ERR_DENIED, "denied"},
    {"InvalidSignatureException", ERR_DENIED, "denied"},
    {"ExpiredTokenException", ERR_DENIED, "denied"},
    {"MissingAuthenticationTokenException", ERR_DENIED, "denied"},
    {"DisabledException", ERR_DENIED, "disabled"},
    {"KMSInvalidStateException", ERR_DENIED, "disabled"},
    {"KeyUnavailableException", ERR_AGAIN, "slow"},
    {"NotFoundException", ERR_IO, "gone"},
    {"ThrottlingException", ERR_AGAIN, "slow"},
    {"LimitExceededException", ERR_AGAIN, "slow"},
    {"DependencyTimeoutException", ERR_AGAIN, "slow"},
    {"KMSInternalException", ERR_AGAIN, "slow"},
    {"InvalidCiphertextException", ERR_AUTH, "wrong key"},
    {"IncorrectKeyException", ERR_AUTH, "wrong key"},
};

/* What the service says is wrong: {"__type":"...#NAME","message":"..."}. */
static enum err refused(int status, const struct json *o, char *why) {
    const char *type = json_get_string(json_member(o, "__type"), NULL);
    const char *name = type ? strrchr(type, '#') : NULL;
    const char *said = json_get_string(json_member(o, "message"), NULL);
    said = said ? said : json_get_string(json_member(o, "Message"), NULL);
    name = name ? name + 1 : type ? type : "";
    struct fault f = {name, status >= 500 || status == 429 ? ERR_AGAIN : ERR_IO,
                      status >= 500 || status == 429 ? "slow" : "gone"};
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        f = strcmp(faults[i].type, name) == 0 ? faults[i] : f;
    }
    snprintf(why, WHY_MAX, "%s: the key service answers %d %.60s: %.250s", f.what, status, name,
             said ? said : "");
    return f.e;
}

struct answer {
    const struct json *o;                      /* the object; NULL: none */
    char plain[BASE64_MAX(PROVIDER_WRAP_MAX)]; /* its "Plaintext"; "": it has none that fits */
};

static void answer_free(struct answer *a) {
    json_free(a->o);
    mem_wipe(a, sizeof(*a));
}

/* Behind the mark that begins the value of "Plaintext"; NULL: there is none. A mark inside of a
 * JSON string is escaped, so that the name between its marks is a whole string wherever it is. */
static char *plain_of(const struct buffer *text) {
    static const char name[] = "\"Plaintext\"", space[] = " \t\r\n";
    char *p = text->p ? strstr(text->p, name) : NULL;
    p = p ? p + sizeof(name) - 1 : NULL;
    p = p ? p + strspn(p, space) : NULL;
    p = p && *p == ':' ? p + 1 : NULL;
    p = p ? p + strspn(p, space) : NULL;
    return p && *p == '"' ? p + 1 : NULL;
}

/* Move it out of the text, which says x in its place and is JSON as it was. */
static void take_plain(struct buffer *text, struct answer *ret) {
    char *from = plain_of(text), *p = from;
    size_t n = 0;
    while (p && n + 1 < sizeof(ret->plain) && *p && strchr(BASE64 "=\\", *p)) {
        p += p[0] == '\\' && p[1] == '/'; /* as some write it */
        ret->plain[n++] = *p++;
    }
    if (!p || *p != '"') {
        mem_wipe(ret->plain, sizeof(ret->plain));
    }
    if (from) {
        memset(from, 'x', (size_t)(p - from));
    }
}

static enum err ask(const struct kms *k, const char *verb, struct buffer *body, struct answer *ret,
                    char *why) {
    struct http_answer a = {.body = {.secret = true}};
    memset(ret, 0, sizeof(*ret));
    enum err e = body->bad ? ERR_NOMEM : post(k, verb, bytes_of(body->p, body->n), &a, why);
    if (e == OK) {
        take_plain(&a.body, ret);
    }
    enum err read = e == OK ? json_read(a.body.p, a.body.n, &answer_limits, &ret->o, NULL) : e;
    if (e == OK && read == ERR_NOMEM) {
        snprintf(why, WHY_MAX, "out of memory");
        e = read;
    } else if (e == OK && a.status != 200) {
        e = refused(a.status, ret->o, why);
    } else if (e == OK && read != OK) {
        snprintf(why, WHY_MAX, "gone: the key service answers something that is no JSON object");
        e = ERR_IO;
    }
    http_answer_free(&a);
    return e;
}

/* ---- words of the requests ---- */

static void put_base64(struct buffer *b, const char *key, const uint8_t *p, size_t n) {
    char text[BASE64_MAX(PROVIDER_WRAP_MAX)];
    EVP_EncodeBlock((unsigned char *)text, p, (int)n);
    json_put_string(b, key, text);
    mem_wipe(text, sizeof(text));
}

static bool get_base64(const char *text, uint8_t *out, size_t cap, size_t *ret_n) {
    uint8_t bytes[PROVIDER_WRAP_MAX + 3];
    size_t len = text ? strlen(text) : 0;
    size_t pad = len >= 2 ? (size_t)(text[len - 1] == '=') + (text[len - 2] == '=') : 0;
    if (len == 0 || len % 4 || strspn(text, BASE64) != len - pad || len / 4 * 3 > sizeof(bytes) ||
        len / 4 * 3 - pad > cap) {
        return false;
    }
    int n = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len);
    bool ok = n == (int)(len / 4 * 3);
    if (ok) {
        *ret_n = (size_t)n - pad;
        memcpy(out, bytes, *ret_n);
    }
    mem_wipe(bytes, sizeof(bytes));
    return ok;
}

static void put_context(struct buffer *b, const char *key, const struct key_context *c) {
    char id[ID_TEXT_MAX];
    json_open(b, key, '{');
    json_put_string(b, "oriel:recording", id_text(&c->recording, id));
    json_put_handle(b, "oriel:subject", c->subject);
    json_close(b, '}');
}

/* Key ids and the ARNs that end in them. */
static bool same_key(const char *said, const char *meant) {
    size_t n = said ? strlen(said) : 0, m = strlen(meant);
    return n >= m && strcmp(said + n - m, meant) == 0 && (n == m || said[n - m - 1] == '/');
}

static enum err read_wrap(const struct kms *k, const struct json *o, struct key_wrap *ret,
                          char *why) {
    struct key_wrap w = {.provider = PROVIDER_KMS, .version = 2};
    size_t n = 0;
    const char *blob = json_get_string(json_member(o, "CiphertextBlob"), NULL);
    if (!get_base64(blob, w.bytes, sizeof(w.bytes), &n) || n == 0 ||
        !same_key(json_get_string(json_member(o, "KeyId"), NULL), k->c.key)) {
        snprintf(why, WHY_MAX, "gone: the key service's answer has no wrap under the right key");
        return ERR_IO;
    }
    w.n = (uint16_t)n;
    snprintf(w.key_id, sizeof(w.key_id), "%s", k->c.key);
    *ret = w;
    return OK;
}

/* ---- the verbs ---- */

static enum err kms_wrap(void *ctx, const struct key_context *c, const uint8_t *plain,
                         struct key_wrap *ret, char *why) {
    struct kms *k = ctx;
    struct buffer body = {.secret = true};
    struct answer a;
    json_open(&body, NULL, '{');
    json_put_string(&body, "KeyId", k->c.key);
    put_base64(&body, "Plaintext", plain, KEY_LEN);
    put_context(&body, "EncryptionContext", c);
    json_close(&body, '}');
    enum err e = ask(k, "Encrypt", &body, &a, why);
    e = e == OK ? read_wrap(k, a.o, ret, why) : e;
    answer_free(&a);
    buffer_free(&body);
    return e;
}

static bool is_wrap(const struct key_wrap *w, char *why) {
    bool ok = w->version == 2 && *w->key_id && w->n > 0 && w->n <= PROVIDER_WRAP_MAX;
    if (!ok) {
        snprintf(why, WHY_MAX, "a wrapped key is of no known form");
    }
    return ok;
}

static enum err kms_unwrap(void *ctx, const struct key_context *c, const struct key_wrap *w,
                           uint8_t *ret_plain, char *why) {
    struct kms *k = ctx;
    struct buffer body = {0};
    struct answer a;
    size_t n = 0;
    mem_wipe(ret_plain, KEY_LEN);
    if (!is_wrap(w, why)) {
        return ERR_FORMAT;
    }
    json_open(&body, NULL, '{');
    json_put_string(&body, "KeyId", w->key_id);
    put_base64(&body, "CiphertextBlob", w->bytes, w->n);
    put_context(&body, "EncryptionContext", c);
    json_close(&body, '}');
    enum err e = ask(k, "Decrypt", &body, &a, why);
    if (e == OK && (!get_base64(a.plain, ret_plain, KEY_LEN, &n) || n != KEY_LEN)) {
        snprintf(why, WHY_MAX, "wrong key: the key service's answer has %zu bytes", n);
        mem_wipe(ret_plain, KEY_LEN);
        e = ERR_AUTH;
    }
    answer_free(&a);
    buffer_free(&body);
    return e;
}

/* The plain key does not leave the service. */
static enum err kms_rewrap(void *ctx, const struct key_context *c, const struct key_wrap *from,
                           struct key_wrap *ret, char *why) {
    struct kms *k = ctx;
    struct buffer body = {0};
    struct answer a;
    if (!is_wrap(from, why)) {
        return ERR_FORMAT;
    }
    json_open(&body, NULL, '{');
    put_base64(&body, "CiphertextBlob", from->bytes, from->n);
    json_put_string(&body, "SourceKeyId", from->key_id);
    put_context(&body, "SourceEncryptionContext", c);
    json_put_string(&body, "DestinationKeyId", k->c.key);
    put_context(&body, "DestinationEncryptionContext", c);
    json_close(&body, '}');
    enum err e = ask(k, "ReEncrypt", &body, &a, why);
    e = e == OK ? read_wrap(k, a.o, ret, why) : e;
    answer_free(&a);
    buffer_free(&body);
    return e;
}

static enum err kms_check(void *ctx, char *why) {
    struct key_context c = {.subject = 0};
    struct key_wrap w;
    uint8_t plain[KEY_LEN] = {0}, back[KEY_LEN];
    enum err e = kms_wrap(ctx, &c, plain, &w, why);
    e = e == OK ? kms_unwrap(ctx, &c, &w, back, why) : e;
    mem_wipe(back, sizeof(back));
    return e;
}

static const char *kms_key_id(void *ctx) {
    const struct kms *k = ctx;
    return k->c.key;
}

static void kms_close(void *ctx) {
    struct kms *k = ctx;
    http_curl_close(&k->own);
    mem_free(k->text);
    mem_free(k);
}

/* ---- opening ---- */

/* Copies of all strings, one after the other. */
static bool keep_strings(struct kms *k, const struct provider_kms_config *c) {
    const char **to[] = {&k->c.endpoint,        &k->c.region,          &k->c.key,
                         &k->c.access_key_file, &k->c.secret_key_file, &k->c.session_token_file,
                         &k->c.ca_file};
    const char *from[] = {c->endpoint,        c->region,          c->key,
                          c->access_key_file, c->secret_key_file, c->session_token_file,
                          c->ca_file};
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(from); i++) {
        n += (from[i] ? strlen(from[i]) : 0) + 1;
    }
    k->text = mem_alloc(n);
    char *at = k->text;
    for (size_t i = 0; k->text && i < ARRAY_LEN(from); i++) {
        size_t len = from[i] ? strlen(from[i]) : 0;
        if (len) {
            memcpy(at, from[i], len);
        }
        at[len] = '\0';
        *to[i] = at;
        at += len + 1;
    }
    return k->text != NULL;
}

/* HOST or HOST:PORT. Names that only begin so are somebody else's. */
static bool is_loopback(const char *host) {
    static const char *const ours[] = {"127.0.0.1", "localhost", "[::1]"};
    bool is = false;
    for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
        size_t n = strlen(ours[i]);
        is = is || (strncmp(host, ours[i], n) == 0 && (!host[n] || host[n] == ':'));
    }
    return is;
}

/* "https://HOST[:PORT]", or http:// on this machine: keys travel in it. */
static bool take_host(struct kms *k) {
    const char *u = k->c.endpoint;
    bool tls = strncmp(u, "https://", 8) == 0, plain = strncmp(u, "http://", 7) == 0;
    const char *host = u + (tls ? 8 : 7);
    if ((!tls && !plain) || !*host || strlen(host) >= sizeof(k->host) ||
        host[strcspn(host, "/?#@ ")]) {
        return false;
    }
    memcpy(k->host, host, strlen(host) + 1);
    return tls || is_loopback(host);
}

static bool is_key_id(const char *key) {
    size_t n = strlen(key);
    return n > 0 && n < PROVIDER_KEY_ID_MAX && !strstr(key, "alias/") &&
           strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/_-.") == n;
}

static enum err set_up(struct kms *k, const struct provider_kms_config *c, char *why) {
    k->c = *c;
    if (!keep_strings(k, c)) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    if (!take_host(k)) {
        snprintf(why, WHY_MAX,
                 "the key service's endpoint must be https://HOST or https://HOST:PORT");
        return ERR_FORMAT;
    }
    if (!is_key_id(k->c.key) || !*k->c.region || !*k->c.access_key_file || !*k->c.secret_key_file) {
        snprintf(why, WHY_MAX,
                 "the key service needs a region, files with the access key and the secret key, and"
                 " a key by its id or ARN: an alias may come to mean another key");
        return ERR_FORMAT;
    }
    struct http_config h = {.connect_timeout = CONNECT_TIMEOUT,
                            .timeout = TIMEOUT,
                            .ca_file = k->c.ca_file,
                            .stop = c->stop,
                            .stop_ctx = c->stop_ctx};
    enum err e = c->http ? OK : http_library_init();
    e = e == OK && !c->http ? http_curl_open(&h, &k->own) : e;
    k->http = c->http ? c->http : &k->own;
    if (e != OK) {
        snprintf(why, WHY_MAX, "out of memory");
    }
    return e;
}

enum err provider_kms_open(const struct provider_kms_config *c, struct key_provider *ret,
                           char why[WHY_MAX]) {
    struct kms *k = mem_zalloc(1, sizeof(*k));
    if (!k) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    enum err e = set_up(k, c, why);
    if (e != OK) {
        kms_close(k);
        return e;
    }
    *ret = (struct key_provider){.ctx = k,
                                 .name = PROVIDER_KMS,
                                 .wrap = kms_wrap,
                                 .unwrap = kms_unwrap,
                                 .rewrap = kms_rewrap,
                                 .check = kms_check,
                                 .key_id = kms_key_id,
                                 .close = kms_close};
    return OK;
}

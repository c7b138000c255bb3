#include "recorder/store/sigv4.h"

#include "base/alloc.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define DIGEST_LEN 32 /* [bytes] SHA-256 */
#define DAY_LEN 8     /* "20130524" of the date */
#define QUERY_OWN 6   /* fields that a link adds */

const char *sigv4_date(wall_t now, char out[SIGV4_DATE_MAX]) {
    char text[WALL_TEXT_MAX];
    /* "2013-05-24T00:00:00.000Z" without what stands between the digits. */
    wall_text(now, text);
    snprintf(out, SIGV4_DATE_MAX, "%.4s%.2s%.2sT%.2s%.2s%.2sZ", text, text + 5, text + 8, text + 11,
             text + 14, text + 17);
    return out;
}

const char *sigv4_hash(struct bytes body, char out[SIGV4_HASH_MAX]) {
    uint8_t digest[DIGEST_LEN] = {0};
    static const uint8_t nothing;
    if (EVP_Digest(body.n ? body.p : &nothing, body.n, digest, NULL, EVP_sha256(), NULL) != 1) {
        memset(digest, 0, sizeof(digest));
    }
    hex_encode(out, digest, sizeof(digest));
    return out;
}

static bool unreserved(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void sigv4_encode(struct buffer *b, const char *s, bool keep_slash) {
    for (; *s; s++) {
        if (unreserved(*s) || (*s == '/' && keep_slash)) {
            buffer_put(b, s, 1);
        } else {
            buffer_printf(b, "%%%02X", (unsigned)(unsigned char)*s);
        }
    }
}

/* ---- fields in canonical form ---- */

/* Names and values in the form and order in which they are signed; offsets into text, because text
 * moves while it grows. */
struct canonical {
    struct buffer text;
    struct pair {
        const char *name, *value;
        size_t name_at, value_at;
    } pairs[SIGV4_FIELDS_MAX];
    size_t n;
};

static int by_name(const void *a, const void *b) {
    const struct pair *x = a, *y = b;
    int r = strcmp(x->name, y->name);
    return r ? r : strcmp(x->value, y->value);
}

/* ERR_LONG or ERR_NOMEM; c must be freed either way. */
static enum err canonical_make(struct canonical *c, const struct sigv4_field *f, size_t n,
                               void (*write)(struct buffer *b, const char *s, bool name)) {
    *c = (struct canonical){.n = n};
    if (n > SIGV4_FIELDS_MAX) {
        return ERR_LONG;
    }
    for (size_t i = 0; i < n; i++) {
        c->pairs[i].name_at = c->text.n;
        write(&c->text, f[i].name, true);
        buffer_put(&c->text, "", 1);
        c->pairs[i].value_at = c->text.n;
        write(&c->text, f[i].value, false);
        buffer_put(&c->text, "", 1);
    }
    if (c->text.bad) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        c->pairs[i].name = c->text.p + c->pairs[i].name_at;
        c->pairs[i].value = c->text.p + c->pairs[i].value_at;
    }
    qsort(c->pairs, n, sizeof(c->pairs[0]), by_name);
    return OK;
}

/* For what holds a secret: a session token is one for as long as it lives. */
static void wipe_and_free(struct buffer *b) {
    if (b->p) {
        mem_wipe(b->p, b->n);
    }
    buffer_free(b);
}

static void canonical_free(struct canonical *c) {
    wipe_and_free(&c->text);
}

static void write_query(struct buffer *b, const char *s, bool name) {
    (void)name;
    sigv4_encode(b, s, false);
}

/* Names in lower case; values without spaces at their ends, and with one for each run of them. */
static void write_header(struct buffer *b, const char *s, bool name) {
    bool gap = false, begun = false;
    for (; *s; s++) {
        char c = name && *s >= 'A' && *s <= 'Z' ? (char)(*s + 'a' - 'A') : *s;
        if (c == ' ' || c == '\t') {
            gap = true;
            continue;
        }
        if (gap && begun) {
            buffer_put(b, " ", 1);
        }
        gap = false;
        begun = true;
        buffer_put(b, &c, 1);
    }
}

enum err sigv4_query(struct buffer *b, const struct sigv4_field *query, size_t n) {
    struct canonical c;
    enum err e = canonical_make(&c, query, n, write_query);
    for (size_t i = 0; i < n && e == OK; i++) {
        buffer_printf(b, "%s%s=%s", i ? "&" : "", c.pairs[i].name, c.pairs[i].value);
    }
    canonical_free(&c);
    return e == OK && b->bad ? ERR_NOMEM : e;
}

static void signed_names(struct buffer *b, const struct canonical *headers) {
    for (size_t i = 0; i < headers->n; i++) {
        buffer_printf(b, "%s%s", i ? ";" : "", headers->pairs[i].name);
    }
}

/* ---- the signature ---- */

static bool hmac(struct bytes key, const char *text, uint8_t ret[DIGEST_LEN]) {
    unsigned n = 0;
    return HMAC(EVP_sha256(), key.p, (int)key.n, (const uint8_t *)text, strlen(text), ret, &n) &&
           n == DIGEST_LEN;
}

/* A key for this day, region and service, and with it the signature. */
static enum err sign(const char *secret_key, const struct sigv4_scope *s, const char *day,
                     const char *text, uint8_t ret[DIGEST_LEN]) {
    uint8_t a[DIGEST_LEN], b[DIGEST_LEN];
    struct buffer first = {0};
    buffer_printf(&first, "AWS4%s", secret_key);
    bool ok =
        !first.bad && hmac(bytes_of(first.p, first.n), day, a) &&
        hmac(bytes_of(a, sizeof(a)), s->region, b) && hmac(bytes_of(b, sizeof(b)), s->service, a) &&
        hmac(bytes_of(a, sizeof(a)), "aws4_request", b) && hmac(bytes_of(b, sizeof(b)), text, ret);
    bool no_memory = first.bad;
    wipe_and_free(&first);
    mem_wipe(a, sizeof(a));
    mem_wipe(b, sizeof(b));
    return ok ? OK : no_memory ? ERR_NOMEM : ERR_CRYPTO;
}

static void scope_text(struct buffer *b, const struct sigv4_scope *s, const char *date) {
    buffer_printf(b, "%.*s/%s/%s/aws4_request", DAY_LEN, date, s->region, s->service);
}

/* What is hashed: the request in one form that both sides find. */
static void canonical_request(struct buffer *b, const struct sigv4_request *q, const char *query,
                              const struct canonical *headers) {
    buffer_printf(b, "%s\n%s\n%s\n", q->method, q->path, query);
    for (size_t i = 0; i < headers->n; i++) {
        buffer_printf(b, "%s:%s\n", headers->pairs[i].name, headers->pairs[i].value);
    }
    buffer_str(b, "\n");
    signed_names(b, headers);
    buffer_printf(b, "\n%s", q->payload);
}

static enum err signature(const struct sigv4_keys *k, const struct sigv4_scope *s,
                          const struct buffer *canonical, char ret[SIGV4_HASH_MAX]) {
    char date[SIGV4_DATE_MAX], day[DAY_LEN + 1], hash[SIGV4_HASH_MAX];
    uint8_t mac[DIGEST_LEN];
    struct buffer text = {0};
    sigv4_date(s->now, date);
    snprintf(day, sizeof(day), "%.*s", DAY_LEN, date);
    buffer_printf(&text, ALGORITHM "\n%s\n", date);
    scope_text(&text, s, date);
    buffer_printf(&text, "\n%s", sigv4_hash(bytes_of(canonical->p, canonical->n), hash));
    enum err e = text.bad || canonical->bad ? ERR_NOMEM : sign(k->secret_key, s, day, text.p, mac);
    if (e == OK) {
        hex_encode(ret, mac, sizeof(mac));
    }
    buffer_free(&text);
    return e;
}

enum err sigv4_authorization(struct buffer *b, const struct sigv4_keys *k,
                             const struct sigv4_scope *s, const struct sigv4_request *q) {
    struct canonical headers;
    struct buffer query = {0}, request = {0};
    char date[SIGV4_DATE_MAX], mac[SIGV4_HASH_MAX];
    enum err e = canonical_make(&headers, q->headers, q->n_headers, write_header);
    e = e == OK ? sigv4_query(&query, q->query, q->n_query) : e;
    if (e == OK) {
        canonical_request(&request, q, query.p ? query.p : "", &headers);
        e = signature(k, s, &request, mac);
    }
    if (e == OK) {
        buffer_printf(b, ALGORITHM " Credential=%s/", k->access_key);
        scope_text(b, s, sigv4_date(s->now, date));
        buffer_str(b, ", SignedHeaders=");
        signed_names(b, &headers);
        buffer_printf(b, ", Signature=%s", mac);
        e = b->bad ? ERR_NOMEM : OK;
    }
    wipe_and_free(&request);
    buffer_free(&query);
    canonical_free(&headers);
    return e;
}

/* The fields of a link into all[SIGV4_FIELDS_MAX]; the texts are the caller's. */
static size_t link_fields(const struct sigv4_keys *k, const struct sigv4_request *q,
                          const char *const own[4], struct sigv4_field *all) {
    size_t n = q->n_query;
    for (size_t i = 0; i < n; i++) {
        all[i] = q->query[i];
    }
    all[n++] = (struct sigv4_field){"X-Amz-Algorithm", ALGORITHM};
    all[n++] = (struct sigv4_field){"X-Amz-Credential", own[0]};
    all[n++] = (struct sigv4_field){"X-Amz-Date", own[1]};
    all[n++] = (struct sigv4_field){"X-Amz-Expires", own[2]};
    all[n++] = (struct sigv4_field){"X-Amz-SignedHeaders", own[3]};
    if (k->session_token && *k->session_token) {
        all[n++] = (struct sigv4_field){"X-Amz-Security-Token", k->session_token};
    }
    return n;
}

enum err sigv4_presign(struct buffer *b, const struct sigv4_keys *k, const struct sigv4_scope *s,
                       const struct sigv4_request *q, unsigned seconds) {
    struct sigv4_request whole = *q;
    struct sigv4_field all[SIGV4_FIELDS_MAX];
    struct canonical headers;
    struct buffer credential = {0}, names = {0}, query = {0}, request = {0};
    char date[SIGV4_DATE_MAX], life[16], mac[SIGV4_HASH_MAX];
    if (seconds == 0 || seconds > SIGV4_SECONDS_MAX) {
        return ERR_RANGE;
    }
    if (q->n_query > SIGV4_FIELDS_MAX - QUERY_OWN) {
        return ERR_LONG;
    }
    enum err e = canonical_make(&headers, q->headers, q->n_headers, write_header);
    buffer_printf(&credential, "%s/", k->access_key);
    scope_text(&credential, s, sigv4_date(s->now, date));
    snprintf(life, sizeof(life), "%u", seconds);
    if (e == OK) {
        signed_names(&names, &headers);
        e = names.bad || credential.bad ? ERR_NOMEM : OK;
    }
    if (e == OK) {
        const char *const own[] = {credential.p, date, life, names.p ? names.p : ""};
        whole.payload = SIGV4_UNSIGNED;
        e = sigv4_query(&query, all, link_fields(k, q, own, all));
    }
    if (e == OK) {
        canonical_request(&request, &whole, query.p, &headers);
        e = signature(k, s, &request, mac);
    }
    if (e == OK) {
        buffer_printf(b, "%s&X-Amz-Signature=%s", query.p, mac);
        e = b->bad ? ERR_NOMEM : OK;
    }
    wipe_and_free(&request);
    wipe_and_free(&query);
    buffer_free(&names);
    buffer_free(&credential);
    canonical_free(&headers);
    return e;
}

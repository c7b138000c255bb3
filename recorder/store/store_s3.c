#include "recorder/store/store_s3.h"

#include "recorder/store/s3_request.h"
#include "recorder/store/s3_xml.h"

#include "base/alloc.h"
#include "base/check.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGES_MAX 1000000 /* of a list: a service that never ends one is not believed */
#define ENCRYPTION "x-amz-server-side-encryption"
#define ENCRYPTION_KEY "x-amz-server-side-encryption-aws-kms-key-id"
#define CHECKSUM "x-amz-checksum-sha256"
#define BASE64_SHA256_MAX 45 /* [bytes] with the NUL */

const char *s3_trouble_name(enum s3_trouble t) {
    static const char *const names[] = {
#define X(sym, name) [sym] = name,
        S3_TROUBLES(X)
#undef X
    };
    return (size_t)t < ARRAY_LEN(names) ? names[t] : "unknown";
}

static void call_header(struct s3_call *c, const char *name, const char *value) {
    CHECK(c->n_headers < ARRAY_LEN(c->headers));
    c->headers[c->n_headers++] = (struct sigv4_field){name, value};
}

static bool is_success(const struct s3 *s) {
    return s->answer.status >= 200 && s->answer.status < 300;
}

static void base64(const uint8_t sha256[STORE_SHA256_LEN], char out[BASE64_SHA256_MAX]) {
    EVP_EncodeBlock((unsigned char *)out, sha256, STORE_SHA256_LEN);
}

/* ---- putting ---- */

/* A key may be named by its id or ARN, of which the answer holds the latter, or by an alias, which
 * it does not. */
static bool right_key(const struct s3 *s) {
    char key[512];
    if (!*s->kms_key || strstr(s->kms_key, "alias/")) {
        return true;
    }
    size_t want = strlen(s->kms_key);
    if (!http_header(&s->answer, ENCRYPTION_KEY, key, sizeof(key))) {
        return false;
    }
    size_t have = strlen(key);
    return have >= want && strcmp(key + have - want, s->kms_key) == 0;
}

/* Does the answer say that the object is encrypted as the configuration asks? */
static bool is_encrypted(const struct s3 *s) {
    char value[32];
    if (!*s->encryption) {
        return true;
    }
    return http_header(&s->answer, ENCRYPTION, value, sizeof(value)) &&
           strcmp(value, s->encryption) == 0 && right_key(s);
}

static enum err not_encrypted(struct s3 *s, const char *name, const char *then) {
    return s3_fail(s, ERR_IO, S3_NOT_ENCRYPTED,
                   "bucket %s: the service did not encrypt %.128s with %s%s%.100s%s: check what it "
                   "supports, or ask for no encryption (objects are sealed all the same)",
                   s->bucket, name, s->encryption, *s->kms_key ? " under " : "", s->kms_key, then);
}

static enum err remove_object(struct s3 *s, const char *name) {
    struct s3_call c = {.method = "DELETE", .name = name};
    enum err e = s3_ask(s, &c);
    return e != OK ? e : is_success(s) ? OK : s3_refused(s, &c);
}

static enum err s3_put(void *ctx, const char *name, struct bytes object) {
    struct s3 *s = ctx;
    struct store_digest digest;
    char sum[BASE64_SHA256_MAX];
    struct s3_call c = {.method = "PUT", .name = name, .body = object};
    if (!store_name_ok(name)) {
        return ERR_FORMAT;
    }
    enum err e = store_digest_bytes(object, &digest);
    if (e != OK) {
        return e;
    }
    base64(digest.sha256, sum);
    call_header(&c, "Content-Type", "application/octet-stream");
    call_header(&c, "If-None-Match", "*");
    call_header(&c, CHECKSUM, sum);
    if (*s->encryption) {
        call_header(&c, ENCRYPTION, s->encryption);
    }
    if (*s->encryption && *s->kms_key) {
        call_header(&c, ENCRYPTION_KEY, s->kms_key);
    }
    e = s3_ask(s, &c);
    if (e != OK || !is_success(s)) {
        return e != OK ? e : s3_refused(s, &c);
    }
    if (!is_encrypted(s)) {
        bool gone = remove_object(s, name) == OK;
        return not_encrypted(s, name,
                             gone ? " and was removed again" : " and could not be removed again");
    }
    return OK;
}

static enum err s3_remove(void *ctx, const char *name) {
    return store_name_ok(name) ? remove_object(ctx, name) : ERR_FORMAT;
}

/* ---- reading ---- */

static bool number(const char *text, const char **end, uint64_t *ret) {
    char *stop = NULL;
    if (*text < '0' || *text > '9') {
        return false;
    }
    unsigned long long v = strtoull(text, &stop, 10);
    *end = stop;
    *ret = v;
    return v <= INT64_MAX;
}

/* "bytes 0-9/100" (RFC 9110 section 14.4) of a 206. */
static bool content_range(const struct s3 *s, uint64_t *first, uint64_t *last, uint64_t *size) {
    char text[80];
    const char *p;
    return http_header(&s->answer, "Content-Range", text, sizeof(text)) &&
           strncmp(text, "bytes ", 6) == 0 && number(text + 6, &p, first) && *p == '-' &&
           number(p + 1, &p, last) && *p == '/' && number(p + 1, &p, size) && *p == '\0' &&
           *first <= *last && *last < *size;
}

/* "bytes * / 100", without spaces, of a 416. */
static bool size_of_refused(const struct s3 *s, uint64_t *ret) {
    char text[80];
    const char *p;
    return http_header(&s->answer, "Content-Range", text, sizeof(text)) &&
           strncmp(text, "bytes */", 8) == 0 && number(text + 8, &p, ret) && *p == '\0';
}

static enum err bad_answer(struct s3 *s, const char *name, const char *what) {
    return s3_fail(s, ERR_IO, S3_BAD_ANSWER, "bucket %s: %.128s: the service answered %d %s",
                   s->bucket, name, s->answer.status, what);
}

/* The whole object came, because it was small or the service does not know ranges. */
static void take_whole(const struct s3 *s, struct store_part *part) {
    const struct buffer *b = &s->answer.body;
    size_t left = part->at < b->n ? b->n - (size_t)part->at : 0;
    part->got = left < part->n ? left : part->n;
    part->size = b->n;
    if (part->got) {
        memcpy(part->out, b->p + part->at, part->got);
    }
}

static enum err take_part(struct s3 *s, const char *name, struct store_part *part) {
    uint64_t first, last, size;
    const struct buffer *b = &s->answer.body;
    if (!content_range(s, &first, &last, &size)) {
        return bad_answer(s, name, "without a Content-Range that makes sense");
    }
    uint64_t left = size - first, want = part->n < left ? part->n : left;
    if (first != part->at || last - first + 1 != want || b->n != want) {
        return bad_answer(s, name, "with other bytes than it was asked for");
    }
    memcpy(part->out, b->p, b->n);
    part->got = b->n;
    part->size = size;
    return OK;
}

/* A range that begins at the end is no error here; a service may not say where the end is. */
static enum err behind_end(struct s3 *s, const struct s3_call *c, struct store_part *part) {
    uint64_t size = 0;
    bool at_end = size_of_refused(s, &size) ? part->at == size : part->at == 0;
    if (!at_end) {
        (void)s3_refused(s, c);
        return ERR_RANGE;
    }
    part->got = 0;
    part->size = part->at;
    return OK;
}

static enum err s3_peek(void *ctx, const char *name, struct store_part *part) {
    struct s3 *s = ctx;
    char range[64];
    struct s3_call c = {.method = "GET", .name = name, .limit = part->n};
    if (!store_name_ok(name)) {
        return ERR_FORMAT;
    }
    if (part->at > INT64_MAX || part->n == 0 || part->n > INT64_MAX - part->at) {
        return ERR_RANGE;
    }
    snprintf(range, sizeof(range), "bytes=%" PRIu64 "-%" PRIu64, part->at, part->at + part->n - 1);
    call_header(&c, "Range", range);
    enum err e = s3_ask(s, &c);
    if (e != OK) {
        return e;
    }
    switch (s->answer.status) {
    case 200:
        take_whole(s, part);
        return part->at <= part->size ? OK : ERR_RANGE;
    case 206:
        return take_part(s, name, part);
    case 416:
        return behind_end(s, &c, part);
    default:
        return s3_refused(s, &c);
    }
}

static enum err s3_read(void *ctx, const char *name, uint64_t at, uint8_t *out, size_t n) {
    struct store_part part = {.at = at, .out = out, .n = n};
    if (n == 0) {
        return store_name_ok(name) ? OK : ERR_FORMAT;
    }
    enum err e = s3_peek(ctx, name, &part);
    return e == OK && part.got != n ? ERR_RANGE : e;
}

/* The answer to a HEAD has no body: when it is no, the same is asked once more with a GET, because
 * a bucket that is not there and an object that is not there are 404 both. */
static enum err head(struct s3 *s, const char *name, uint64_t *ret_size) {
    char text[32];
    const char *end;
    uint8_t byte;
    struct s3_call c = {.method = "HEAD", .name = name};
    struct store_part part = {.out = &byte, .n = 1};
    call_header(&c, "x-amz-checksum-mode", "ENABLED");
    enum err e = s3_ask(s, &c);
    if (e != OK) {
        return e;
    }
    if (!is_success(s)) {
        e = s3_peek(s, name, &part);
        *ret_size = part.size;
        return e;
    }
    bool ok = http_header(&s->answer, "Content-Length", text, sizeof(text)) &&
              number(text, &end, ret_size) && *end == '\0';
    return ok ? OK : bad_answer(s, name, "to HEAD without a length");
}

static enum err s3_size(void *ctx, const char *name, uint64_t *ret_size) {
    uint64_t size = 0;
    enum err e = store_name_ok(name) ? head(ctx, name, &size) : ERR_FORMAT;
    if (e == OK) {
        *ret_size = size;
    }
    return e;
}

/* The service's own account counts when it gives one: it computed it when it took the object. */
static enum err s3_digest(void *ctx, const char *name, struct store_digest *ret) {
    struct s3 *s = ctx;
    char told[BASE64_SHA256_MAX + 16];
    uint8_t raw[BASE64_SHA256_MAX];
    uint64_t size = 0;
    enum err e = store_name_ok(name) ? head(s, name, &size) : ERR_FORMAT;
    if (e != OK) {
        return e;
    }
    if (!is_encrypted(s)) {
        return not_encrypted(s, name, "");
    }
    if (http_header(&s->answer, CHECKSUM, told, sizeof(told)) &&
        strlen(told) == BASE64_SHA256_MAX - 1 &&
        EVP_DecodeBlock(raw, (const unsigned char *)told, BASE64_SHA256_MAX - 1) ==
            STORE_SHA256_LEN + 1) {
        ret->size = size;
        memcpy(ret->sha256, raw, STORE_SHA256_LEN);
        return OK;
    }
    struct store reading = {.ctx = s, .peek = s3_peek};
    return store_digest_of(&reading, name, ret);
}

/* ---- listing ---- */

struct listing {
    const struct s3 *s;
    void (*each)(void *ctx, const char *name, uint64_t size);
    void *ctx;
};

/* Keys that no object of ours can have are somebody else's. */
static void list_key(void *ctx, const char *key, uint64_t size) {
    const struct listing *l = ctx;
    size_t n = strlen(l->s->prefix);
    if (strncmp(key, l->s->prefix, n) == 0 && store_name_ok(key + n)) {
        l->each(l->ctx, key + n, size);
    }
}

/* The answer is set aside, because each may ask the store something. */
static enum err list_page(struct s3 *s, const struct s3_call *c, struct listing *l,
                          struct s3_page *page) {
    enum err e = s3_ask(s, c);
    if (e != OK || !is_success(s)) {
        return e != OK ? e : s3_refused(s, c);
    }
    struct buffer xml = s->answer.body;
    s->answer.body = (struct buffer){0};
    e = s3_page_parse(bytes_of(xml.p, xml.n), list_key, l, page);
    buffer_free(&xml);
    return e == ERR_FORMAT ? bad_answer(s, "a list", "with something else") : e;
}

static enum err s3_list(void *ctx, const char *prefix,
                        void (*each)(void *each_ctx, const char *name, uint64_t size),
                        void *each_ctx) {
    struct s3 *s = ctx;
    struct listing l = {s, each, each_ctx};
    struct s3_page page = {.truncated = true};
    char whole[2 * OBJECT_NAME_MAX], token[S3_TOKEN_MAX] = "";
    size_t n = strlen(prefix);
    if (n < 2 || n >= OBJECT_NAME_MAX || prefix[n - 1] != '/') {
        return ERR_FORMAT;
    }
    snprintf(whole, sizeof(whole), "%.*s", (int)(n - 1), prefix);
    if (!store_name_ok(whole)) {
        return ERR_FORMAT;
    }
    snprintf(whole, sizeof(whole), "%s%s", s->prefix, prefix);
    const struct sigv4_field query[] = {
        {"list-type", "2"}, {"max-keys", "1000"}, {"prefix", whole}, {"continuation-token", token}};
    struct s3_call c = {.method = "GET", .query = query, .n_query = 3, .limit = S3_XML_MAX};
    enum err e = OK;
    for (unsigned pages = 0; page.truncated && e == OK; pages++) {
        e = list_page(s, &c, &l, &page);
        if (e == OK && page.truncated && (pages == PAGES_MAX || strcmp(token, page.next) == 0)) {
            e = bad_answer(s, "a list", "that does not end");
        }
        memcpy(token, page.next, sizeof(token));
        c.n_query = 4;
    }
    return e;
}

/* ---- links ---- */

enum err store_s3_link(struct store *store, const char *name, unsigned seconds,
                       struct buffer *ret) {
    struct s3 *s = store->ctx;
    struct buffer path = {0};
    struct sigv4_keys keys = {s->secrets.access_key, s->secrets.secret_key,
                              s->secrets.session_token};
    struct sigv4_scope scope = {s->region, "s3", s->wall(s->wall_ctx)};
    const struct sigv4_field host = {"host", s->host};
    if (!store_name_ok(name)) {
        return ERR_FORMAT;
    }
    s3_path(s, name, &path);
    if (path.bad) {
        buffer_free(&path);
        return ERR_NOMEM;
    }
    struct sigv4_request q = {
        .method = "GET", .path = path.p, .headers = &host, .n_headers = 1, .payload = ""};
    buffer_printf(ret, "%s://%s%s?", s->scheme, s->host, path.p);
    enum err e = sigv4_presign(ret, &keys, &scope, &q, seconds);
    buffer_free(&path);
    return e;
}

/* ---- life ---- */

static const char *s3_why(void *ctx) {
    return ((struct s3 *)ctx)->why;
}

enum s3_trouble store_s3_trouble(const struct store *s) {
    return ((const struct s3 *)s->ctx)->trouble;
}

static bool is_set(const char *text) {
    return text && *text;
}

static enum err wrong(char why[WHY_MAX], const char *what, const char *value) {
    snprintf(why, WHY_MAX, "%s: \"%.200s\"", what, value ? value : "");
    return ERR_FORMAT;
}

/* Copy a word of the configuration: visible characters without those that mean something in a URL
 * or header. */
static bool copy_word(char *out, size_t cap, const char *text, const char *more) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    size_t n = text ? strlen(text) : 0;
    for (size_t i = 0; i < n; i++) {
        if (!strchr(plain, text[i]) && !strchr(more, text[i])) {
            return false;
        }
    }
    return n < cap && snprintf(out, cap, "%s", text ? text : "") >= 0;
}

static enum err set_endpoint(struct s3 *s, const struct s3_config *c, char why[WHY_MAX]) {
    const char *at = is_set(c->endpoint) ? strstr(c->endpoint, "://") : NULL;
    char host[256];
    size_t n = at ? strlen(at + 3) : 0;
    n -= n > 0 && at[2 + n] == '/';
    if (!at || n == 0 || n >= sizeof(host)) {
        return wrong(why, "the endpoint must be http://HOST[:PORT] or https://HOST[:PORT]",
                     c->endpoint);
    }
    snprintf(host, sizeof(host), "%.*s", (int)n, at + 3);
    snprintf(s->scheme, sizeof(s->scheme), "%.*s", (int)(at - c->endpoint), c->endpoint);
    char checked[sizeof(host)];
    if ((strcmp(s->scheme, "https") != 0 && strcmp(s->scheme, "http") != 0) ||
        !copy_word(checked, sizeof(checked), host, ":[]")) {
        return wrong(why, "the endpoint must be http://HOST[:PORT] or https://HOST[:PORT]",
                     c->endpoint);
    }
    if (c->virtual_host) {
        snprintf(s->host, sizeof(s->host), "%s.%s", s->bucket, host);
    } else {
        snprintf(s->host, sizeof(s->host), "%s", host);
        snprintf(s->root, sizeof(s->root), "/%s", s->bucket);
    }
    return OK;
}

static enum err set_place(struct s3 *s, const struct s3_config *c, char why[WHY_MAX]) {
    if (!copy_word(s->bucket, sizeof(s->bucket), c->bucket, "_") || strlen(s->bucket) < 3) {
        return wrong(why, "the bucket's name must have 3 to 63 letters, digits, dots and hyphens",
                     c->bucket);
    }
    if (!copy_word(s->region, sizeof(s->region), c->region, "_") || !*s->region) {
        return wrong(why, "the region must be named", c->region);
    }
    if (is_set(c->prefix)) {
        size_t n = strlen(c->prefix);
        if (n >= sizeof(s->prefix) || c->prefix[n - 1] != '/') {
            return wrong(why, "the prefix must end in / and be shorter than 128", c->prefix);
        }
        snprintf(s->prefix, sizeof(s->prefix), "%.*s", (int)(n - 1), c->prefix);
        if (!store_name_ok(s->prefix)) {
            return wrong(why, "the prefix must be of letters, digits, / . _ and -", c->prefix);
        }
        memcpy(s->prefix + n - 1, "/", 2);
    }
    return set_endpoint(s, c, why);
}

static enum err set_encryption(struct s3 *s, const struct s3_config *c, char why[WHY_MAX]) {
#define X(sym, name) name,
    static const char *const names[] = {S3_ENCRYPTIONS(X)};
#undef X
    if (c->encryption != S3_ENCRYPTION_NONE) {
        snprintf(s->encryption, sizeof(s->encryption), "%s", names[c->encryption]);
    }
    if (!copy_word(s->kms_key, sizeof(s->kms_key), c->kms_key, ":/_")) {
        return wrong(why, "the key must be a key id, alias or ARN", c->kms_key);
    }
    if (*s->kms_key && c->encryption != S3_ENCRYPTION_KMS) {
        return wrong(why, "a key needs the encryption \"aws:kms\"", c->kms_key);
    }
    return OK;
}

static enum err set_files(struct s3 *s, const struct s3_config *c, char why[WHY_MAX]) {
    if (!is_set(c->access_key_file) || !is_set(c->secret_key_file)) {
        return wrong(why, "files with access key and secret key must be named", "");
    }
    s->access_key_file = mem_strdup(c->access_key_file);
    s->secret_key_file = mem_strdup(c->secret_key_file);
    bool token = is_set(c->session_token_file);
    s->session_token_file = token ? mem_strdup(c->session_token_file) : NULL;
    if (!s->access_key_file || !s->secret_key_file || (token && !s->session_token_file)) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    return OK;
}

enum err store_s3_open(const struct s3_config *c, struct store *ret, char why[WHY_MAX]) {
    struct s3 *s = mem_zalloc(1, sizeof(*s));
    *ret = (struct store){.ctx = s,
                          .put = s3_put,
                          .size = s3_size,
                          .read = s3_read,
                          .remove = s3_remove,
                          .list = s3_list,
                          .peek = s3_peek,
                          .digest = s3_digest,
                          .why = s3_why};
    if (!s) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    s->http = *c->http;
    s->wall = c->wall;
    s->wall_ctx = c->wall_ctx;
    enum err e = set_place(s, c, why);
    e = e == OK ? set_encryption(s, c, why) : e;
    e = e == OK ? set_files(s, c, why) : e;
    if (e == OK) {
        e = s3_secrets_load(s);
        snprintf(why, WHY_MAX, "%s", s->why);
    }
    if (e != OK) {
        store_s3_close(ret);
    }
    return e;
}

void store_s3_close(struct store *store) {
    struct s3 *s = store->ctx;
    if (s) {
        http_answer_free(&s->answer);
        mem_free(s->access_key_file);
        mem_free(s->secret_key_file);
        mem_free(s->session_token_file);
        mem_wipe(s, sizeof(*s));
        mem_free(s);
    }
    memset(store, 0, sizeof(*store));
}

#include "tests/unit/recorder/bench_s3.h"

#include "recorder/store/sigv4.h"

#include "base/alloc.h"
#include "base/check.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#define MAX_SKEW (15 * 60 * US_PER_S)

static const char *header(const struct http_request *q, const char *name) {
    for (size_t i = 0; i < q->n_headers; i++) {
        if (strcasecmp(q->headers[i].name, name) == 0) {
            return q->headers[i].value;
        }
    }
    return NULL;
}

static enum err say(struct http_answer *a, int status, const char *code) {
    a->status = status;
    if (code) {
        buffer_printf(&a->body,
                      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>%s</Code>"
                      "<Message>said by a test</Message></Error>",
                      code);
    }
    return a->body.bad || a->headers.bad ? ERR_NOMEM : OK;
}

struct fake_object *fake_s3_find(struct fake_s3 *s, const char *key) {
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->objects[i].key, key) == 0) {
            return &s->objects[i];
        }
    }
    return NULL;
}

/* ---- what a service checks ---- */

static void decode(char *text) {
    char *to = text;
    for (const char *p = text; *p; p++) {
        uint8_t c = (uint8_t)*p;
        char two[3] = {0};
        if (c == '%') {
            memcpy(two, p + 1, 2);
            CHECK(hex_decode(&c, 1, two));
            p += 2;
        }
        *to++ = (char)c;
    }
    *to = '\0';
}

/* The request in parts: encoded path, and the query's fields decoded. */
struct parts {
    char url[8192];
    const char *host, *path;
    struct sigv4_field query[16];
    size_t n_query;
};

static void take_apart(const struct http_request *q, struct parts *p) {
    CHECK(strlen(q->url) < sizeof(p->url));
    strcpy(p->url, q->url);
    char *at = strstr(p->url, "://") + 3;
    char *query = strchr(at, '?');
    p->n_query = 0;
    if (query) {
        *query++ = '\0';
    }
    p->host = at;
    p->path = strchr(at, '/');
    CHECK(p->path);
    for (char *f = query; f && *f;) {
        char *next = strchr(f, '&');
        if (next) {
            *next++ = '\0';
        }
        char *value = strchr(f, '=');
        CHECK(value && p->n_query < ARRAY_LEN(p->query));
        *value++ = '\0';
        decode(f);
        decode(value);
        p->query[p->n_query++] = (struct sigv4_field){f, value};
        f = next;
    }
}

/* NULL, or the code with which it is refused. */
static const char *check(const struct fake_s3 *s, const struct http_request *q,
                         const struct parts *p) {
    struct sigv4_field headers[SIGV4_FIELDS_MAX];
    struct sigv4_keys keys = {s->access_key, s->secret_key, s->session_token};
    struct sigv4_scope scope = {"eu-central-1", "s3", s->wall};
    struct buffer expected = {0};
    char hash[SIGV4_HASH_MAX], date[SIGV4_DATE_MAX];
    size_t n = 0;
    for (size_t i = 0; i < q->n_headers; i++) {
        if (strcasecmp(q->headers[i].name, "Authorization") != 0) {
            headers[n++] = (struct sigv4_field){q->headers[i].name, q->headers[i].value};
        }
    }
    const char *token = header(q, "X-Amz-Security-Token");
    if (!strstr(header(q, "Authorization"), s->access_key)) {
        return "InvalidAccessKeyId";
    }
    if (llabs(s->skew) > MAX_SKEW) {
        return "RequestTimeTooSkewed";
    }
    if (s->session_token && (!token || strcmp(token, s->session_token) != 0)) {
        return "ExpiredToken";
    }
    if (strcmp(header(q, "X-Amz-Content-Sha256"), sigv4_hash(q->body, hash)) != 0) {
        return "XAmzContentSHA256Mismatch";
    }
    CHECK(strcmp(header(q, "X-Amz-Date"), sigv4_date(s->wall, date)) == 0);
    struct sigv4_request r = {q->method, p->path, p->query, p->n_query, headers, n, hash};
    bool memory = sigv4_authorization(&expected, &keys, &scope, &r) != OK;
    bool same = !memory && strcmp(expected.p, header(q, "Authorization")) == 0;
    buffer_free(&expected);
    return memory ? "InternalError" : same ? NULL : "SignatureDoesNotMatch";
}

/* ---- requests ---- */

static enum err put(struct fake_s3 *s, const struct http_request *q, const char *key,
                    struct http_answer *a) {
    const char *encryption = header(q, "x-amz-server-side-encryption");
    struct fake_object *o = fake_s3_find(s, key);
    s->puts++;
    CHECK(strcmp(header(q, "If-None-Match"), "*") == 0);
    if (o && !s->replaces) {
        return say(a, 412, "PreconditionFailed");
    }
    CHECK(o || s->n < ARRAY_LEN(s->objects));
    if (o) {
        free(o->p);
    } else {
        o = &s->objects[s->n++];
    }
    *o = (struct fake_object){.p = malloc(q->body.n + 1), .n = q->body.n};
    CHECK(o->p);
    CHECK(strlen(key) < sizeof(o->key));
    strcpy(o->key, key);
    memcpy(o->p, q->body.p ? q->body.p : (const uint8_t *)"", q->body.n);
    if (s->spoils_puts && o->n) {
        o->p[o->n / 2] ^= 1;
    }
    o->checksum = header(q, "x-amz-checksum-sha256") && !s->no_checksums;
    if (encryption && !s->ignores_encryption) {
        snprintf(o->encryption, sizeof(o->encryption), "%s", encryption);
        buffer_printf(&a->headers, "x-amz-server-side-encryption: %s\r\n", encryption);
        const char *id = header(q, "x-amz-server-side-encryption-aws-kms-key-id");
        buffer_printf(&a->headers, "x-amz-server-side-encryption-aws-kms-key-id: %s%s\r\n",
                      "arn:aws:kms:eu-central-1:1:key/", id ? id : "own");
    }
    return say(a, 200, NULL);
}

static void object_headers(const struct fake_s3 *s, const struct fake_object *o,
                           struct http_answer *a) {
    struct store_digest d;
    char sum[64];
    if (o->encryption[0]) {
        buffer_printf(&a->headers, "x-amz-server-side-encryption: %s\r\n", o->encryption);
        buffer_str(&a->headers, "x-amz-server-side-encryption-aws-kms-key-id: key-1\r\n");
    }
    if (o->checksum && !s->no_checksums) {
        CHECK(store_digest_bytes(bytes_of(o->p, o->n), &d) == OK);
        EVP_EncodeBlock((unsigned char *)sum, d.sha256, sizeof(d.sha256));
        buffer_printf(&a->headers, "x-amz-checksum-sha256: %s\r\n", sum);
    }
}

static enum err get(struct fake_s3 *s, const struct http_request *q, const struct fake_object *o,
                    struct http_answer *a) {
    const char *range = header(q, "Range");
    unsigned long long from, to;
    s->gets++;
    if (!range || s->ignores_ranges) {
        buffer_put(&a->body, o->p, o->n);
        return a->body.n > q->limit ? ERR_LONG : say(a, 200, NULL);
    }
    CHECK(sscanf(range, "bytes=%llu-%llu", &from, &to) == 2 && from <= to);
    if (from >= o->n) {
        buffer_printf(&a->headers, "Content-Range: bytes */%zu\r\n", o->n);
        return say(a, 416, "InvalidRange");
    }
    to = to < o->n ? to : o->n - 1;
    buffer_printf(&a->headers, "content-range: bytes %llu-%llu/%zu\r\n", from, to, o->n);
    buffer_put(&a->body, o->p + from, (size_t)(to - from + 1));
    return say(a, 206, NULL);
}

static const char *query_of(const struct parts *p, const char *name) {
    for (size_t i = 0; i < p->n_query; i++) {
        if (strcmp(p->query[i].name, name) == 0) {
            return p->query[i].value;
        }
    }
    return NULL;
}

static enum err list(struct fake_s3 *s, const struct parts *p, struct http_answer *a) {
    const char *token = query_of(p, "continuation-token"), *prefix = query_of(p, "prefix");
    size_t at = token ? (size_t)atoi(token) : 0, n = 0;
    CHECK(strcmp(query_of(p, "list-type"), "2") == 0 && prefix);
    s->lists++;
    buffer_str(&a->body, "<?xml version=\"1.0\"?><ListBucketResult "
                         "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>tours</Name>");
    for (; at < s->n && n < s->page; at++) {
        if (strncmp(s->objects[at].key, prefix, strlen(prefix)) == 0) {
            buffer_printf(&a->body, "<Contents><Key>%s</Key><Size>%zu</Size></Contents>",
                          s->objects[at].key, s->objects[at].n);
            n++;
        }
    }
    bool more = at < s->n || s->endless_lists;
    buffer_printf(&a->body, "<IsTruncated>%s</IsTruncated>", more ? "true" : "false");
    if (more) {
        buffer_printf(&a->body, "<NextContinuationToken>%zu</NextContinuationToken>", at);
    }
    buffer_str(&a->body, "</ListBucketResult>");
    return say(a, 200, NULL);
}

static enum err object_request(struct fake_s3 *s, const struct http_request *q, const char *key,
                               struct http_answer *a) {
    struct fake_object *o = fake_s3_find(s, key);
    if (strcmp(q->method, "PUT") == 0) {
        return put(s, q, key, a);
    }
    if (strcmp(q->method, "DELETE") == 0) {
        s->deletes++;
        if (o) {
            free(o->p);
            *o = s->objects[--s->n];
        }
        return say(a, 204, NULL);
    }
    bool head = strcmp(q->method, "HEAD") == 0;
    s->heads += head;
    if (!o) {
        s->gets += !head;
        return say(a, 404, head ? NULL : "NoSuchKey");
    }
    object_headers(s, o, a);
    if (head) {
        buffer_printf(&a->headers, "Content-Length: %zu\r\n", o->n);
        return say(a, 200, NULL);
    }
    return get(s, q, o, a);
}

static enum err fake_ask(void *ctx, const struct http_request *q, struct http_answer *ret) {
    struct fake_s3 *s = ctx;
    struct parts p;
    char key[4096];
    http_answer_clear(ret);
    take_apart(q, &p);
    bool head = strcmp(q->method, "HEAD") == 0;
    const char *refused = check(s, q, &p);
    if (refused) {
        return say(ret, 403, head ? NULL : refused);
    }
    const char *bucket = s->virtual_host ? "" : "/" FAKE_BUCKET;
    CHECK(strncmp(p.host, s->virtual_host ? FAKE_BUCKET ".s3.example.com" : "s3.example.com",
                  s->virtual_host ? 20 : 14) == 0);
    if (s->no_bucket || strncmp(p.path, bucket, strlen(bucket)) != 0) {
        return say(ret, 404, head ? NULL : "NoSuchBucket");
    }
    snprintf(key, sizeof(key), "%s", p.path + strlen(bucket));
    decode(key);
    return key[0] == '\0' || key[1] == '\0' ? list(s, &p, ret) : object_request(s, q, key + 1, ret);
}

void fake_s3_begin(struct fake_s3 *s) {
    *s = (struct fake_s3){.access_key = "AKTEST", .secret_key = "secret", .page = 1000};
    s->wall = (wall_t){1700000000 * US_PER_S};
    s->http = (struct http){s, fake_ask};
}

void fake_s3_end(struct fake_s3 *s) {
    for (size_t i = 0; i < s->n; i++) {
        free(s->objects[i].p);
    }
    s->n = 0;
}

/* ---- a store over it ---- */

static wall_t service_wall(void *ctx) {
    const struct fake_s3 *s = ctx;
    return s->wall;
}

void s3_bench_secret(struct s3_bench *b, int file, const char *text) {
    int fd = open(b->files[file], O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

void s3_bench_begin(struct s3_bench *b) {
    static const char *const names[] = {"access_key", "secret_key", "session_token"};
    memset(b, 0, sizeof(*b));
    scratch_begin(&b->scratch);
    fake_s3_begin(&b->service);
    fault_http_begin(&b->fault, &b->service.http);
    for (int i = 0; i < 3; i++) {
        struct buffer path = buffer_fixed(b->files[i], sizeof(b->files[i]));
        buffer_printf(&path, "%s/%s", b->scratch.dir, names[i]);
    }
    s3_bench_secret(b, 0, "AKTEST\n");
    s3_bench_secret(b, 1, "secret\n");
    b->config = (struct s3_config){.endpoint = FAKE_ENDPOINT,
                                   .region = "eu-central-1",
                                   .bucket = FAKE_BUCKET,
                                   .prefix = "oriel/a/",
                                   .access_key_file = b->files[0],
                                   .secret_key_file = b->files[1],
                                   .http = &b->fault.http,
                                   .wall = service_wall,
                                   .wall_ctx = &b->service};
}

void s3_bench_open(struct s3_bench *b) {
    char why[WHY_MAX];
    store_s3_close(&b->store);
    CHECK(store_s3_open(&b->config, &b->store, why) == OK);
}

void s3_bench_end(struct s3_bench *b) {
    store_s3_close(&b->store);
    fake_s3_end(&b->service);
    scratch_end(&b->scratch);
}

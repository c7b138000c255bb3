#include "recorder/store/s3_request.h"

#include "base/check.h"
#include "recorder/store/private_file.h"
#include "recorder/store/s3_xml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum err s3_fail(struct s3 *s, enum err e, enum s3_trouble t, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vsnprintf(s->why, sizeof(s->why), fmt, args);
    va_end(args);
    s->trouble = t;
    return e;
}

/* ---- credentials ---- */

/* Up to cap bytes of a file; -1: why. A file that others may read or change is not trusted. */
static ssize_t read_private(const char *path, char *out, size_t cap, const char **why) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        *why = strerror(errno);
        return -1;
    }
    *why = private_file_wrong(fd, path);
    ssize_t n = *why ? -1 : read(fd, out, cap);
    if (n < 0 && !*why) {
        *why = strerror(errno);
    }
    close(fd);
    return n;
}

/* One line of visible characters; what surrounds it is left out. */
static enum err read_secret(struct s3 *s, const char *path, char *out, size_t cap) {
    const char *why = "";
    ssize_t n = read_private(path, out, cap, &why);
    if (n < 0) {
        out[0] = '\0';
        return s3_fail(s, ERR_IO, S3_CREDENTIALS, "%.200s: %s", path, why);
    }
    while (n > 0 && (unsigned char)out[n - 1] <= ' ') {
        n--;
    }
    bool ok = n > 0 && (size_t)n < cap;
    for (ssize_t i = 0; i < n && ok; i++) {
        ok = out[i] > ' ' && out[i] < 0x7f;
    }
    if (!ok) {
        mem_wipe(out, cap);
        return s3_fail(s, ERR_FORMAT, S3_CREDENTIALS,
                       "%.200s: must hold one line of visible characters", path);
    }
    out[n] = '\0';
    return OK;
}

enum err s3_secrets_load(struct s3 *s) {
    struct s3_secrets x = {0};
    enum err e = read_secret(s, s->access_key_file, x.access_key, sizeof(x.access_key));
    if (e == OK) {
        e = read_secret(s, s->secret_key_file, x.secret_key, sizeof(x.secret_key));
    }
    if (e == OK && s->session_token_file) {
        e = read_secret(s, s->session_token_file, x.session_token, sizeof(x.session_token));
    }
    if (e == OK) {
        s->secrets = x;
    }
    mem_wipe(&x, sizeof(x));
    return e;
}

/* ---- a request ---- */

void s3_path(const struct s3 *s, const char *name, struct buffer *b) {
    buffer_str(b, s->root);
    if (name || !*s->root) {
        buffer_str(b, "/");
    }
    if (name) {
        sigv4_encode(b, s->prefix, true);
        sigv4_encode(b, name, true);
    }
}

/* The parts of a request on its way; headers point into it. */
struct draft {
    struct buffer path, url, authorization;
    char date[SIGV4_DATE_MAX], hash[SIGV4_HASH_MAX];
    struct sigv4_field headers[S3_CALL_HEADERS + 8];
    size_t n;
};

static void add(struct draft *d, const char *name, const char *value) {
    CHECK(d->n < ARRAY_LEN(d->headers));
    d->headers[d->n++] = (struct sigv4_field){name, value};
}

static enum err sign(struct s3 *s, const struct s3_call *c, struct draft *d) {
    struct sigv4_keys keys = {s->secrets.access_key, s->secrets.secret_key,
                              s->secrets.session_token};
    struct sigv4_scope scope = {s->region, "s3", s->wall(s->wall_ctx)};
    add(d, "Host", s->host);
    add(d, "X-Amz-Date", sigv4_date(scope.now, d->date));
    add(d, "X-Amz-Content-Sha256", sigv4_hash(c->body, d->hash));
    if (*keys.session_token) {
        add(d, "X-Amz-Security-Token", keys.session_token);
    }
    for (size_t i = 0; i < c->n_headers; i++) {
        add(d, c->headers[i].name, c->headers[i].value);
    }
    s3_path(s, c->name, &d->path);
    if (d->path.bad) {
        return ERR_NOMEM;
    }
    struct sigv4_request q = {.method = c->method,
                              .path = d->path.p,
                              .query = c->query,
                              .n_query = c->n_query,
                              .headers = d->headers,
                              .n_headers = d->n,
                              .payload = d->hash};
    enum err e = sigv4_authorization(&d->authorization, &keys, &scope, &q);
    if (e == OK) {
        add(d, "Authorization", d->authorization.p);
    }
    return e;
}

static enum err send_draft(struct s3 *s, const struct s3_call *c, struct draft *d) {
    struct http_field fields[ARRAY_LEN(d->headers)];
    buffer_printf(&d->url, "%s://%s%s", s->scheme, s->host, d->path.p);
    if (c->n_query) {
        buffer_str(&d->url, "?");
        enum err e = sigv4_query(&d->url, c->query, c->n_query);
        if (e != OK) {
            return e;
        }
    }
    if (d->url.bad) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < d->n; i++) {
        fields[i] = (struct http_field){d->headers[i].name, d->headers[i].value};
    }
    struct http_request q = {.method = c->method,
                             .url = d->url.p,
                             .headers = fields,
                             .n_headers = d->n,
                             .body = c->body,
                             .limit = c->limit > S3_ERROR_MAX ? c->limit : S3_ERROR_MAX};
    return s->http.ask(s->http.ctx, &q, &s->answer);
}

static enum err ask_once(struct s3 *s, const struct s3_call *c) {
    struct draft d = {0};
    http_answer_clear(&s->answer);
    s->trouble = S3_FINE;
    s->why[0] = '\0';
    enum err e = sign(s, c, &d);
    e = e == OK ? send_draft(s, c, &d) : e;
    buffer_free(&d.path);
    buffer_free(&d.url);
    buffer_free(&d.authorization);
    if (e == OK) {
        return OK;
    }
    if (e == ERR_LONG) {
        return s3_fail(s, ERR_IO, S3_BAD_ANSWER, "%s://%s: %.300s", s->scheme, s->host,
                       s->answer.why);
    }
    return s3_fail(s, e, e == ERR_IO ? S3_UNREACHABLE : S3_FINE,
                   "%.8s://%.200s cannot be reached: %.200s", s->scheme, s->host,
                   e == ERR_IO ? s->answer.why : err_name(e));
}

/* What the service said, where it said something. */
static void read_error(const struct s3 *s, struct s3_error *ret) {
    const struct buffer *b = &s->answer.body;
    (void)s3_error_parse(bytes_of(b->p, b->n), ret);
}

/* Credentials that it does not know, or no longer: they may have been renewed. A HEAD's answer does
 * not say why. */
static bool may_be_renewed(const struct s3 *s, const struct s3_call *c) {
    static const char *const codes[] = {"InvalidAccessKeyId", "SignatureDoesNotMatch",
                                        "ExpiredToken", "InvalidToken", "TokenRefreshRequired"};
    struct s3_error x;
    if (s->answer.status != 400 && s->answer.status != 401 && s->answer.status != 403) {
        return false;
    }
    read_error(s, &x);
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        if (strcmp(x.code, codes[i]) == 0) {
            return true;
        }
    }
    return strcmp(c->method, "HEAD") == 0;
}

enum err s3_ask(struct s3 *s, const struct s3_call *c) {
    enum err e = ask_once(s, c);
    if (e != OK || !may_be_renewed(s, c)) {
        return e;
    }
    struct s3_secrets before = s->secrets;
    /* When the files cannot be read now, the answer that is there says more. */
    bool renewed = s3_secrets_load(s) == OK && memcmp(&before, &s->secrets, sizeof(before)) != 0;
    mem_wipe(&before, sizeof(before));
    return renewed ? ask_once(s, c) : OK;
}

/* ---- what a refusal means ---- */

static const struct meaning {
    const char *code;
    enum err error;
    enum s3_trouble trouble;
    const char *advice;
} meanings[] = {
    {"NoSuchKey", ERR_UNKNOWN, S3_FINE, ""},
    {"PreconditionFailed", ERR_EXISTS, S3_FINE, ""},
    {"InvalidRange", ERR_RANGE, S3_FINE, ""},
    {"NoSuchBucket", ERR_IO, S3_NO_BUCKET, "create the bucket, or correct its name"},
    {"AccessDenied", ERR_IO, S3_DENIED,
     "allow s3:PutObject, GetObject, DeleteObject and ListBucket to these credentials"},
    {"InvalidAccessKeyId", ERR_IO, S3_DENIED, "check the access key"},
    {"SignatureDoesNotMatch", ERR_IO, S3_DENIED, "check the secret key, and the region"},
    {"ExpiredToken", ERR_IO, S3_DENIED, "renew the session token"},
    {"InvalidToken", ERR_IO, S3_DENIED, "renew the session token"},
    {"TokenRefreshRequired", ERR_IO, S3_DENIED, "renew the session token"},
    {"RequestTimeTooSkewed", ERR_IO, S3_CLOCK, "set the clock of this machine"},
    {"RequestExpired", ERR_IO, S3_CLOCK, "set the clock of this machine"},
    {"PermanentRedirect", ERR_IO, S3_REGION, "set endpoint and region to those of the bucket"},
    {"TemporaryRedirect", ERR_IO, S3_REGION, "set endpoint and region to those of the bucket"},
    {"AuthorizationHeaderMalformed", ERR_IO, S3_REGION, "set the region to that of the bucket"},
    {"QuotaExceeded", ERR_NOSPACE, S3_FULL, "raise the quota"},
    {"InsufficientStorage", ERR_NOSPACE, S3_FULL, "give the service more room"},
    {"BadDigest", ERR_IO, S3_BAD_ANSWER, "the object was damaged on its way"},
    {"XAmzContentSHA256Mismatch", ERR_IO, S3_BAD_ANSWER, "the object was damaged on its way"},
};

static const struct meaning key_service = {
    "", ERR_IO, S3_KEY_SERVICE,
    "the service cannot encrypt: check the key, its state and the permission to use it"};
static const struct meaning busy = {"", ERR_IO, S3_BUSY, "it will be tried again"};
static const struct meaning denied = {"", ERR_IO, S3_DENIED, "check the credentials"};
static const struct meaning elsewhere = {"", ERR_IO, S3_REGION,
                                         "set endpoint and region to those of the bucket"};
static const struct meaning strange = {"", ERR_IO, S3_BAD_ANSWER,
                                       "is this an S3-compatible service?"};

/* The key service refuses with a code of its own, or with a general one and a message. */
static bool of_key_service(const struct s3_error *x) {
    return strncmp(x->code, "KMS", 3) == 0 || strcasestr(x->message, "kms") != NULL;
}

static const struct meaning *meaning_of(int status, const struct s3_error *x) {
    if (of_key_service(x)) {
        return &key_service;
    }
    for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
        if (strcmp(meanings[i].code, x->code) == 0) {
            return &meanings[i];
        }
    }
    return status >= 500 || status == 429 || status == 409 ? &busy
           : status == 401 || status == 403                ? &denied
           : status >= 300 && status < 400                 ? &elsewhere
                                                           : &strange;
}

enum err s3_refused(struct s3 *s, const struct s3_call *c) {
    char region[64];
    struct s3_error x;
    read_error(s, &x);
    const struct meaning *m = meaning_of(s->answer.status, &x);
    if (x.region[0] == '\0' &&
        http_header(&s->answer, "x-amz-bucket-region", region, sizeof(region))) {
        snprintf(x.region, sizeof(x.region), "%s", region);
    }
    bool told = m->trouble == S3_REGION && x.region[0];
    return s3_fail(s, m->error, m->trouble, "bucket %s: %s answered with %d%s%s%s%.120s%s%s%s%s%s",
                   s->bucket, c->method, s->answer.status, x.code[0] ? " " : "", x.code,
                   x.message[0] ? ", " : "", x.message, m->advice[0] ? ": " : "", m->advice,
                   told ? " (" : "", told ? x.region : "", told ? ")" : "");
}

/* A small S3 in memory behind struct http: it checks what a service checks (signature, date,
 * hashes) and can lie. That our signature is right is proven elsewhere, by Amazon's examples and by
 * a real service; here it must be the one of exactly the request that came. */
#ifndef ORIEL_TESTS_BENCH_S3_H
#define ORIEL_TESTS_BENCH_S3_H

#include "recorder/store/store_s3.h"

#include "tests/unit/recorder/bench_http.h"
#include "tests/unit/recorder/bench_store.h"

#define FAKE_ENDPOINT "https://s3.example.com"
#define FAKE_BUCKET "tours"

struct fake_object {
    char key[256];
    uint8_t *p;
    size_t n;
    char encryption[16];
    bool checksum;
};

struct fake_s3 {
    struct http http;
    bool virtual_host;                                   /* addressed as BUCKET.host */
    wall_t wall;                                         /* of the client and the service */
    int64_t skew;                                        /* [us] of the service's clock */
    const char *access_key, *secret_key, *session_token; /* those it knows */
    struct fake_object objects[256];
    size_t n;
    unsigned page; /* keys of a list at once */
    unsigned puts, gets, heads, deletes, lists;
    /* What it does wrong. */
    bool no_bucket, no_checksums, ignores_encryption, ignores_ranges, spoils_puts, endless_lists;
    bool replaces; /* ignores If-None-Match */
};
void fake_s3_begin(struct fake_s3 *s);
void fake_s3_end(struct fake_s3 *s);
struct fake_object *fake_s3_find(struct fake_s3 *s, const char *key);

/* Credential files in a scratch folder, and the configuration that names them. */
struct s3_bench {
    struct scratch scratch;
    struct fake_s3 service;
    struct fault_http fault; /* between store and service */
    struct s3_config config;
    struct store store;
    char files[3][PATH_MAX];
};
/* Everything right; s3_bench_open opens b->store over what b->config says then. */
void s3_bench_begin(struct s3_bench *b);
void s3_bench_open(struct s3_bench *b);
void s3_bench_end(struct s3_bench *b);
/* Write one of the credential files, mode 0600. */
void s3_bench_secret(struct s3_bench *b, int file, const char *text);

#endif

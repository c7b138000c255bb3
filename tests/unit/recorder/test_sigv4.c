/* The examples are Amazon's: "Authenticating Requests: Using the Authorization Header" and "Using
 * Query Parameters" of the S3 API reference, and the Signature Version 4 test suite. */
#include "recorder/store/sigv4.h"

#include "tests/unit/test.h"

#define MAY_24_2013 1369353600    /* [s] 2013-05-24T00:00:00Z */
#define AUGUST_30_2015 1440938160 /* [s] 2015-08-30T12:36:00Z */

static const struct sigv4_keys s3_keys = {"AKIAIOSFODNN7EXAMPLE",
                                          "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", NULL};
static const struct sigv4_scope s3_scope = {"us-east-1", "s3", {MAY_24_2013 * US_PER_S}};
static const struct sigv4_keys suite_keys = {"AKIDEXAMPLE",
                                             "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", NULL};
static const struct sigv4_scope suite_scope = {"us-east-1", "service", {AUGUST_30_2015 * US_PER_S}};

/* The signature at the end of the Authorization header, or "". */
static const char *signed_as(const struct sigv4_keys *k, const struct sigv4_scope *s,
                             const struct sigv4_request *q) {
    static char out[SIGV4_HASH_MAX];
    struct buffer b = {0};
    out[0] = '\0';
    EXPECT_EQ(sigv4_authorization(&b, k, s, q), OK);
    const char *at = b.p ? strstr(b.p, ", Signature=") : NULL;
    if (at) {
        snprintf(out, sizeof(out), "%s", at + strlen(", Signature="));
    }
    buffer_free(&b);
    return out;
}

TEST(sigv4_get_object) {
    char hash[SIGV4_HASH_MAX];
    const struct sigv4_field headers[] = {
        {"Host", "examplebucket.s3.amazonaws.com"},
        {"Range", "bytes=0-9"},
        {"x-amz-content-sha256", sigv4_hash(bytes_of(NULL, 0), hash)},
        {"x-amz-date", "20130524T000000Z"},
    };
    const struct sigv4_request q = {
        .method = "GET", .path = "/test.txt", .headers = headers, .n_headers = 4, .payload = hash};
    struct buffer b = {0};
    EXPECT_EQ(sigv4_authorization(&b, &s3_keys, &s3_scope, &q), OK);
    EXPECT_STR(b.p, "AWS4-HMAC-SHA256 "
                    "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                    "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature="
                    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    buffer_free(&b);
}

TEST(sigv4_put_object) {
    char hash[SIGV4_HASH_MAX];
    struct buffer path = {0};
    sigv4_encode(&path, "/test$file.text", true);
    EXPECT_STR(path.p, "/test%24file.text");
    const struct sigv4_field headers[] = {
        {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
        {"x-amz-date", "20130524T000000Z"},
        {"x-amz-content-sha256", sigv4_hash(bytes_of("Welcome to Amazon S3.", 21), hash)},
        {"Host", "examplebucket.s3.amazonaws.com"},
        {"Date", "Fri, 24 May 2013 00:00:00 GMT"},
    };
    const struct sigv4_request q = {
        .method = "PUT", .path = path.p, .headers = headers, .n_headers = 5, .payload = hash};
    EXPECT_STR(hash, "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
    EXPECT_STR(signed_as(&s3_keys, &s3_scope, &q),
               "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    buffer_free(&path);
}

TEST(sigv4_queries) {
    char hash[SIGV4_HASH_MAX];
    const struct sigv4_field headers[] = {
        {"Host", "examplebucket.s3.amazonaws.com"},
        {"x-amz-content-sha256", sigv4_hash(bytes_of(NULL, 0), hash)},
        {"x-amz-date", "20130524T000000Z"},
    };
    const struct sigv4_field lifecycle[] = {{"lifecycle", ""}};
    const struct sigv4_field list[] = {{"prefix", "J"}, {"max-keys", "2"}};
    struct sigv4_request q = {.method = "GET",
                              .path = "/",
                              .query = lifecycle,
                              .n_query = 1,
                              .headers = headers,
                              .n_headers = 3,
                              .payload = hash};
    EXPECT_STR(signed_as(&s3_keys, &s3_scope, &q),
               "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    q.query = list;
    q.n_query = 2;
    EXPECT_STR(signed_as(&s3_keys, &s3_scope, &q),
               "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(sigv4_presigned_link) {
    const struct sigv4_field headers[] = {{"host", "examplebucket.s3.amazonaws.com"}};
    const struct sigv4_request q = {
        .method = "GET", .path = "/test.txt", .headers = headers, .n_headers = 1};
    struct buffer b = {0};
    EXPECT_EQ(sigv4_presign(&b, &s3_keys, &s3_scope, &q, 86400), OK);
    EXPECT_STR(b.p, "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F"
                    "20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&"
                    "X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
                    "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    buffer_cut(&b, 0);
    EXPECT_EQ(sigv4_presign(&b, &s3_keys, &s3_scope, &q, 0), ERR_RANGE);
    EXPECT_EQ(sigv4_presign(&b, &s3_keys, &s3_scope, &q, SIGV4_SECONDS_MAX + 1), ERR_RANGE);
    EXPECT_EQ(b.n, 0);
    const struct sigv4_keys temporary = {s3_keys.access_key, s3_keys.secret_key, "a/b=="};
    EXPECT_EQ(sigv4_presign(&b, &temporary, &s3_scope, &q, SIGV4_SECONDS_MAX), OK);
    EXPECT(strstr(b.p, "&X-Amz-Security-Token=a%2Fb%3D%3D&X-Amz-SignedHeaders=host&") != NULL);
    buffer_free(&b);
}

static struct sigv4_request suite(const char *method, const struct sigv4_field *headers, size_t n,
                                  const char *hash) {
    return (struct sigv4_request){
        .method = method, .path = "/", .headers = headers, .n_headers = n, .payload = hash};
}

TEST(sigv4_suite) {
    char hash[SIGV4_HASH_MAX];
    sigv4_hash(bytes_of(NULL, 0), hash);
    const struct sigv4_field plain[] = {{"Host", "example.amazonaws.com"},
                                        {"X-Amz-Date", "20150830T123600Z"}};
    /* get-vanilla */
    struct sigv4_request q = suite("GET", plain, 2, hash);
    EXPECT_STR(signed_as(&suite_keys, &suite_scope, &q),
               "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    /* get-vanilla-query-order-key-case */
    const struct sigv4_field order[] = {{"Param2", "value2"}, {"Param1", "value1"}};
    q.query = order;
    q.n_query = 2;
    EXPECT_STR(signed_as(&suite_keys, &suite_scope, &q),
               "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
    /* get-header-value-trim */
    const struct sigv4_field trim[] = {{"Host", "example.amazonaws.com"},
                                       {"My-Header1", " value1"},
                                       {"My-Header2", " \"a   b   c\""},
                                       {"X-Amz-Date", "20150830T123600Z"}};
    q = suite("GET", trim, 4, hash);
    EXPECT_STR(signed_as(&suite_keys, &suite_scope, &q),
               "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
    /* post-x-www-form-urlencoded */
    const struct sigv4_field form[] = {{"Content-Type", "application/x-www-form-urlencoded"},
                                       {"Host", "example.amazonaws.com"},
                                       {"X-Amz-Date", "20150830T123600Z"}};
    q = suite("POST", form, 3, sigv4_hash(bytes_of("Param1=value1", 13), hash));
    EXPECT_STR(signed_as(&suite_keys, &suite_scope, &q),
               "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

#define SUITE_TOKEN                                                                       \
    "AQoDYXdzEPT//////////"                                                               \
    "wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPf"            \
    "IeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/"                                                \
    "kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7W"                           \
    "Z0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+" \
    "scqKmlzm8F"                                                                          \
    "DrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="

TEST(sigv4_session_token) {
    char hash[SIGV4_HASH_MAX];
    /* post-sts-header-before: the token is signed, too. */
    const struct sigv4_field headers[] = {{"Host", "example.amazonaws.com"},
                                          {"X-Amz-Date", "20150830T123600Z"},
                                          {"X-Amz-Security-Token", SUITE_TOKEN}};
    struct sigv4_request q = suite("POST", headers, 3, sigv4_hash(bytes_of(NULL, 0), hash));
    EXPECT_STR(signed_as(&suite_keys, &suite_scope, &q),
               "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
}

TEST(sigv4_sorts_by_name_where_one_begins_with_another) {
    struct buffer b = {0};
    char hash[SIGV4_HASH_MAX];
    const struct sigv4_field headers[] = {
        {"x-amz-server-side-encryption-aws-kms-key-id", "k"},
        {"x-amz-server-side-encryption", "aws:kms"},
        {"host", "h"},
    };
    struct sigv4_request q = suite("PUT", headers, 3, sigv4_hash(bytes_of(NULL, 0), hash));
    EXPECT_EQ(sigv4_authorization(&b, &s3_keys, &s3_scope, &q), OK);
    EXPECT(strstr(b.p, "SignedHeaders=host;x-amz-server-side-encryption;"
                       "x-amz-server-side-encryption-aws-kms-key-id,") != NULL);
    buffer_free(&b);
}

TEST(sigv4_encodes_all_but_unreserved) {
    struct buffer b = {0};
    sigv4_encode(&b, "aZ09-._~ /+=&%*\xc3\xa9\x7f", false);
    EXPECT_STR(b.p, "aZ09-._~%20%2F%2B%3D%26%25%2A%C3%A9%7F");
    buffer_cut(&b, 0);
    const struct sigv4_field same[] = {{"a", "2"}, {"b b", "/"}, {"a", "1"}};
    EXPECT_EQ(sigv4_query(&b, same, 3), OK);
    EXPECT_STR(b.p, "a=1&a=2&b%20b=%2F");
    buffer_free(&b);
}

TEST(sigv4_dates) {
    char out[SIGV4_DATE_MAX];
    EXPECT_STR(sigv4_date((wall_t){0}, out), "19700101T000000Z");
    EXPECT_STR(sigv4_date((wall_t){MAY_24_2013 * US_PER_S + 999999}, out), "20130524T000000Z");
    EXPECT_STR(sigv4_date((wall_t){1709251199 * US_PER_S}, out), "20240229T235959Z");
}

TEST(sigv4_limits) {
    struct sigv4_field many[SIGV4_FIELDS_MAX + 1];
    struct buffer b = {0};
    char hash[SIGV4_HASH_MAX];
    for (size_t i = 0; i < ARRAY_LEN(many); i++) {
        many[i] = (struct sigv4_field){"n", "v"};
    }
    struct sigv4_request q = suite("GET", many, ARRAY_LEN(many), sigv4_hash(bytes_of("", 0), hash));
    EXPECT_EQ(sigv4_authorization(&b, &s3_keys, &s3_scope, &q), ERR_LONG);
    q.n_headers = 1;
    q.query = many;
    q.n_query = ARRAY_LEN(many);
    EXPECT_EQ(sigv4_authorization(&b, &s3_keys, &s3_scope, &q), ERR_LONG);
    q.n_query = SIGV4_FIELDS_MAX - 5;
    EXPECT_EQ(sigv4_presign(&b, &s3_keys, &s3_scope, &q, 1), ERR_LONG);
    EXPECT_EQ(b.n, 0);
    buffer_free(&b);
}

TEST_ALLOC(sigv4_without_memory) {
    const struct sigv4_keys keys = {"a", "s", "t"};
    const struct sigv4_field headers[] = {{"host", "h"}, {"x-amz-security-token", "t"}};
    const struct sigv4_field query[] = {{"a", "b"}};
    const struct sigv4_request q = {.method = "GET",
                                    .path = "/",
                                    .query = query,
                                    .n_query = 1,
                                    .headers = headers,
                                    .n_headers = 2,
                                    .payload = SIGV4_UNSIGNED};
    struct buffer a = {0}, p = {0};
    enum err e = sigv4_authorization(&a, &keys, &s3_scope, &q);
    EXPECT_EQ(e, mem_failed() ? ERR_NOMEM : OK);
    if (e == OK) {
        e = sigv4_presign(&p, &keys, &s3_scope, &q, 60);
        EXPECT_EQ(e, mem_failed() ? ERR_NOMEM : OK);
    }
    buffer_free(&a);
    buffer_free(&p);
}

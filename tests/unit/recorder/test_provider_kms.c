#include "recorder/seal/provider.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/kms_stub.h"
#include "tests/unit/test.h"

#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/stat.h>

static const struct key_context context = {{{1, 2, 3}}, 7};
static const uint8_t plain[KEY_LEN] = "thirty-two bytes of a secret key";
static const uint8_t zero[KEY_LEN];

struct place {
    struct scratch scratch;
    struct kms_stub kms;
    char token[PATH_MAX], why[WHY_MAX];
    struct provider_kms_config c;
    struct key_provider p;
};

static void place_begin(struct place *p) {
    memset(p, 0, sizeof(*p));
    scratch_begin(&p->scratch);
    kms_stub_begin(&p->kms, &p->scratch);
    p->c = kms_stub_config(&p->kms);
    CHECK(provider_kms_open(&p->c, &p->p, p->why) == OK);
}

static void place_end(struct place *p) {
    provider_close(&p->p);
    scratch_end(&p->scratch);
}

static enum err wrap(struct place *p, struct key_wrap *ret) {
    return p->p.wrap(p->p.ctx, &context, plain, ret, p->why);
}

static enum err unwrap(struct place *p, const struct key_wrap *w, uint8_t *ret) {
    return p->p.unwrap(p->p.ctx, &context, w, ret, p->why);
}

TEST(provider_kms_wraps_and_unwraps_with_the_context) {
    struct place p;
    struct key_wrap w;
    struct key_context other = context, person = context;
    uint8_t back[KEY_LEN];
    place_begin(&p);
    other.recording.b[0] ^= 1;
    person.subject++;
    EXPECT_EQ(p.p.check(p.p.ctx, p.why), OK);
    REQUIRE(wrap(&p, &w) == OK);
    EXPECT_STR(w.provider, PROVIDER_KMS);
    EXPECT_STR(w.key_id, "key-0");
    EXPECT(memmem(w.bytes, w.n, plain, KEY_LEN) == NULL);
    EXPECT_EQ(unwrap(&p, &w, back), OK);
    EXPECT_STR(p.kms.verb, "Decrypt");
    EXPECT(memcmp(back, plain, KEY_LEN) == 0);
    EXPECT_EQ(p.p.unwrap(p.p.ctx, &other, &w, back, p.why), ERR_AUTH);
    EXPECT(memcmp(back, zero, KEY_LEN) == 0);
    EXPECT_EQ(p.p.unwrap(p.p.ctx, &person, &w, back, p.why), ERR_AUTH);
    EXPECT(strncmp(p.why, "wrong key", 9) == 0);
    for (uint16_t i = 0; i < w.n; i++) {
        w.bytes[i] ^= 16;
        EXPECT_EQ(unwrap(&p, &w, back), ERR_AUTH);
        w.bytes[i] ^= 16;
    }
    w.version = 1;
    EXPECT_EQ(unwrap(&p, &w, back), ERR_FORMAT);
    place_end(&p);
}

TEST(provider_kms_wraps_again_without_seeing_the_key) {
    struct place p;
    struct key_wrap w, fresh;
    uint8_t back[KEY_LEN];
    place_begin(&p);
    REQUIRE(wrap(&p, &w) == OK);
    provider_close(&p.p);
    p.c.key = "key-1";
    REQUIRE(provider_kms_open(&p.c, &p.p, p.why) == OK);
    unsigned asked = p.kms.asked;
    EXPECT_EQ(p.p.rewrap(p.p.ctx, &context, &w, &fresh, p.why), OK);
    EXPECT_EQ(p.kms.asked, asked + 1);
    EXPECT_STR(p.kms.verb, "ReEncrypt");
    EXPECT_STR(fresh.key_id, "key-1");
    EXPECT_EQ(unwrap(&p, &fresh, back), OK);
    EXPECT(memcmp(back, plain, KEY_LEN) == 0);
    EXPECT_EQ(unwrap(&p, &w, back), OK); /* the wrap says which key it is under */
    place_end(&p);
}

TEST(provider_kms_credentials_are_read_for_each_request) {
    struct place p;
    struct key_wrap w;
    place_begin(&p);
    scratch_put(&p.scratch, "secret", "another", p.kms.secret_file);
    EXPECT_EQ(wrap(&p, &w), ERR_DENIED);
    EXPECT(strncmp(p.why, "denied", 6) == 0 && strstr(p.why, "InvalidSignatureException"));
    EXPECT(strstr(p.why, "another") == NULL);
    p.kms.secret_key = "another";
    EXPECT_EQ(wrap(&p, &w), OK);
    provider_close(&p.p);
    snprintf(p.token, sizeof(p.token), "%s/token", p.scratch.dir);
    p.c.session_token_file = p.token;
    REQUIRE(provider_kms_open(&p.c, &p.p, p.why) == OK);
    EXPECT_EQ(wrap(&p, &w), ERR_IO); /* no such file */
    scratch_put(&p.scratch, "token", "a-token", p.token);
    p.kms.session_token = "a-token";
    EXPECT_EQ(wrap(&p, &w), OK);
    CHECK(chmod(p.kms.secret_file, 0640) == 0);
    EXPECT_EQ(wrap(&p, &w), ERR_FORMAT);
    place_end(&p);
}

TEST(provider_kms_says_what_is_wrong) {
    static const struct {
        int status;
        const char *type, *word;
        enum err e;
    } table[] = {
        {400, "AccessDeniedException", "denied", ERR_DENIED},
        {400, "ExpiredTokenException", "denied", ERR_DENIED},
        {400, "DisabledException", "disabled", ERR_DENIED},
        {400, "KMSInvalidStateException", "disabled", ERR_DENIED},
        {400, "NotFoundException", "gone", ERR_IO},
        {400, "ThrottlingException", "slow", ERR_AGAIN},
        {400, "KeyUnavailableException", "slow", ERR_AGAIN},
        {400, "InvalidCiphertextException", "wrong key", ERR_AUTH},
        {400, "IncorrectKeyException", "wrong key", ERR_AUTH},
        {400, "SomethingNew", "gone", ERR_IO},
        {500, "SomethingNew", "slow", ERR_AGAIN},
        {429, "", "slow", ERR_AGAIN},
    };
    struct place p;
    struct key_wrap w;
    uint8_t back[KEY_LEN];
    place_begin(&p);
    REQUIRE(wrap(&p, &w) == OK);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        p.kms.status = table[i].status;
        p.kms.type = table[i].type;
        EXPECT_EQ(unwrap(&p, &w, back), table[i].e);
        EXPECT(strncmp(p.why, table[i].word, strlen(table[i].word)) == 0);
        EXPECT(memcmp(back, zero, KEY_LEN) == 0);
    }
    p.kms.type = NULL;
    p.kms.dead = true;
    EXPECT_EQ(unwrap(&p, &w, back), ERR_IO);
    EXPECT(strncmp(p.why, "gone", 4) == 0 && strstr(p.why, "no route"));
    p.kms.dead = false;
    EXPECT_EQ(unwrap(&p, &w, back), OK);
    place_end(&p);
}

/* An answer is input like any other. */
TEST(provider_kms_answers_that_make_no_sense) {
    static const char *const answers[] = {
        "",
        "no json",
        "[]",
        "7",
        "{}",
        "{\"CiphertextBlob\":7}",
        "{\"CiphertextBlob\":\"AAAA\"}",
        "{\"CiphertextBlob\":\"AAAA\",\"KeyId\":\"key-1\"}",
        "{\"CiphertextBlob\":\"AA\",\"KeyId\":\"key-0\"}",
        "{\"CiphertextBlob\":\"????\",\"KeyId\":\"key-0\"}",
        "{\"CiphertextBlob\":\"====\",\"KeyId\":\"key-0\"}",
        "{\"CiphertextBlob\":\"AAAA\",\"KeyId\":\"another-key-0\"}"};
    static const char *const plains[] = {"{\"Plaintext\":\"AAAA\"}", "{\"Plaintext\":null}",
                                         "{\"Plaintext\":\"\"}", "{\"Plaintext\":\"A=A=\"}"};
    struct place p;
    struct key_wrap w, other;
    uint8_t back[KEY_LEN];
    place_begin(&p);
    REQUIRE(wrap(&p, &w) == OK);
    p.kms.status = 200;
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        p.kms.body = answers[i];
        EXPECT_EQ(wrap(&p, &other), ERR_IO);
    }
    for (size_t i = 0; i < ARRAY_LEN(plains); i++) {
        p.kms.body = plains[i];
        EXPECT_EQ(unwrap(&p, &w, back), ERR_AUTH);
        EXPECT(memcmp(back, zero, KEY_LEN) == 0);
    }
    /* Longer than any wrap. */
    static char text[8192];
    int n = snprintf(text, sizeof(text), "{\"KeyId\":\"key-0\",\"CiphertextBlob\":\"");
    memset(text + n, 'A', 4096);
    snprintf(text + n + 4096, sizeof(text) - (size_t)n - 4096, "\"}");
    p.kms.body = text;
    EXPECT_EQ(wrap(&p, &other), ERR_IO);
    place_end(&p);
}

static const char plain_text[] = "dGhpcnR5LXR3byBieXRlcyBvZiBhIHNlY3JldCBrZXk=";
static unsigned left_behind; /* pieces of it in memory that the JSON parser gave back */

static void free_and_look(void *p) {
    left_behind += p && memmem(p, malloc_usable_size(p), plain_text, 16) != NULL;
    free(p);
}

TEST(provider_kms_a_plain_key_is_not_left_in_memory) {
    struct place p;
    struct key_wrap w;
    uint8_t back[KEY_LEN];
    char text[256];
    place_begin(&p);
    REQUIRE(wrap(&p, &w) == OK);
    snprintf(text, sizeof(text), "{\"KeyId\":\"key-0\", \"Plaintext\" :\t\"%s\"}", plain_text);
    p.kms.status = 200;
    p.kms.body = text;
    left_behind = 0;
    json_malloc_t take;
    json_free_t give_back;
    json_get_alloc_funcs(&take, &give_back);
    json_set_alloc_funcs(take, free_and_look);
    json_decref(json_loads(text, 0, NULL));
    EXPECT(left_behind > 0); /* the look finds it */
    left_behind = 0;
    EXPECT_EQ(unwrap(&p, &w, back), OK);
    json_set_alloc_funcs(take, give_back);
    EXPECT_EQ(left_behind, 0);
    EXPECT(memcmp(back, plain, KEY_LEN) == 0);
    place_end(&p);
}

TEST(provider_kms_configurations_that_make_no_sense) {
    struct place p;
    struct key_provider q = {0};
    static const char *const endpoints[] = {"",
                                            "kms.example",
                                            "http://kms.example",
                                            "http://127.evil.example",
                                            "http://127.0.0.1.evil.example:80",
                                            "http://localhost.evil.example",
                                            "http://[::1].evil.example",
                                            "http://localhost@evil.example",
                                            "https://",
                                            "https://kms.example/path",
                                            "https://user@kms.example"};
    place_begin(&p);
    for (size_t i = 0; i < ARRAY_LEN(endpoints); i++) {
        struct provider_kms_config c = p.c;
        c.endpoint = endpoints[i];
        EXPECT_EQ(provider_kms_open(&c, &q, p.why), ERR_FORMAT);
    }
    struct provider_kms_config c = p.c;
    c.key = "alias/recordings";
    EXPECT_EQ(provider_kms_open(&c, &q, p.why), ERR_FORMAT);
    EXPECT(strstr(p.why, "alias"));
    c = p.c;
    c.region = NULL;
    EXPECT_EQ(provider_kms_open(&c, &q, p.why), ERR_FORMAT);
    place_end(&p);
}

#include "recorder/seal/provider.h"

#include "recorder/seal/aead.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/soft_token.h"
#include "tests/unit/test.h"

#include <sys/stat.h>

static const struct key_context context = {{{1, 2, 3}}, 7};
static const uint8_t plain[KEY_LEN] = "thirty-two bytes of a secret key";
static const uint8_t zero[KEY_LEN];

struct bench {
    struct scratch scratch;
    struct rng_seeded state;
    struct rng rng;
    char why[WHY_MAX];
};

static void begin(struct bench *b) {
    scratch_begin(&b->scratch);
    rng_seed(&b->state, 2026);
    b->rng = rng_from_seeded(&b->state);
    b->why[0] = '\0';
}

/* What holds of every provider. */
static void check_provider(struct bench *b, struct key_provider *p) {
    struct key_wrap w, second;
    struct key_context other = context, person = context;
    uint8_t back[KEY_LEN];
    other.recording.b[0] ^= 1;
    person.subject++;
    EXPECT_EQ(p->check(p->ctx, b->why), OK);
    REQUIRE(p->wrap(p->ctx, &context, plain, &w, b->why) == OK);
    EXPECT_STR(w.provider, p->name);
    EXPECT_STR(w.key_id, p->key_id(p->ctx));
    EXPECT(w.n > KEY_LEN && w.n <= PROVIDER_WRAP_MAX);
    EXPECT(memmem(w.bytes, w.n, plain, KEY_LEN) == NULL);
    EXPECT_EQ(p->unwrap(p->ctx, &context, &w, back, b->why), OK);
    EXPECT(memcmp(back, plain, KEY_LEN) == 0);
    EXPECT_EQ(p->unwrap(p->ctx, &other, &w, back, b->why), ERR_AUTH);
    EXPECT(memcmp(back, zero, KEY_LEN) == 0);
    EXPECT_EQ(p->unwrap(p->ctx, &person, &w, back, b->why), ERR_AUTH);
    for (uint16_t i = 0; i < w.n; i++) {
        w.bytes[i] ^= 16;
        EXPECT_EQ(p->unwrap(p->ctx, &context, &w, back, b->why), ERR_AUTH);
        w.bytes[i] ^= 16;
    }
    w.n--;
    EXPECT_EQ(p->unwrap(p->ctx, &context, &w, back, b->why), ERR_FORMAT);
    w.n++;
    w.version = 3;
    EXPECT_EQ(p->unwrap(p->ctx, &context, &w, back, b->why), ERR_FORMAT);
    w.version = 2;
    REQUIRE(p->wrap(p->ctx, &context, plain, &second, b->why) == OK);
    EXPECT(memcmp(w.bytes, second.bytes, w.n) != 0);
    EXPECT_EQ(p->unwrap(p->ctx, &context, &w, back, b->why), OK);
}

TEST(provider_file_wraps_and_unwraps) {
    struct bench b;
    struct key_provider p = {0};
    char path[PATH_MAX];
    begin(&b);
    snprintf(path, sizeof(path), "%s/kek", b.scratch.dir);
    struct provider_file_config c = {.file = path};
    EXPECT_EQ(provider_file_open(&c, &b.rng, &p, b.why), ERR_UNKNOWN);
    c.create = true;
    REQUIRE(provider_file_open(&c, &b.rng, &p, b.why) == OK);
    check_provider(&b, &p);
    provider_close(&p);
    provider_close(&p);
    scratch_end(&b.scratch);
}

#define HEX64_A "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define HEX64_B "10112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

TEST(provider_file_older_keys_open_and_new_ones_seal) {
    struct bench b;
    struct key_provider old = {0}, p = {0}, other = {0};
    struct key_wrap w, fresh;
    char path[3][PATH_MAX];
    uint8_t back[KEY_LEN];
    begin(&b);
    scratch_put(&b.scratch, "old", HEX64_A "\n", path[0]);
    scratch_put(&b.scratch, "new", HEX64_B, path[1]);
    scratch_put(&b.scratch, "bad", HEX64_B "0", path[2]);
    const char *older[] = {path[0], path[2]};
    struct provider_file_config first = {.file = path[0]},
                                both = {.file = path[1], .older = older, .n_older = 1},
                                second = {.file = path[1]},
                                bad = {.file = path[1], .older = older, .n_older = 2};
    REQUIRE(provider_file_open(&first, &b.rng, &old, b.why) == OK);
    REQUIRE(provider_file_open(&both, &b.rng, &p, b.why) == OK);
    REQUIRE(provider_file_open(&second, &b.rng, &other, b.why) == OK);
    REQUIRE(old.wrap(old.ctx, &context, plain, &w, b.why) == OK);
    EXPECT_EQ(p.unwrap(p.ctx, &context, &w, back, b.why), OK);
    EXPECT_EQ(other.unwrap(other.ctx, &context, &w, back, b.why), ERR_AUTH);
    EXPECT(strstr(b.why, "wrong key") && strstr(b.why, w.key_id));
    REQUIRE(p.wrap(p.ctx, &context, plain, &fresh, b.why) == OK);
    EXPECT(strcmp(w.key_id, fresh.key_id) != 0);
    EXPECT_EQ(other.unwrap(other.ctx, &context, &fresh, back, b.why), OK);
    provider_close(&old);
    provider_close(&p);
    provider_close(&other);
    EXPECT_EQ(provider_file_open(&bad, &b.rng, &p, b.why), ERR_FORMAT);
    EXPECT(strstr(b.why, "not 64 hex digits"));
    bad.n_older = PROVIDER_OLDER_MAX + 1;
    EXPECT_EQ(provider_file_open(&bad, &b.rng, &p, b.why), ERR_FORMAT);
    scratch_end(&b.scratch);
}

/* A wrap of an earlier release, made by it: IV, ciphertext and tag under AAD "oriel-wrap/1" | id.
 */
TEST(provider_file_opens_wraps_of_earlier_releases) {
    struct bench b;
    struct key_provider p = {0};
    uint8_t aad[12 + ID_LEN] = "oriel-wrap/1", kek[KEY_LEN];
    struct key_context c = {{{1, 2, 3}}, 0};
    struct key_wrap w = {.provider = PROVIDER_FILE, .version = 1, .n = KEY_LEN + AEAD_OVERHEAD};
    char path[PATH_MAX];
    uint8_t back[KEY_LEN];
    begin(&b);
    scratch_put(&b.scratch, "kek", HEX64_A, path);
    memcpy(aad + 12, c.recording.b, ID_LEN);
    REQUIRE(hex_decode(kek, KEY_LEN, HEX64_A));
    struct aead a = {kek, bytes_of(aad, sizeof(aad))};
    REQUIRE(aead_seal(&a, &b.rng, bytes_of(plain, KEY_LEN), w.bytes) == OK);
    struct provider_file_config config = {.file = path};
    REQUIRE(provider_file_open(&config, &b.rng, &p, b.why) == OK);
    EXPECT_EQ(p.unwrap(p.ctx, &c, &w, back, b.why), OK);
    EXPECT(memcmp(back, plain, KEY_LEN) == 0);
    c.subject = 1;
    EXPECT_EQ(p.unwrap(p.ctx, &c, &w, back, b.why), ERR_FORMAT);
    provider_close(&p);
    scratch_end(&b.scratch);
}

static struct provider_pkcs11_config token_config(const char *module, const char *pin_file) {
    return (struct provider_pkcs11_config){
        .module = module, .token = SOFT_TOKEN, .key = "kek-1", .pin_file = pin_file};
}

TEST(provider_pkcs11_wraps_and_unwraps_in_the_token) {
    const char *module = soft_token_module();
    struct bench b;
    struct key_provider p = {0};
    char pin[PATH_MAX];
    if (!module) {
        return;
    }
    begin(&b);
    scratch_put(&b.scratch, "pin", SOFT_PIN "\n", pin);
    struct provider_pkcs11_config c = token_config(module, pin);
    REQUIRE(provider_pkcs11_open(&c, &b.rng, &p, b.why) == OK);
    EXPECT_EQ(p.check(p.ctx, b.why), ERR_IO);
    EXPECT(strncmp(b.why, "gone", 4) == 0 && strstr(b.why, "kek-1"));
    REQUIRE(soft_token_key("kek-1", 32, false));
    check_provider(&b, &p);
    provider_close(&p);
    EXPECT(soft_token_delete("kek-1"));
    scratch_end(&b.scratch);
}

TEST(provider_pkcs11_goes_on_when_the_token_comes_back) {
    const char *module = soft_token_module();
    struct bench b;
    struct key_provider p = {0}, other = {0};
    struct key_wrap w;
    char pin[PATH_MAX];
    uint8_t back[KEY_LEN];
    if (!module) {
        return;
    }
    begin(&b);
    scratch_put(&b.scratch, "pin", SOFT_PIN, pin);
    struct provider_pkcs11_config c = token_config(module, pin);
    REQUIRE(soft_token_key("kek-1", 32, false));
    REQUIRE(provider_pkcs11_open(&c, &b.rng, &p, b.why) == OK);
    REQUIRE(provider_pkcs11_open(&c, &b.rng, &other, b.why) == OK);
    REQUIRE(p.wrap(p.ctx, &context, plain, &w, b.why) == OK);
    EXPECT_EQ(other.unwrap(other.ctx, &context, &w, back, b.why), OK);
    soft_token_hang_up();
    EXPECT_EQ(p.unwrap(p.ctx, &context, &w, back, b.why), OK);
    EXPECT(memcmp(back, plain, KEY_LEN) == 0);
    /* One of two providers in a process goes; the other's session stays. */
    EXPECT_EQ(other.check(other.ctx, b.why), OK);
    provider_close(&other);
    EXPECT_EQ(p.unwrap(p.ctx, &context, &w, back, b.why), OK);
    soft_token_remove();
    EXPECT_EQ(p.unwrap(p.ctx, &context, &w, back, b.why), ERR_IO);
    EXPECT(strncmp(b.why, "gone", 4) == 0);
    EXPECT(memcmp(back, zero, KEY_LEN) == 0);
    EXPECT_EQ(p.check(p.ctx, b.why), ERR_IO);
    soft_token_insert();
    EXPECT_EQ(p.unwrap(p.ctx, &context, &w, back, b.why), OK);
    EXPECT(memcmp(back, plain, KEY_LEN) == 0);
    EXPECT(soft_token_delete("kek-1"));
    EXPECT_EQ(p.unwrap(p.ctx, &context, &w, back, b.why), ERR_IO);
    provider_close(&p);
    scratch_end(&b.scratch);
}

TEST(provider_pkcs11_refuses_what_is_not_safe) {
    const char *module = soft_token_module();
    struct bench b;
    struct key_provider p = {0};
    char pin[PATH_MAX], wrong[PATH_MAX];
    if (!module) {
        return;
    }
    begin(&b);
    scratch_put(&b.scratch, "pin", SOFT_PIN, pin);
    scratch_put(&b.scratch, "wrong", "0000", wrong);
    struct provider_pkcs11_config c = token_config(module, pin);
    REQUIRE(soft_token_key("leaky", 32, true) && soft_token_key("short", 16, false));
    REQUIRE(soft_token_key("twice", 32, false) && soft_token_key("twice", 32, false));
    static const char *const keys[] = {"leaky", "short", "twice"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        c.key = keys[i];
        REQUIRE(provider_pkcs11_open(&c, &b.rng, &p, b.why) == OK);
        EXPECT_EQ(p.check(p.ctx, b.why), ERR_FORMAT);
        EXPECT(strstr(b.why, keys[i]));
        provider_close(&p);
    }
    c.token = "another";
    REQUIRE(provider_pkcs11_open(&c, &b.rng, &p, b.why) == OK);
    EXPECT_EQ(p.check(p.ctx, b.why), ERR_IO);
    provider_close(&p);
    c.token = "too long a label for a token, and with spaces";
    EXPECT_EQ(provider_pkcs11_open(&c, &b.rng, &p, b.why), ERR_FORMAT);
    c = token_config("/nowhere/module.so", pin);
    EXPECT_EQ(provider_pkcs11_open(&c, &b.rng, &p, b.why), ERR_IO);
    EXPECT(strstr(b.why, "/nowhere/module.so"));
    /* A wrong PIN is said once: the token would lock itself. */
    soft_token_hang_up();
    c = token_config(module, wrong);
    REQUIRE(provider_pkcs11_open(&c, &b.rng, &p, b.why) == OK);
    for (unsigned i = 0; i < 20; i++) {
        EXPECT_EQ(p.check(p.ctx, b.why), ERR_DENIED);
        EXPECT(strncmp(b.why, "denied", 6) == 0);
    }
    provider_close(&p);
    c = token_config(module, pin);
    REQUIRE(provider_pkcs11_open(&c, &b.rng, &p, b.why) == OK);
    EXPECT_EQ(p.check(p.ctx, b.why), ERR_IO); /* logged in; only the key is missing */
    provider_close(&p);
    scratch_end(&b.scratch);
}

#include "recorder/seal/digest.h"
#include "recorder/seal/keys.h"

#include "recorder/seal/wraps.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct id recording = {{1, 2, 3}};

static void write_file(const char *path, const char *text, mode_t mode) {
    remove(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

TEST(keys_kek_is_created_once_and_private) {
    struct scratch s;
    struct kek a, b;
    struct rng_seeded seed;
    rng_seed(&seed, 2026);
    struct rng rng = rng_from_seeded(&seed);
    char path[PATH_MAX], why[WHY_MAX];
    struct stat st;
    scratch_begin(&s);
    snprintf(path, sizeof(path), "%s/kek", s.dir);
    EXPECT_EQ(kek_load(path, NULL, &a, why), ERR_UNKNOWN);
    EXPECT_EQ(kek_load(path, &rng, &a, why), OK);
    REQUIRE(stat(path, &st) == 0);
    EXPECT_EQ(st.st_mode & 0777, 0600);
    EXPECT_EQ(st.st_size, 65);
    EXPECT_EQ(kek_load(path, &rng, &b, why), OK);
    EXPECT(memcmp(&a, &b, sizeof(a)) == 0);
    char aside[PATH_MAX + 8];
    snprintf(aside, sizeof(aside), "%s.new", path);
    EXPECT(access(aside, F_OK) != 0);
    scratch_end(&s);
}

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

TEST(keys_kek_file_must_be_right) {
    static const struct {
        const char *text;
        mode_t mode;
        enum err e;
    } table[] = {
        {HEX64, 0600, OK},
        {HEX64 "\n", 0600, OK},
        {HEX64 " \r\n", 0400, OK},
        {HEX64, 0640, ERR_FORMAT},
        {HEX64, 0622, ERR_FORMAT},
        {HEX64, 0644, ERR_FORMAT},
        {"", 0600, ERR_FORMAT},
        {"0011", 0600, ERR_FORMAT},
        {HEX64 "0", 0600, ERR_FORMAT},
        {HEX64 HEX64, 0600, ERR_FORMAT},
        {"zz112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", 0600, ERR_FORMAT},
    };
    struct scratch s;
    struct kek k;
    char path[PATH_MAX], why[WHY_MAX];
    scratch_begin(&s);
    mode_t mask = umask(0);
    snprintf(path, sizeof(path), "%s/kek", s.dir);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        why[0] = '\0';
        write_file(path, table[i].text, table[i].mode);
        EXPECT_EQ(kek_load(path, NULL, &k, why), table[i].e);
        EXPECT(table[i].e == OK || strstr(why, path) != NULL);
    }
    EXPECT_EQ(k.key[0] | k.key[31], 0);
    umask(mask);
    struct rng_seeded seed;
    rng_seed(&seed, 2026);
    struct rng rng = rng_from_seeded(&seed);
    EXPECT_EQ(kek_load("/proc/none/kek", &rng, &k, why), ERR_IO);
    scratch_end(&s);
}

TEST(keys_a_wrap_belongs_to_one_recording_and_one_kek) {
    struct rng_seeded seed;
    rng_seed(&seed, 2026);
    struct rng rng = rng_from_seeded(&seed);
    struct kek k = {{1}}, other_kek = {{2}};
    struct id other = {{9}};
    uint8_t root[KEY_LEN], wrap[WRAP_LEN], back[KEY_LEN], zero[KEY_LEN] = {0};
    rng_fill(&rng, root, sizeof(root));
    EXPECT_EQ(kek_wrap(&k, &recording, &rng, root, wrap), OK);
    EXPECT_EQ(kek_unwrap(&k, &recording, wrap, back), OK);
    EXPECT(memcmp(root, back, sizeof(root)) == 0);
    EXPECT_EQ(kek_unwrap(&k, &other, wrap, back), ERR_AUTH);
    EXPECT(memcmp(back, zero, sizeof(zero)) == 0);
    EXPECT_EQ(kek_unwrap(&other_kek, &recording, wrap, back), ERR_AUTH);
    for (size_t i = 0; i < WRAP_LEN; i++) {
        wrap[i] ^= 4;
        EXPECT_EQ(kek_unwrap(&k, &recording, wrap, back), ERR_AUTH);
        wrap[i] ^= 4;
    }
    uint8_t second[WRAP_LEN];
    EXPECT_EQ(kek_wrap(&k, &recording, &rng, root, second), OK);
    EXPECT(memcmp(wrap, second, WRAP_LEN) != 0);
}

TEST(keys_derived_keys_are_all_different) {
    uint8_t root[KEY_LEN] = {7};
    struct id other = {{9}};
    struct recording_keys a, b, c;
    EXPECT_EQ(keys_derive(root, &recording, &a), OK);
    EXPECT_EQ(keys_derive(root, &recording, &b), OK);
    EXPECT_EQ(keys_derive(root, &other, &c), OK);
    EXPECT(memcmp(&a, &b, sizeof(a)) == 0);
    EXPECT(memcmp(a.objects, a.signing, KEY_LEN) != 0);
    EXPECT(memcmp(a.objects, c.objects, KEY_LEN) != 0);
    EXPECT(memcmp(a.verifying, c.verifying, KEY_LEN) != 0);
    EXPECT(memcmp(a.objects, root, KEY_LEN) != 0);
}

TEST(keys_digest_and_signature_known_answers) {
    uint8_t hash[SHA256_LEN], signature[SIGNATURE_LEN];
    char hex[2 * SIGNATURE_LEN + 1];
    sha256_of(bytes_of("a", 1), bytes_of("bc", 2), hash);
    hex_encode(hex, hash, sizeof(hash));
    /* FIPS 180-4, "abc". */
    EXPECT_STR(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    /* RFC 8032 section 7.1, test 1: the empty message. */
    struct recording_keys k = {0};
    EXPECT(hex_decode(k.signing, KEY_LEN,
                      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
    EXPECT(hex_decode(k.verifying, KEY_LEN,
                      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"));
    EXPECT_EQ(keys_sign(&k, bytes_of("", 0), signature), OK);
    hex_encode(hex, signature, sizeof(signature));
    EXPECT_STR(hex,
               "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
               "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
    EXPECT_EQ(keys_verify(&k, bytes_of("", 0), signature), OK);
    EXPECT_EQ(keys_verify(&k, bytes_of("x", 1), signature), ERR_AUTH);
    signature[3] ^= 1;
    EXPECT_EQ(keys_verify(&k, bytes_of("", 0), signature), ERR_AUTH);
}

/* Whether a file of the folder holds these bytes. */
static bool folder_holds(const struct scratch *s, const uint8_t *p, size_t n) {
    static const char *const files[] = {"wraps.db", "wraps.db-wal", "wraps.db-shm"};
    static uint8_t data[1 << 20];
    bool found = false;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof(path), "%s/%s", s->dir, files[i]);
        int fd = open(path, O_RDONLY);
        ssize_t got = fd < 0 ? 0 : read(fd, data, sizeof(data));
        found = found || (got > 0 && memmem(data, (size_t)got, p, n) != NULL);
        if (fd >= 0) {
            close(fd);
        }
    }
    return found;
}

TEST(wraps_a_shredded_key_is_in_no_file) {
    struct scratch s;
    struct wraps *w = NULL, *reader = NULL;
    char path[PATH_MAX];
    uint8_t wrap[3][WRAP_LEN], back[WRAP_LEN];
    struct id ids[3] = {{{1}}, {{2}}, {{3}}};
    struct rng_seeded seed;
    rng_seed(&seed, 2026);
    struct rng rng = rng_from_seeded(&seed);
    scratch_begin(&s);
    snprintf(path, sizeof(path), "%s/wraps.db", s.dir);
    EXPECT_EQ(wraps_open(path, false, &w), ERR_UNKNOWN);
    REQUIRE(wraps_open(path, true, &w) == OK);
    for (unsigned i = 0; i < 3; i++) {
        rng_fill(&rng, wrap[i], WRAP_LEN);
        EXPECT_EQ(wraps_put(w, &ids[i], wrap[i]), OK);
    }
    EXPECT_EQ(wraps_put(w, &ids[0], wrap[0]), ERR_EXISTS);
    EXPECT(folder_holds(&s, wrap[1], WRAP_LEN));
    REQUIRE(wraps_open(path, false, &reader) == OK);
    EXPECT_EQ(wraps_get(reader, &ids[1], back), OK);
    EXPECT(memcmp(back, wrap[1], WRAP_LEN) == 0);
    EXPECT_EQ(wraps_shred(w, &ids[1]), OK);
    EXPECT(!folder_holds(&s, wrap[1], WRAP_LEN));
    EXPECT(folder_holds(&s, wrap[2], WRAP_LEN));
    EXPECT_EQ(wraps_get(reader, &ids[1], back), ERR_UNKNOWN);
    EXPECT_EQ(wraps_shred(w, &ids[1]), ERR_UNKNOWN);
    wraps_close(reader);
    wraps_close(w);
    scratch_end(&s);
}

struct order {
    struct wraps *w;
    struct id seen[8];
    unsigned n;
};

static enum err note_and_shred(void *ctx, const struct id *id) {
    struct order *o = ctx;
    o->seen[o->n++] = *id;
    return o->n == 3 ? ERR_FULL : wraps_shred(o->w, id);
}

TEST(wraps_are_visited_in_order_and_may_be_shredded_meanwhile) {
    struct scratch s;
    struct order o = {0};
    char path[PATH_MAX];
    uint8_t wrap[WRAP_LEN] = {0};
    scratch_begin(&s);
    snprintf(path, sizeof(path), "%s/wraps.db", s.dir);
    REQUIRE(wraps_open(path, true, &o.w) == OK);
    for (uint8_t i = 0; i < 4; i++) {
        struct id id = {{(uint8_t)(200 - i)}};
        EXPECT_EQ(wraps_put(o.w, &id, wrap), OK);
    }
    EXPECT_EQ(wraps_each(o.w, note_and_shred, &o), ERR_FULL);
    EXPECT_EQ(o.n, 3);
    EXPECT_EQ(o.seen[0].b[0], 200);
    EXPECT_EQ(o.seen[2].b[0], 198);
    wraps_close(o.w);
    scratch_end(&s);
}

TEST(ids_have_one_text_each) {
    struct rng_seeded state;
    char text[ID_TEXT_MAX];
    struct id id, back;
    rng_seed(&state, 1);
    struct rng rng = rng_from_seeded(&state);
    for (unsigned i = 0; i < 100; i++) {
        id = id_random(&rng);
        EXPECT(id_parse(id_text(&id, text), &back) && id_eq(&id, &back));
    }
    EXPECT_STR(id_text(&ID_PROGRAMME, text), "programme");
    EXPECT(id_parse("programme", &back) && id_eq(&back, &ID_PROGRAMME));
    EXPECT(!id_parse("", &back));
    EXPECT(!id_parse("Programme", &back));
    EXPECT(!id_parse("000000000000000000000000000000000", &back));
    EXPECT(!id_parse("0000000000000000000000000000000g", &back));
    EXPECT(!id_parse("0000000000000000000000000000000A", &back));
    /* The programme in hex would be a second text for it. */
    EXPECT(!id_parse("70726f6772616d6d6500000000000000", &back));
}

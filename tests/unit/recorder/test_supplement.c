/* The supplement: what it says goes through its text, and nothing unsigned or odd is believed. */
#include "recorder/journal/supplement.h"
#include "tests/unit/test.h"

static const struct id recording = {{0x11, 0x22}};

static struct signing_key key(void) {
    static const uint8_t seed[KEY_LEN] = {7};
    struct signing_key k;
    CHECK(keys_signing(seed, &k) == OK);
    return k;
}

static enum err fill(struct supplement *s) {
    *s = (struct supplement){
        .recording = recording, .version = 3, .thumbnails = true, .next_export = 6};
    enum err e = OK;
    for (uint32_t i = 0; e == OK && i < 40; i++) {
        struct object_id o = {.type = OBJECT_THUMBNAIL,
                              .recording = recording,
                              .track = ID_PROGRAMME,
                              .number = 39 - i};
        struct object_info info = {.size = 1000 + i, .sha256 = {(uint8_t)i}};
        struct supplement_thumbnail t = {39 - i, INT64_MAX - i, 320, 180};
        e = supplement_add_object(s, &o, &info);
        e = e == OK ? supplement_add_thumbnail(s, &t) : e;
    }
    for (uint32_t i = 0; e == OK && i < 6; i++) {
        struct object_id o = {
            .type = OBJECT_EXPORT, .recording = recording, .epoch = i % 2, .number = i / 2};
        struct object_info info = {.size = i};
        e = supplement_add_object(s, &o, &info);
    }
    struct supplement_export x = {1, 2, "faces", {1700000000000000}, UINT32_MAX};
    return e == OK ? supplement_add_export(s, &x) : e;
}

TEST_ALLOC(supplement_goes_through_its_text) {
    struct signing_key k = key();
    struct supplement s = {0}, back = {0};
    char *text = NULL;
    size_t n = 0;
    enum err e = fill(&s);
    e = e == OK ? supplement_encode(&s, &k, &text, &n) : e;
    e = e == OK ? supplement_decode(bytes_of(text, n), &k, &back) : e;
    EXPECT(e == OK || mem_failed());
    if (e == OK) {
        struct object_id o = {
            .type = OBJECT_EXPORT, .recording = recording, .epoch = 1, .number = 1};
        EXPECT_EQ(back.version, 3);
        EXPECT(back.thumbnails && !back.waveforms);
        EXPECT_EQ(back.next_export, 6);
        EXPECT_EQ(back.n_thumbnails, 40);
        EXPECT_EQ(back.thumbnail[1].at, INT64_MAX - 1);
        EXPECT_EQ(back.list.n_objects, 46);
        EXPECT(manifest_find(&back.list, &o) && manifest_find(&back.list, &o)->info.size == 3);
        REQUIRE(supplement_export(&back, 1));
        EXPECT_STR(supplement_export(&back, 1)->layout, "faces");
        EXPECT_EQ(supplement_export(&back, 1)->bytes, UINT32_MAX);
        supplement_drop_export(&back, 1);
        EXPECT(!supplement_export(&back, 1) && !manifest_find(&back.list, &o));
        EXPECT_EQ(back.list.n_objects, 44);
    }
    mem_free(text);
    supplement_clear(&back);
    supplement_clear(&s);
}

TEST(supplement_every_changed_byte_is_noticed) {
    struct signing_key k = key();
    struct supplement s, back;
    char *text = NULL;
    size_t n = 0;
    REQUIRE(fill(&s) == OK && supplement_encode(&s, &k, &text, &n) == OK);
    for (size_t i = 0; i < n; i += 1 + i / 64) {
        text[i] ^= 1;
        enum err e = supplement_decode(bytes_of(text, n), &k, &back);
        EXPECT(e == ERR_AUTH || e == ERR_FORMAT);
        text[i] ^= 1;
        EXPECT(supplement_decode(bytes_of(text, i), &k, &back) != OK);
    }
    mem_free(text);
    supplement_clear(&s);
}

static enum err decode_signed(const char *line) {
    struct signing_key k = key();
    uint8_t signature[SIGNATURE_LEN];
    struct supplement s;
    struct buffer t = {0};
    CHECK(keys_sign(&k, bytes_of(line, strlen(line)), signature) == OK);
    buffer_printf(&t, "%s\n", line);
    buffer_hex(&t, signature, sizeof(signature));
    buffer_printf(&t, "\n");
    enum err e = supplement_decode(bytes_of(t.p, t.n), &k, &s);
    if (e == OK) {
        supplement_clear(&s);
    }
    buffer_free(&t);
    return e;
}

#define REC "11220000000000000000000000000000"
#define START "{\"supplement\":1,\"recording\":\"" REC "\",\"version\":1,\"next_export\":0,"
#define LISTS(t, x, o) "\"thumbnails\":[" t "],\"exports\":[" x "],\"objects\":[" o "]}"
#define HASH "\"0000000000000000000000000000000000000000000000000000000000000000\""
#define OBJECT(name) "[\"recordings/" REC "/" name "\",5," HASH "]"

TEST(supplement_decodes_what_is_signed_but_odd) {
    EXPECT_EQ(decode_signed(START LISTS("", "", "")), OK);
    EXPECT_EQ(decode_signed(START LISTS("", "", OBJECT("exports/0-1.exp"))), OK);
    EXPECT_EQ(decode_signed(START LISTS("", "", OBJECT("journal/0.jnl"))), ERR_FORMAT);
    EXPECT_EQ(decode_signed(START LISTS("", "", OBJECT("../x"))), ERR_FORMAT);
    EXPECT_EQ(decode_signed(START LISTS("[0,1,2,3]", "", "")), OK);
    EXPECT_EQ(decode_signed(START LISTS("[0,-1,2,3]", "", "")), ERR_FORMAT);
    EXPECT_EQ(decode_signed(START LISTS("[0,1,65536,3]", "", "")), ERR_FORMAT);
    EXPECT_EQ(decode_signed(START LISTS("7", "", "")), ERR_FORMAT);
    EXPECT_EQ(decode_signed(START LISTS("", "{}", "")), ERR_FORMAT);
    EXPECT_EQ(decode_signed(START "\"thumbnails\":[]}"), ERR_FORMAT);
    EXPECT_EQ(decode_signed("{\"supplement\":2}"), ERR_UNSUPPORTED);
    EXPECT_EQ(decode_signed("{}"), ERR_FORMAT);
    EXPECT_EQ(decode_signed("[]"), ERR_FORMAT);
}

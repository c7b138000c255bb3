#include "recorder/journal/manifest.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/test.h"

static const struct id recording = {{0x11, 0x22}};

static struct signing_key make_keys(uint8_t first) {
    uint8_t seed[KEY_LEN] = {first};
    struct signing_key k;
    CHECK(keys_signing(seed, &k) == OK);
    return k;
}

/* A manifest of n segments and one journal object. */
static void make(struct manifest *m, size_t n) {
    memset(m, 0, sizeof(*m));
    m->format = MANIFEST_CLEAR;
    m->recording = recording;
    m->version = 1;
    m->duration = 25000000;
    snprintf(m->reason, sizeof(m->reason), "stopped");
    m->journal = journal_begin(&recording);
    m->journal.objects = 1;
    m->journal.entries = 9;
    m->objects = mem_zalloc(n + 1, sizeof(*m->objects));
    if (!m->objects) {
        return;
    }
    for (size_t i = 0; i <= n; i++) {
        struct object_id o = {.type = i == n ? OBJECT_JOURNAL : OBJECT_MEDIA,
                              .recording = recording,
                              .number = i == n ? 0 : (uint32_t)(n - i)};
        if (i != n) {
            o.track = ID_PROGRAMME;
        }
        m->objects[i] =
            (struct manifest_object){o, {.size = 100 + i, .sha256 = {(uint8_t)i}}, i % 3 == 1};
    }
    m->n_objects = n + 1;
    if (manifest_sort(m) != OK) {
        manifest_clear(m);
    }
}

TEST(manifest_comes_back_with_every_object) {
    static const size_t counts[] = {0, 1, 12, 127, 128};
    struct signing_key k = make_keys(1);
    for (size_t c = 0; c < ARRAY_LEN(counts); c++) {
        struct manifest m, back;
        char *text = NULL;
        size_t n = 0;
        make(&m, counts[c]);
        REQUIRE(manifest_encode(&m, &k, &text, &n) == OK);
        REQUIRE(manifest_decode(bytes_of(text, n), &k, &back) == OK);
        EXPECT_EQ(back.n_objects, m.n_objects);
        EXPECT_EQ(back.version, 1);
        EXPECT_EQ(back.duration, m.duration);
        EXPECT_STR(back.reason, "stopped");
        EXPECT(memcmp(&back.journal, &m.journal, sizeof(m.journal)) == 0);
        for (size_t i = 0; i < m.n_objects; i++) {
            const struct manifest_object *o = manifest_find(&back, &m.objects[i].id);
            REQUIRE(o != NULL);
            EXPECT_EQ(o->info.size, m.objects[i].info.size);
            EXPECT_EQ(o->erased, m.objects[i].erased);
            EXPECT(memcmp(o->info.sha256, m.objects[i].info.sha256, SHA256_LEN) == 0);
        }
        struct object_id none = {
            .type = OBJECT_MEDIA, .recording = recording, .number = UINT32_MAX};
        EXPECT(manifest_find(&back, &none) == NULL);
        mem_free(text);
        manifest_clear(&m);
        manifest_clear(&back);
    }
}

TEST(manifest_any_changed_byte_is_refused) {
    struct signing_key k = make_keys(1), other = make_keys(2);
    struct manifest m, back;
    char *text = NULL;
    size_t n = 0;
    make(&m, 3);
    REQUIRE(manifest_encode(&m, &k, &text, &n) == OK);
    for (size_t i = 0; i < n; i++) {
        text[i] ^= 1;
        EXPECT(manifest_decode(bytes_of(text, n), &k, &back) != OK);
        text[i] ^= 1;
    }
    for (size_t i = 0; i < n; i++) {
        EXPECT(manifest_decode(bytes_of(text, i), &k, &back) != OK);
    }
    EXPECT_EQ(manifest_decode(bytes_of(text, n), &other, &back), ERR_AUTH);
    mem_free(text);
    manifest_clear(&m);
}

/* Sign any line as a manifest. */
static enum err decode_signed(const char *line) {
    struct signing_key k = make_keys(1);
    struct manifest m;
    uint8_t signature[SIGNATURE_LEN];
    struct buffer t = {0};
    EXPECT_EQ(keys_sign(&k, bytes_of(line, strlen(line)), signature), OK);
    buffer_printf(&t, "%s\n", line);
    buffer_hex(&t, signature, sizeof(signature));
    buffer_printf(&t, "\n");
    enum err e = manifest_decode(bytes_of(t.p, t.n), &k, &m);
    if (e == OK) {
        manifest_clear(&m);
    }
    buffer_free(&t);
    return e;
}

#define HEAD "\"0000000000000000000000000000000000000000000000000000000000000000\""
#define REC "11220000000000000000000000000000"
#define START                                                                     \
    "{\"manifest\":1,\"recording\":\"" REC                                        \
    "\",\"version\":1,\"duration\":0,\"reason\":\"\",\"journal\":{\"entries\":0," \
    "\"objects\":0,\"head\":" HEAD "},\"objects\":["
#define SEG(n) "[\"recordings/" REC "/programme/0-" n ".seg\",1," HEAD "]"

TEST(manifest_signed_nonsense_is_refused) {
    EXPECT_EQ(decode_signed(START "]}"), OK);
    EXPECT_EQ(decode_signed(START SEG("0") "," SEG("1") "]}"), OK);
    EXPECT_EQ(decode_signed(START SEG("1") "," SEG("0") "]}"), ERR_FORMAT); /* order */
    EXPECT_EQ(decode_signed(START SEG("1") "," SEG("1") "]}"), ERR_FORMAT); /* twice */
    EXPECT_EQ(decode_signed(START SEG("01") "]}"), ERR_FORMAT);             /* not a name of ours */
    EXPECT_EQ(decode_signed(START SEG("4294967296") "]}"), ERR_FORMAT);
    EXPECT_EQ(decode_signed(START "[\"../x\",1," HEAD "]]}"), ERR_FORMAT);
    EXPECT_EQ(decode_signed(START "7]}"), ERR_FORMAT);
    EXPECT_EQ(decode_signed("{}"), ERR_FORMAT);
    EXPECT_EQ(decode_signed("[]"), ERR_FORMAT);
    EXPECT_EQ(decode_signed("{\"manifest\":2}"), ERR_FORMAT);
}

TEST(objects_have_one_name_each) {
    static const struct {
        struct object_id id;
        const char *name;
    } table[] = {
        {{.type = OBJECT_MEDIA, .track = {{1}}, .epoch = 65535, .number = 65536},
         "recordings/" REC "/01000000000000000000000000000000/65535-65536.seg"},
        {{.type = OBJECT_MEDIA, .number = UINT32_MAX, .epoch = UINT32_MAX},
         "recordings/" REC "/00000000000000000000000000000000/4294967295-4294967295.seg"},
        {{.type = OBJECT_JOURNAL, .number = 127}, "recordings/" REC "/journal/127.jnl"},
        {{.type = OBJECT_MANIFEST, .number = 1}, "recordings/" REC "/manifest/1.man"},
        {{.type = OBJECT_THUMBNAIL, .track = {{1}}, .number = 2},
         "recordings/" REC "/thumbnails/01000000000000000000000000000000-2.img"},
        {{.type = OBJECT_WAVEFORM, .number = 3}, "recordings/" REC "/waveforms/3.wav"},
        {{.type = OBJECT_EXPORT, .number = 4}, "recordings/" REC "/exports/4-0.exp"},
        {{.type = OBJECT_EXPORT, .epoch = UINT32_MAX, .number = 65536},
         "recordings/" REC "/exports/65536-4294967295.exp"},
        {{.type = OBJECT_SUPPLEMENT, .number = 1}, "recordings/" REC "/supplement/1.sup"},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct object_id o = table[i].id, back;
        char name[OBJECT_NAME_MAX];
        o.recording = recording;
        EXPECT_STR(object_name(&o, name), table[i].name);
        EXPECT(store_name_ok(name));
        REQUIRE(object_parse_name(name, &back));
        EXPECT_EQ(back.type, o.type);
        EXPECT(id_eq(&back.track, &o.track) && id_eq(&back.recording, &o.recording));
        EXPECT(back.epoch == o.epoch && back.number == o.number);
    }
}

TEST(objects_foreign_names_are_not_parsed) {
    static const char *const names[] = {
        "",
        "recordings",
        "recordings/",
        "recordings/" REC,
        "recordings/" REC "/journal/",
        "recordings/" REC "/journal/1.seg",
        "recordings/" REC "/journal/1",
        "recordings/" REC "/journal/-1.jnl",
        "recordings/" REC "/journal/01.jnl",
        "recordings/" REC "/journal/1.jnl.tmp",
        "recordings/" REC "/programme/1.seg",
        "recordings/" REC "/programme/1-x.seg",
        "recordings/" REC "/programme/1-4294967296.seg",
        "recordings/ABCD0000000000000000000000000000/journal/1.jnl",
        "recordings/" REC "0/journal/1.jnl",
        "tmp/" REC "/journal/1.jnl",
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct object_id o;
        EXPECT(!object_parse_name(names[i], &o));
    }
}

TEST(objects_aad_says_what_an_object_is) {
    struct object_id o = {.type = OBJECT_MEDIA,
                          .recording = recording,
                          .track = {{7}},
                          .epoch = 0x01020304,
                          .number = 0x05060708};
    uint8_t aad[OBJECT_AAD_LEN];
    char hex[2 * OBJECT_AAD_LEN + 1];
    object_aad(&o, aad);
    hex_encode(hex, aad, sizeof(aad));
    EXPECT_STR(hex, "6f7269656c2d6f626a6563742f31" /* oriel-object/1 */
                    "01" REC "07000000000000000000000000000000"
                    "0102030405060708");
}

TEST(objects_cannot_stand_in_for_each_other) {
    struct memory_store disk;
    struct rng_seeded state;
    uint8_t key[KEY_LEN] = {5};
    memory_store_begin(&disk);
    rng_seed(&state, 1);
    struct rng rng = rng_from_seeded(&state);
    struct object_access a = {&disk.store, object_keys_one(key), &rng};
    struct object_id o = {.type = OBJECT_JOURNAL, .recording = recording, .number = 1}, other = o;
    struct object_info info;
    struct object_plain plain;
    EXPECT_EQ(object_put(&a, &o, bytes_of("line\n", 5), &info), OK);
    EXPECT_EQ(object_put(&a, &o, bytes_of("line\n", 5), &info), ERR_EXISTS);
    EXPECT_EQ(object_get(&a, &o, &plain), OK);
    EXPECT(bytes_eq(bytes_of(plain.p, plain.n), bytes_of("line\n", 5)));
    EXPECT(memcmp(&plain.info, &info, sizeof(info)) == 0);
    mem_free(plain.p);
    other.number = 2;
    EXPECT_EQ(object_get(&a, &other, &plain), ERR_UNKNOWN);
    object_name(&other, disk.objects[0].name);
    EXPECT_EQ(object_get(&a, &other, &plain), ERR_AUTH);
    other.type = OBJECT_MANIFEST;
    object_name(&other, disk.objects[0].name);
    EXPECT_EQ(object_get(&a, &other, &plain), ERR_AUTH);
    struct object_reader *r = NULL;
    EXPECT_EQ(object_reader_open(&a, &other, 0, &r), ERR_AUTH);
    EXPECT(r == NULL);
    disk.objects[0].n = 10;
    EXPECT_EQ(object_get(&a, &other, &plain), ERR_AUTH);
    memory_store_end(&disk);
}

TEST_ALLOC(manifest_and_objects_without_memory) {
    struct memory_store disk;
    struct rng_seeded state;
    struct signing_key k = make_keys(1);
    memory_store_begin(&disk);
    rng_seed(&state, 1);
    struct rng rng = rng_from_seeded(&state);
    struct object_access a = {&disk.store, object_keys_one(k.signing), &rng};
    struct object_id o = {.type = OBJECT_MANIFEST, .recording = recording, .number = 1};
    struct object_info info;
    struct object_plain plain = {0};
    struct manifest m, back = {0};
    char *text = NULL;
    size_t n = 0;
    make(&m, 2);
    enum err e = m.objects ? manifest_encode(&m, &k, &text, &n) : ERR_NOMEM;
    e = e == OK ? object_put(&a, &o, bytes_of(text, n), &info) : e;
    e = e == OK ? object_get(&a, &o, &plain) : e;
    e = e == OK ? manifest_decode(bytes_of(plain.p, plain.n), &k, &back) : e;
    EXPECT_EQ(e, mem_failed() ? ERR_NOMEM : OK);
    mem_free(plain.p);
    mem_free(text);
    manifest_clear(&back);
    manifest_clear(&m);
    memory_store_end(&disk);
}

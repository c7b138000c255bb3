#include "recorder/journal/journal.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/test.h"

static const uint8_t key[KEY_LEN] = {1, 2, 3};
static const struct id recording = {{0xaa, 0xbb}};

/* One entry of a type with every field set to something. */
static struct entry sample(enum entry_type type) {
    struct entry e = {.type = (uint8_t)type, .t = 1234567};
    struct id track = {{9, 8, 7}};
    switch (type) {
    case ENTRY_START:
        e.u.start = (struct entry_start){
            RECORDING_FORMAT, "demo", "House \"A\"\n\xc3\xa9", {1700000000000000}};
        break;
    case ENTRY_TRACK:
        e.u.track = (struct entry_track){track, SOURCE_CAMERA, CODEC_VP8, 7, UINT64_MAX, 1};
        break;
    case ENTRY_EPOCH:
        e.u.epoch = (struct entry_epoch){.track = ID_PROGRAMME,
                                         .number = 65536,
                                         .video = CODEC_H264,
                                         .audio = CODEC_OPUS,
                                         .width = 65535,
                                         .height = 32768,
                                         .start = -5,
                                         .init_len = 3,
                                         .init = {0, 255, 7}};
        break;
    case ENTRY_SEGMENT:
        e.u.segment = (struct entry_segment){.track = track,
                                             .epoch = UINT32_MAX,
                                             .number = 127,
                                             .start = 4000000,
                                             .duration = 4033000,
                                             .width = 1280,
                                             .height = 720,
                                             .first_is_key = true,
                                             .sound = SEGMENT_SOUND_SOME,
                                             .adopted = true,
                                             .bytes = INT64_MAX,
                                             .info = {.size = 99, .sha256 = {1, 2}},
                                             .n_keys = 2,
                                             .keys = {{0, 0}, {UINT32_MAX, UINT32_MAX}}};
        break;
    case ENTRY_SR:
        e.u.sr = (struct entry_sr){track, 0xe000000080000000, (uint64_t)1 << 40};
        break;
    case ENTRY_GAP:
        e.u.gap = (struct entry_gap){track, 40000, 3, "loss"};
        break;
    case ENTRY_FAILING:
        e.u.failing = (struct entry_failing){ERR_NOSPACE, 77};
        break;
    case ENTRY_END:
        e.u.end = (struct entry_end){"stopped"};
        break;
    default:
        e.u.person = (struct entry_person){42, 3, true, "Ann", "agent"};
    }
    return e;
}

TEST(journal_every_entry_comes_back_the_same) {
    for (unsigned i = 0; i < ENTRY_TYPE_COUNT; i++) {
        struct entry e = sample((enum entry_type)i), back;
        struct journal_head head = journal_begin(&recording);
        struct entry_link link;
        struct buffer t = {0};
        head.entries = 41;
        REQUIRE(entry_encode(&e, &head, &t) == OK);
        EXPECT(!strchr(t.p, '\n'));
        EXPECT(strstr(t.p, entry_type_name((enum entry_type)i)) != NULL);
        memset(&back, 0xee, sizeof(back));
        EXPECT_EQ(entry_decode(bytes_of(t.p, t.n), &back, &link), OK);
        EXPECT_EQ(link.seq, 41);
        EXPECT(memcmp(link.prev, head.hash, SHA256_LEN) == 0);
        /* Written again it must be the same text: nothing was lost on the way. */
        struct buffer again = {0};
        EXPECT_EQ(entry_encode(&back, &head, &again), OK);
        EXPECT_STR(again.p, t.p);
        buffer_free(&t);
        buffer_free(&again);
    }
}

/* Whether there is sound may be unknown, and then nothing is written. */
TEST(journal_a_segment_says_whether_it_has_sound_or_nothing_of_it) {
    static const char *const says[] = {NULL, "\"sound\":false", "\"sound\":true"};
    for (uint8_t sound = SEGMENT_SOUND_UNKNOWN; sound <= SEGMENT_SOUND_SOME; sound++) {
        struct entry e = sample(ENTRY_SEGMENT), back;
        struct buffer t = {0};
        e.u.segment.sound = sound;
        REQUIRE(entry_encode(&e, NULL, &t) == OK);
        EXPECT(says[sound] ? strstr(t.p, says[sound]) != NULL : strstr(t.p, "sound") == NULL);
        REQUIRE(entry_decode(bytes_of(t.p, t.n), &back, NULL) == OK);
        EXPECT_EQ(back.u.segment.sound, sound);
        buffer_free(&t);
    }
    struct entry e = sample(ENTRY_SEGMENT);
    struct buffer t = {0};
    e.u.segment.sound = SEGMENT_SOUND_SOME + 1;
    EXPECT_EQ(entry_encode(&e, NULL, &t), ERR_RANGE);
    buffer_free(&t);
}

/* A line that found no memory is not called damaged. */
TEST_ALLOC(journal_entry_tells_want_of_memory) {
    static const char line[] =
        "{\"t\":1,\"type\":\"gap\",\"track\":\"0123456789abcdef0123456789abcdef\","
        "\"duration\":2,\"packets\":3,\"cause\":\"loss\"}";
    struct entry e;
    EXPECT_EQ(entry_decode(bytes_of(line, sizeof(line) - 1), &e, NULL),
              mem_failed() ? ERR_NOMEM : OK);
}

TEST(journal_counters_at_their_edges) {
    static const uint32_t edges[] = {0,     1,     127,   128,     32767,     32768,
                                     65534, 65535, 65536, 1 << 30, UINT32_MAX};
    for (size_t i = 0; i < ARRAY_LEN(edges); i++) {
        struct entry e = sample(ENTRY_SEGMENT), back;
        struct buffer t = {0};
        e.u.segment.number = e.u.segment.epoch = edges[i];
        e.u.segment.width = (uint16_t)edges[i];
        e.u.segment.keys[1].offset = edges[i];
        REQUIRE(entry_encode(&e, NULL, &t) == OK);
        REQUIRE(entry_decode(bytes_of(t.p, t.n), &back, NULL) == OK);
        EXPECT_EQ(back.u.segment.number, edges[i]);
        EXPECT_EQ(back.u.segment.epoch, edges[i]);
        EXPECT_EQ(back.u.segment.width, (uint16_t)edges[i]);
        EXPECT_EQ(back.u.segment.keys[1].offset, edges[i]);
        buffer_free(&t);
    }
}

TEST(journal_what_cannot_be_said_is_refused) {
    struct buffer t = {0};
    struct entry e = sample(ENTRY_SEGMENT);
    e.u.segment.bytes = (uint64_t)INT64_MAX + 1;
    EXPECT_EQ(entry_encode(&e, NULL, &t), ERR_RANGE);
    e = sample(ENTRY_SEGMENT);
    e.u.segment.n_keys = SEGMENT_KEYS_MAX + 1;
    EXPECT_EQ(entry_encode(&e, NULL, &t), ERR_RANGE);
    e = sample(ENTRY_EPOCH);
    e.u.epoch.init_len = EPOCH_INIT_MAX + 1;
    EXPECT_EQ(entry_encode(&e, NULL, &t), ERR_RANGE);
    e = sample(ENTRY_TRACK);
    e.u.track.codec = CODEC_COUNT;
    EXPECT_EQ(entry_encode(&e, NULL, &t), ERR_RANGE);
    e.type = ENTRY_TYPE_COUNT;
    EXPECT_EQ(entry_encode(&e, NULL, &t), ERR_RANGE);
    EXPECT_EQ(t.n, 0);
    buffer_free(&t);
}

TEST(journal_names_are_made_valid_text) {
    static const struct {
        const char *in, *out;
    } table[] = {
        {"\xff\xfe", "??"},           {"a\xc3", "a?"},
        {"\xc3\xa9", "\xc3\xa9"},     {"\xed\xa0\x80", "???"},
        {"\xc0\xaf", "??"},           {"\xf0\x9f\x8f\xa0", "\xf0\x9f\x8f\xa0"},
        {"\xf5\x80\x80\x80", "????"}, {"tab\there", "tab\there"},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct entry e = sample(ENTRY_PARTICIPANT), back;
        struct buffer t = {0};
        snprintf(e.u.person.name, sizeof(e.u.person.name), "%s", table[i].in);
        REQUIRE(entry_encode(&e, NULL, &t) == OK);
        EXPECT_EQ(entry_decode(bytes_of(t.p, t.n), &back, NULL), OK);
        EXPECT_STR(back.u.person.name, table[i].out);
        buffer_free(&t);
    }
    /* The longest name there is, all of it escaped, still fits a line. */
    struct entry e = sample(ENTRY_PARTICIPANT), back;
    struct buffer t = {0};
    memset(e.u.person.name, 1, sizeof(e.u.person.name));
    REQUIRE(entry_encode(&e, NULL, &t) == OK);
    EXPECT_EQ(entry_decode(bytes_of(t.p, t.n), &back, NULL), OK);
    EXPECT_EQ(strlen(back.u.person.name), ENTRY_TEXT_MAX - 1);
    buffer_free(&t);
}

TEST(journal_malformed_lines_are_refused) {
    static const char *const lines[] = {
        "",
        "{}",
        "[]",
        "nonsense",
        "{\"t\":0,\"type\":7}",
        "{\"type\":\"end\",\"reason\":\"x\"}",
        "{\"t\":\"0\",\"type\":\"end\",\"reason\":\"x\"}",
        "{\"t\":0,\"type\":\"end\",\"reason\":7}",
        "{\"t\":0,\"t\":1,\"type\":\"end\",\"reason\":\"x\"}",
        "{\"t\":0,\"type\":\"end\",\"reason\":\"a\\u0000b\"}",
        "{\"t\":0,\"type\":\"sr\",\"track\":\"zz\",\"ntp\":\"0\",\"rtp_ts\":1}",
        "{\"t\":0,\"type\":\"sr\",\"track\":\"programme\",\"ntp\":\"0000000000000000\",\"rtp_ts\":-"
        "1}",
        "{\"t\":0,\"type\":\"sr\",\"ntp\":\"0000000000000000\",\"rtp_ts\":1}",
        "{\"t\":0,\"type\":\"track\",\"track\":\"programme\",\"kind\":\"none\",\"codec\":\"vp8\","
        "\"source\":4294967296,\"participant\":\"0000000000000000\"}",
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct entry e;
        EXPECT_EQ(entry_decode(bytes_of(lines[i], strlen(lines[i])), &e, NULL), ERR_FORMAT);
    }
    struct entry e;
    struct entry_link link;
    const char *unlinked = "{\"t\":0,\"type\":\"end\",\"reason\":\"x\"}";
    EXPECT_EQ(entry_decode(bytes_of(unlinked, strlen(unlinked)), &e, NULL), OK);
    EXPECT_EQ(entry_decode(bytes_of(unlinked, strlen(unlinked)), &e, &link), ERR_FORMAT);
}

static struct entry decoded(const char *line) {
    struct entry e = {0};
    EXPECT_EQ(entry_decode(bytes_of(line, strlen(line)), &e, NULL), OK);
    return e;
}

TEST(journal_lines_of_earlier_and_later_releases_are_read) {
    /* A type, a field, a codec, an error and a text that this release has never heard of. */
    struct entry e = decoded("{\"t\":7,\"type\":\"caption\",\"track\":3,\"text\":[\"x\"]}");
    EXPECT_EQ(e.type, ENTRY_OTHER);
    EXPECT_EQ(e.t, 7);
    e = decoded("{\"t\":1,\"type\":\"track\",\"track\":\"programme\",\"kind\":\"hologram\","
                "\"codec\":\"av2\",\"weight\":1.5}");
    EXPECT_EQ(e.u.track.codec, CODEC_NONE);
    EXPECT_EQ(e.u.track.kind, SOURCE_NONE);
    EXPECT_EQ(e.u.track.participant, 0);
    e = decoded("{\"t\":1,\"type\":\"failing\",\"error\":\"unheard\"}");
    EXPECT_EQ(e.u.failing.error, 0);
    e = decoded("{\"t\":1,\"type\":\"end\",\"reason\":\"123456789012345\xc3\xa9longer\"}");
    EXPECT_STR(e.u.end.reason, "123456789012345");
    e = decoded("{\"t\":1,\"type\":\"end\",\"reason\":\"1234567890123\xe2\x82\xac\"}");
    EXPECT_STR(e.u.end.reason, "1234567890123");
    /* What is missing is zero. */
    e = decoded("{\"t\":1,\"type\":\"end\"}");
    EXPECT_STR(e.u.end.reason, "");
    e = decoded("{\"t\":1,\"type\":\"epoch\",\"track\":\"programme\",\"number\":2}");
    EXPECT_EQ(e.u.epoch.number, 2);
    EXPECT_EQ(e.u.epoch.init_len, 0);
    e = decoded("{\"t\":1,\"type\":\"start\",\"tour\":\"x\"}");
    EXPECT_EQ(e.u.start.format, 0);
    /* The start of a recording that this release cannot read is not taken for damage. */
    const char *later = "{\"t\":0,\"type\":\"start\",\"format\":2}";
    EXPECT_EQ(entry_decode(bytes_of(later, strlen(later)), &e, NULL), ERR_UNSUPPORTED);
    EXPECT_EQ(decoded("{\"t\":0,\"type\":\"start\",\"format\":1}").u.start.format, 1);
}

/* More key frames than this release lists, in a longer line than it writes. */
TEST(journal_longer_lists_are_cut) {
    struct buffer line = {0};
    buffer_printf(&line, "{\"t\":1,\"type\":\"segment\",\"track\":\"programme\",\"epoch\":0,"
                         "\"number\":0,\"start\":0,\"duration\":4,\"bytes\":9,\"size\":10,"
                         "\"sha256\":\"");
    for (unsigned i = 0; i < SHA256_LEN; i++) {
        buffer_printf(&line, "ab");
    }
    buffer_printf(&line, "\",\"keys\":[[0,0]");
    for (unsigned i = 1; i < 1000; i++) {
        buffer_printf(&line, ",[%u,%u]", 1000 * i, 100000 * i);
    }
    buffer_printf(&line, "]}");
    EXPECT(line.n > JOURNAL_LINE_MAX);
    struct entry e = decoded(line.p);
    EXPECT_EQ(e.u.segment.n_keys, SEGMENT_KEYS_MAX);
    EXPECT_EQ(e.u.segment.keys[SEGMENT_KEYS_MAX - 1].at_ms, 1000 * (SEGMENT_KEYS_MAX - 1));
    EXPECT_EQ(e.u.segment.width, 0);
    buffer_free(&line);
}

struct desk {
    struct memory_store memory;
    struct fault_store fault;
    struct rng_seeded state;
    struct rng rng;
    struct object_access access;
};

static void desk_begin(struct desk *d) {
    memory_store_begin(&d->memory);
    fault_store_begin(&d->fault, &d->memory.store);
    rng_seed(&d->state, 1);
    d->rng = rng_from_seeded(&d->state);
    d->access = (struct object_access){&d->fault.store, object_keys_one(key), &d->rng};
}

static enum err count_entry(void *ctx, const struct entry *e) {
    (void)e;
    ++*(unsigned *)ctx;
    return OK;
}

static enum err replay_all(struct desk *d, struct journal_head *head, unsigned *entries) {
    *head = journal_begin(&recording);
    *entries = 0;
    for (;;) {
        struct object_id o = {
            .type = OBJECT_JOURNAL, .recording = recording, .number = head->objects};
        struct object_plain plain;
        enum err e = object_get(&d->access, &o, &plain);
        if (e != OK) {
            return e == ERR_UNKNOWN ? OK : e;
        }
        e = journal_replay(bytes_of(plain.p, plain.n), head, count_entry, entries);
        mem_free(plain.p);
        if (e != OK) {
            return e;
        }
        head->objects++;
    }
}

TEST(journal_objects_form_one_chain) {
    struct desk d;
    desk_begin(&d);
    struct journal *j = journal_new(&d.access, &recording, NULL);
    struct object_info info;
    EXPECT_EQ(journal_flush(j, &info), OK);
    EXPECT_EQ(info.size, 0);
    for (unsigned i = 0; i < ENTRY_TYPE_COUNT; i++) {
        struct entry e = sample((enum entry_type)i);
        EXPECT_EQ(journal_append(j, &e), OK);
        if (i % 3 == 0) {
            EXPECT_EQ(journal_flush(j, &info), OK);
            EXPECT(info.size > 0);
        }
    }
    EXPECT_EQ(journal_flush(j, NULL), OK);
    EXPECT_EQ(journal_pending(j), 0);
    struct journal_head head, written = journal_head(j);
    unsigned entries;
    EXPECT_EQ(replay_all(&d, &head, &entries), OK);
    EXPECT_EQ(entries, ENTRY_TYPE_COUNT);
    EXPECT_EQ(head.objects, written.objects);
    EXPECT_EQ(head.entries, written.entries);
    EXPECT(memcmp(head.hash, written.hash, SHA256_LEN) == 0);
    /* A journal that goes on from there continues the chain in the next object. */
    struct journal *next = journal_new(&d.access, &recording, &head);
    struct entry e = sample(ENTRY_MARK);
    EXPECT_EQ(journal_append(next, &e), OK);
    EXPECT_EQ(journal_flush(next, NULL), OK);
    EXPECT_EQ(replay_all(&d, &head, &entries), OK);
    EXPECT_EQ(entries, ENTRY_TYPE_COUNT + 1);
    journal_free(next);
    journal_free(j);
    memory_store_end(&d.memory);
}

TEST(journal_a_failed_flush_loses_nothing) {
    for (int mode = FAULT_ONCE; mode <= FAULT_LATE; mode++) {
        struct desk d;
        desk_begin(&d);
        d.fault.mode = mode;
        d.fault.error = ERR_NOSPACE;
        struct journal *j = journal_new(&d.access, &recording, NULL);
        struct entry e = sample(ENTRY_MARK);
        EXPECT_EQ(journal_append(j, &e), OK);
        EXPECT_EQ(journal_flush(j, NULL), ERR_NOSPACE);
        EXPECT(journal_pending(j) > 0);
        EXPECT_EQ(journal_append(j, &e), OK);
        EXPECT_EQ(journal_flush(j, NULL), OK);
        EXPECT_EQ(journal_flush(j, NULL), OK);
        EXPECT_EQ(journal_pending(j), 0);
        struct journal_head head;
        unsigned entries;
        EXPECT_EQ(replay_all(&d, &head, &entries), OK);
        EXPECT_EQ(entries, 2);
        EXPECT_EQ(head.objects, mode == FAULT_ONCE ? 1 : 2);
        journal_free(j);
        memory_store_end(&d.memory);
    }
}

TEST(journal_changed_reordered_or_foreign_lines_break_the_chain) {
    struct buffer lines = {0};
    struct journal_head head = journal_begin(&recording);
    size_t ends[3];
    for (unsigned i = 0; i < 3; i++) {
        struct entry e = sample(ENTRY_MARK);
        size_t from = lines.n;
        REQUIRE(entry_encode(&e, &head, &lines) == OK);
        sha256_of(bytes_of(lines.p + from, lines.n - from), bytes_of(NULL, 0), head.hash);
        head.entries++;
        buffer_put(&lines, "\n", 1);
        ends[i] = lines.n;
    }
    struct journal_head h = journal_begin(&recording);
    EXPECT_EQ(journal_replay(bytes_of(lines.p, lines.n), &h, NULL, NULL), OK);
    EXPECT_EQ(h.entries, 3);
    h = journal_begin(&recording);
    EXPECT_EQ(journal_replay(bytes_of(lines.p + ends[0], lines.n - ends[0]), &h, NULL, NULL),
              ERR_AUTH);
    struct id other = {{1}};
    h = journal_begin(&other);
    EXPECT_EQ(journal_replay(bytes_of(lines.p, lines.n), &h, NULL, NULL), ERR_AUTH);
    h = journal_begin(&recording);
    EXPECT_EQ(journal_replay(bytes_of(lines.p, lines.n - 1), &h, NULL, NULL), ERR_FORMAT);
    char *name = strstr(lines.p + ends[0], "Ann");
    REQUIRE(name != NULL);
    name[0] = 'U';
    h = journal_begin(&recording);
    EXPECT_EQ(journal_replay(bytes_of(lines.p, lines.n), &h, NULL, NULL), ERR_AUTH);
    buffer_free(&lines);
}

TEST(journal_pending_lines_are_bounded) {
    struct desk d;
    desk_begin(&d);
    struct journal *j = journal_new(&d.access, &recording, NULL);
    struct entry e = sample(ENTRY_EPOCH);
    e.u.epoch.init_len = EPOCH_INIT_MAX;
    enum err error = OK;
    unsigned n = 0;
    for (; error == OK && n < 100000; n++) {
        error = journal_append(j, &e);
    }
    EXPECT_EQ(error, ERR_FULL);
    EXPECT(journal_pending(j) <= JOURNAL_PENDING_MAX + JOURNAL_LINE_MAX);
    EXPECT_EQ(journal_flush(j, NULL), OK);
    EXPECT_EQ(journal_append(j, &e), OK);
    journal_free(j);
    memory_store_end(&d.memory);
}

TEST_ALLOC(journal_without_memory) {
    struct desk d;
    desk_begin(&d);
    struct journal *j = journal_new(&d.access, &recording, NULL);
    struct entry e = sample(ENTRY_SEGMENT);
    enum err error = j ? journal_append(j, &e) : ERR_NOMEM;
    error = error == OK ? journal_flush(j, NULL) : error;
    EXPECT_EQ(error, mem_failed() ? ERR_NOMEM : OK);
    if (j) {
        /* Nothing is half noted: the head speaks of whole lines only. */
        EXPECT_EQ(journal_head(j).entries, error == OK || journal_pending(j) ? 1 : 0);
    }
    journal_free(j);
    memory_store_end(&d.memory);
}

/* Who comes and goes in masses does not take the place of what media depend on. */
TEST(journal_lines_that_media_depend_on_have_room) {
    struct desk d;
    desk_begin(&d);
    struct journal *j = journal_new(&d.access, &recording, NULL);
    struct entry person = sample(ENTRY_CONSENT);
    unsigned n = 0;
    while (n < 100000 && journal_append(j, &person) == OK) {
        n++;
    }
    EXPECT(n > 5000 && n < 100000);
    static const uint8_t needed[] = {ENTRY_TRACK, ENTRY_EPOCH, ENTRY_SEGMENT, ENTRY_FAILING,
                                     ENTRY_END};
    for (size_t i = 0; i < 1000 * ARRAY_LEN(needed); i++) {
        struct entry e = sample(needed[i % ARRAY_LEN(needed)]);
        EXPECT_EQ(journal_append(j, &e), OK);
    }
    EXPECT_EQ(journal_append(j, &person), ERR_FULL);
    journal_free(j);
    memory_store_end(&d.memory);
}

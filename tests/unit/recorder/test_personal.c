#include "recorder/archive/ledger.h"
#include "recorder/archive/recovery.h"
#include "recorder/archive/verify.h"
#include "recorder/journal/personal.h"
#include "recorder/library/library_parts.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/sample_recording.h"
#include "tests/unit/recorder/search_files.h"
#include "tests/unit/test.h"

#include <unistd.h>

#define ANN 42 /* the participant of the sample */

struct place {
    struct machine m;
    struct sample s;
    struct key_ring ring;
};

static void place_begin(struct place *p, uint64_t seed) {
    memset(p, 0, sizeof(*p));
    machine_begin(&p->m, seed);
    CHECK(sample_record(p->m.archive, 0, &p->s) == OK);
    CHECK(archive_ring(p->m.archive, &p->s.id, &p->ring) == OK);
}

static void place_end(struct place *p) {
    key_ring_close(&p->ring);
    machine_end(&p->m);
}

static struct entry named(uint64_t participant, const char *name) {
    struct entry e = {.type = ENTRY_PARTICIPANT};
    e.u.person = (struct entry_person){.participant = participant, .on = true, .role = "buyer"};
    snprintf(e.u.person.name, sizeof(e.u.person.name), "%s", name);
    return e;
}

static enum err open_text(struct key_ring *r, struct entry *e) {
    struct personal_opener o = personal_opener_of(r);
    return o.open(o.ctx, e);
}

TEST(personal_text_comes_back_from_its_line) {
    static const char *const names[] = {"A", "Zo\xc3\xab \"Z\" M\xc3\xbcller",
                                        "12345678901234567890123456789012345678901234567890123456"
                                        "78901234567890123456789012345678901234567890123456789012"
                                        "3456789012345678"};
    struct place p;
    place_begin(&p, 1);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct entry e = named(ANN, names[i]), back;
        struct buffer line = {0};
        REQUIRE(personal_seal(&p.ring, &p.m.archive->rng, &e) == OK);
        EXPECT_STR(e.u.person.name, "");
        EXPECT_EQ(e.u.personal.sealed_len, PERSONAL_LEN + 28); /* whatever the text's length */
        REQUIRE(entry_encode(&e, NULL, &line) == OK);
        EXPECT(strstr(line.p, names[i]) == NULL);
        REQUIRE(entry_decode(bytes_of(line.p, line.n), &back, NULL) == OK);
        REQUIRE(open_text(&p.ring, &back) == OK);
        EXPECT_STR(back.u.person.name, names[i]);
        EXPECT_STR(back.u.person.role, "buyer");
        EXPECT_EQ(back.u.personal.sealed_len, 0);
        buffer_free(&line);
    }
    EXPECT_EQ(strlen(names[2]), ENTRY_TEXT_MAX - 1);
    place_end(&p);
}

TEST(personal_text_is_bound_to_whose_it_is) {
    struct place p;
    place_begin(&p, 2);
    struct entry e = named(ANN, "Ann"), x;
    REQUIRE(personal_seal(&p.ring, &p.m.archive->rng, &e) == OK);
    for (unsigned i = 0; i < e.u.personal.sealed_len; i++) {
        x = e;
        x.u.personal.sealed[i] ^= 1;
        EXPECT_EQ(open_text(&p.ring, &x), ERR_AUTH);
        EXPECT_STR(x.u.person.name, "");
    }
    for (uint16_t n = 0; n < e.u.personal.sealed_len; n++) {
        x = e;
        x.u.personal.sealed_len = n;
        EXPECT_EQ(open_text(&p.ring, &x), ERR_AUTH);
    }
    x = e;
    x.type = ENTRY_MARK;
    EXPECT_EQ(open_text(&p.ring, &x), ERR_AUTH);
    x.type = ENTRY_CONSENT;
    EXPECT_EQ(open_text(&p.ring, &x), ERR_AUTH);
    EXPECT_EQ(key_ring_add_subject(&p.ring, ANN + 1), OK);
    x = e;
    x.u.person.participant++;
    EXPECT_EQ(open_text(&p.ring, &x), ERR_AUTH);
    EXPECT_EQ(open_text(&p.ring, &e), OK);
    place_end(&p);
}

/* What is nobody's own, or is no text of a person, stays as it is. */
TEST(personal_is_what_a_person_is_called_or_wrote) {
    static const uint8_t others[] = {ENTRY_CONSENT, ENTRY_MUTE, ENTRY_STAGE, ENTRY_VOICE,
                                     ENTRY_PAUSE};
    struct place p;
    place_begin(&p, 3);
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        struct entry e = named(ANN, "text");
        e.type = others[i];
        EXPECT_EQ(personal_seal(&p.ring, &p.m.archive->rng, &e), OK);
        EXPECT_STR(e.u.person.name, "text");
        EXPECT_EQ(e.u.personal.sealed_len, 0);
    }
    struct entry e = named(0, "nobody's"), empty = named(7, ""), track = {.type = ENTRY_TRACK};
    EXPECT_EQ(personal_seal(&p.ring, &p.m.archive->rng, &e), OK);
    EXPECT_STR(e.u.person.name, "nobody's");
    EXPECT_EQ(personal_seal(&p.ring, &p.m.archive->rng, &empty), OK);
    EXPECT_EQ(empty.u.personal.sealed_len, 0);
    EXPECT_EQ(personal_seal(&p.ring, &p.m.archive->rng, &track), OK);
    place_end(&p);
}

/* Each line of the journal, as whoever has the recording's key reads it. */
static unsigned lines_with(struct place *p, const char *what) {
    struct object_access access = archive_access(p->m.archive, &p->ring);
    struct object_id o = {.type = OBJECT_JOURNAL, .recording = p->s.id};
    struct object_plain plain;
    unsigned found = 0;
    for (; object_get(&access, &o, &plain) == OK; o.number++) {
        found += memmem(plain.p, plain.n, what, strlen(what)) != NULL;
        mem_free(plain.p);
    }
    EXPECT(o.number > 3);
    return found;
}

TEST(personal_text_is_not_in_what_the_recordings_key_opens) {
    struct place p;
    place_begin(&p, 4);
    EXPECT_EQ(lines_with(&p, "Ann"), 0);
    EXPECT_EQ(lines_with(&p, "kitchen"), 0);
    EXPECT(lines_with(&p, "\"sealed\":\"") > 0);
    EXPECT(lines_with(&p, "2024-1") > 0); /* that somebody agreed, and to what */
    place_end(&p);
}

static enum err take_person(void *ctx, const struct participant_row *r) {
    *(struct participant_row *)ctx = *r;
    return OK;
}

static struct participant_row person(struct place *p) {
    struct participant_row r;
    memset(&r, 0, sizeof(r));
    EXPECT_EQ(catalogue_participants(p->m.archive->catalogue, &p->s.id, take_person, &r), OK);
    return r;
}

static enum err take_mark(void *ctx, const struct event_row *r) {
    if (r->type == ENTRY_MARK) {
        *(struct event_row *)ctx = *r;
    }
    return OK;
}

static struct event_row mark(struct place *p) {
    struct event_row r;
    memset(&r, 0, sizeof(r));
    EXPECT_EQ(catalogue_events(p->m.archive->catalogue, &p->s.id, take_mark, &r), OK);
    return r;
}

static enum err count_one(void *ctx, const struct recording_row *r) {
    (void)r;
    ++*(unsigned *)ctx;
    return OK;
}

static unsigned found(struct place *p, const char *word) {
    struct recording_query q = {.limit = 10, .person = word};
    bool more;
    unsigned n = 0;
    EXPECT_EQ(catalogue_recordings(p->m.archive->catalogue, &q, &more, count_one, &n), OK);
    return n;
}

/* The next start, with the catalogue or without. */
static struct recovery_report start_again(struct place *p, bool lost) {
    struct recovery_report r;
    key_ring_close(&p->ring);
    power_off(&p->m);
    if (lost) {
        machine_lose(&p->m, "catalogue.db");
    }
    power_on(&p->m);
    EXPECT_EQ(recovery_run(p->m.archive, &r), OK);
    EXPECT_EQ(r.damaged + r.failed, 0);
    CHECK(archive_ring(p->m.archive, &p->s.id, &p->ring) == OK);
    return r;
}

static enum err verify(struct place *p, struct findings *f) {
    memset(f, 0, sizeof(*f));
    return verify_recording(p->m.archive, &p->s.id, findings_say, f);
}

TEST(personal_text_is_in_a_catalogue_that_is_made_anew) {
    struct place p;
    place_begin(&p, 5);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_STR(person(&p).name, "Ann");
        EXPECT_EQ(person(&p).name_state, NAME_KNOWN);
        EXPECT_STR(mark(&p).person.name, "now in the kitchen");
        EXPECT_EQ(found(&p, "ann"), 1);
        EXPECT_EQ(start_again(&p, true).rebuilt, 1);
    }
    place_end(&p);
}

TEST(personal_text_of_who_was_shredded_is_in_no_catalogue) {
    struct place p;
    struct findings f;
    struct wraps_order by = {{5}, "bob", "asked to"};
    place_begin(&p, 6);
    struct key_context c = {p.s.id, ANN};
    EXPECT_EQ(wraps_shred(p.m.archive->wraps, &c, &by), OK);
    start_again(&p, true);
    EXPECT_STR(person(&p).name, "");
    EXPECT_EQ(person(&p).name_state, NAME_ERASED);
    EXPECT_STR(person(&p).role, "agent");
    EXPECT_STR(person(&p).consent, "2024-1");
    EXPECT_STR(mark(&p).person.name, "");
    EXPECT_EQ(mark(&p).name_state, NAME_ERASED);
    EXPECT_EQ(found(&p, "ann"), 0);
    /* The objects of the track were left where they are; of the journal there is nothing to say. */
    EXPECT_EQ(verify(&p, &f), ERR_AUTH);
    EXPECT_EQ(f.n, 2);
    EXPECT(strstr(f.first, "erased, but still stored"));
    place_end(&p);
}

/* The process died between the key and the catalogue: the next start forgets the name. */
TEST(personal_text_is_forgotten_at_the_next_start) {
    struct place p;
    struct wraps_order by = {{5}, "bob", "asked to"};
    place_begin(&p, 12);
    struct key_context c = {p.s.id, ANN};
    EXPECT_EQ(wraps_shred_person(p.m.archive->wraps, &c, &by), OK);
    EXPECT_STR(person(&p).name, "Ann");
    EXPECT(search_files(p.m.scratch.dir, bytes_of("kitchen", 7)) > 0);
    EXPECT_EQ(start_again(&p, false).rebuilt, 0);
    EXPECT_EQ(person(&p).name_state, NAME_ERASED);
    EXPECT_STR(mark(&p).person.name, "");
    EXPECT_EQ(found(&p, "ann"), 0);
    EXPECT_EQ(search_files(p.m.scratch.dir, bytes_of("kitchen", 7)), 0);
    place_end(&p);
}

/* A key that is damaged for now stops nothing, and what it hid is there when it is back. */
TEST(personal_text_waits_for_a_key_that_comes_back) {
    struct place p;
    struct findings f;
    struct key_wrap good, bad;
    place_begin(&p, 7);
    struct key_context c = {p.s.id, ANN};
    REQUIRE(wraps_get(p.m.archive->wraps, &c, &good) == OK);
    bad = good;
    bad.bytes[20] ^= 1;
    struct wraps_change spoil = {&good, &bad, bytes_of(NULL, 0)};
    struct wraps_change mend = {&bad, &good, bytes_of(NULL, 0)};
    EXPECT_EQ(wraps_replace(p.m.archive->wraps, &c, &spoil), OK);
    EXPECT_EQ(start_again(&p, true).rebuilt, 1);
    EXPECT_STR(person(&p).name, "");
    EXPECT_EQ(person(&p).name_state, NAME_SEALED);
    EXPECT_EQ(mark(&p).name_state, NAME_SEALED);
    EXPECT_EQ(found(&p, "ann"), 0);
    EXPECT_EQ(verify(&p, &f), ERR_AUTH); /* it is named, and nobody ordered it */
    EXPECT(strstr(f.first, "text") != NULL);
    start_again(&p, false);
    EXPECT_EQ(person(&p).name_state, NAME_SEALED);
    EXPECT_EQ(wraps_replace(p.m.archive->wraps, &c, &mend), OK);
    start_again(&p, false);
    EXPECT_STR(person(&p).name, "Ann");
    EXPECT_EQ(person(&p).name_state, NAME_KNOWN);
    EXPECT_STR(mark(&p).person.name, "now in the kitchen");
    EXPECT_EQ(found(&p, "ann"), 1);
    EXPECT_EQ(verify(&p, &f), OK);
    place_end(&p);
}

/* The same, but the person is shredded while the text waits. */
TEST(personal_text_that_waits_can_be_shredded) {
    struct place p;
    struct key_wrap good, bad;
    struct id_list ids = {0};
    struct wraps_order by = {{5}, "bob", "asked to"};
    place_begin(&p, 8);
    struct key_context c = {p.s.id, ANN};
    REQUIRE(wraps_get(p.m.archive->wraps, &c, &good) == OK);
    bad = good;
    bad.bytes[20] ^= 1;
    struct wraps_change spoil = {&good, &bad, bytes_of(NULL, 0)};
    EXPECT_EQ(wraps_replace(p.m.archive->wraps, &c, &spoil), OK);
    start_again(&p, true);
    EXPECT_EQ(catalogue_ids(p.m.archive->catalogue, CATALOGUE_SEALED, &ids), OK);
    EXPECT_EQ(ids.n, 1);
    id_list_free(&ids);
    EXPECT_EQ(wraps_shred(p.m.archive->wraps, &c, &by), OK);
    start_again(&p, false);
    EXPECT_EQ(person(&p).name_state, NAME_ERASED);
    ids = (struct id_list){0};
    EXPECT_EQ(catalogue_ids(p.m.archive->catalogue, CATALOGUE_SEALED, &ids), OK);
    EXPECT_EQ(ids.n, 0);
    id_list_free(&ids);
    place_end(&p);
}

/* Two names of one person, of which the earlier is opened later: the one said last counts. */
TEST(personal_names_count_in_the_order_they_were_said) {
    struct place p;
    struct ledger *l = NULL;
    struct entry_start start = {RECORDING_FORMAT, "demo", "House", {1700000000000000}};
    struct key_wrap good, bad;
    machine_begin(&p.m, 9);
    REQUIRE(ledger_begin(p.m.archive, &start, &l) == OK);
    struct entry first = named(9, "First Name"), second = named(9, "Second Name");
    EXPECT_EQ(ledger_add(l, &first), OK);
    EXPECT_EQ(ledger_flush(l), OK);
    EXPECT_EQ(ledger_add(l, &second), OK);
    p.s.id = *ledger_id(l);
    EXPECT_EQ(ledger_end(l, US_PER_S), OK);
    ledger_free(l);
    struct key_context c = {p.s.id, 9};
    CHECK(archive_ring(p.m.archive, &p.s.id, &p.ring) == OK);
    REQUIRE(wraps_get(p.m.archive->wraps, &c, &good) == OK);
    bad = good;
    bad.bytes[20] ^= 1;
    struct wraps_change spoil = {&good, &bad, bytes_of(NULL, 0)};
    struct wraps_change mend = {&bad, &good, bytes_of(NULL, 0)};
    EXPECT_EQ(wraps_replace(p.m.archive->wraps, &c, &spoil), OK);
    start_again(&p, true);
    EXPECT_EQ(wraps_replace(p.m.archive->wraps, &c, &mend), OK);
    start_again(&p, false);
    EXPECT_STR(person(&p).name, "Second Name");
    EXPECT_EQ(person(&p).name_state, NAME_KNOWN);
    EXPECT_EQ(found(&p, "first"), 1);
    EXPECT_EQ(found(&p, "second"), 1);
    place_end(&p);
}

/* A later release may seal what this one cannot take: the line is none the worse for it. */
TEST(personal_text_of_a_later_release_is_known_to_be_there) {
    struct entry e = named(ANN, ""), back;
    struct buffer line = {0}, longer = {0};
    REQUIRE(entry_encode(&e, NULL, &line) == OK);
    buffer_put(&longer, line.p, line.n - 1);
    buffer_printf(&longer, ",\"sealed\":\"");
    for (unsigned i = 0; i < ENTRY_SEALED_MAX + 1; i++) {
        buffer_printf(&longer, "ab");
    }
    buffer_printf(&longer, "\"}");
    memset(&back, 0xee, sizeof(back));
    EXPECT_EQ(entry_decode(bytes_of(longer.p, longer.n), &back, NULL), OK);
    EXPECT_EQ(back.u.personal.sealed_len, ENTRY_SEALED_LONGER);
    static const uint8_t key[KEY_LEN];
    EXPECT_EQ(personal_open(key, &ID_PROGRAMME, &back), ERR_LONG);
    static const char *const wrong[] = {"\"a\"", "\"zz\"", "7", "null", "\"ab\\u0000\""};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        buffer_cut(&longer, 0);
        buffer_put(&longer, line.p, line.n - 1);
        buffer_printf(&longer, ",\"sealed\":%s}", wrong[i]);
        EXPECT_EQ(entry_decode(bytes_of(longer.p, longer.n), &back, NULL), ERR_FORMAT);
    }
    e.u.personal.sealed_len = ENTRY_SEALED_MAX + 1;
    EXPECT_EQ(entry_encode(&e, NULL, &line), ERR_RANGE);
    buffer_free(&line);
    buffer_free(&longer);
}

static enum err answer(void *ctx, struct entry *e) {
    EXPECT_EQ(e->u.personal.sealed_len, ENTRY_SEALED_LONGER);
    return *(enum err *)ctx;
}

/* The journal's last line, with a sealed text of so many bytes. */
static void put_longer(struct buffer *lines, struct journal_head *head, unsigned n) {
    struct entry start = {.type = ENTRY_START}, e = named(ANN, "");
    size_t from = lines->n;
    REQUIRE(entry_encode(&start, head, lines) == OK);
    sha256_of(bytes_of(lines->p + from, lines->n - from), bytes_of(NULL, 0), head->hash);
    head->entries++;
    buffer_put(lines, "\n", 1);
    REQUIRE(entry_encode(&e, head, lines) == OK);
    buffer_cut(lines, lines->n - 1);
    buffer_printf(lines, ",\"sealed\":\"");
    for (unsigned i = 0; i < n; i++) {
        buffer_printf(lines, "ab");
    }
    buffer_printf(lines, "\"}\n");
}

/* The catalogue says that there is a name which it does not have, and not that there is none. */
TEST(personal_text_of_a_later_release_waits_in_the_catalogue) {
    struct place p;
    struct buffer lines = {0};
    enum err said = ERR_LONG;
    place_begin(&p, 31);
    struct catalogue *c = p.m.archive->catalogue;
    p.s.id = (struct id){{0x31}};
    struct journal_head head = journal_begin(&p.s.id);
    put_longer(&lines, &head, ENTRY_SEALED_LONGER);
    struct catalogue_object o = {
        .recording = p.s.id, .lines = bytes_of(lines.p, lines.n), .opener = {answer, &said}};
    REQUIRE(catalogue_follow(c, &o) == OK);
    EXPECT_EQ(person(&p).name_state, NAME_SEALED);
    EXPECT_EQ(catalogue_open_texts(c, &p.s.id, &o.opener), OK);
    EXPECT_EQ(person(&p).name_state, NAME_SEALED);
    said = ERR_GONE;
    EXPECT_EQ(catalogue_open_texts(c, &p.s.id, &o.opener), OK);
    EXPECT_EQ(person(&p).name_state, NAME_ERASED);
    buffer_free(&lines);
    place_end(&p);
}

/* Many come, are stored, and go again: whoever goes is sealed under the keys they came with. */
TEST(personal_text_of_who_leaves_much_later_opens) {
    struct machine m;
    struct ledger *l = NULL;
    struct entry_start start = {.wall = {1}};
    struct findings f = {0};
    struct participant_row r;
    machine_begin(&m, 33);
    REQUIRE(ledger_begin(m.archive, &start, &l) == OK);
    for (int on = 1; on >= 0; on--) {
        for (unsigned i = 1; i <= 100; i++) {
            struct entry e = named(i, "Somebody Who Came");
            e.t = i;
            e.u.person.on = on;
            EXPECT_EQ(ledger_add(l, &e), OK);
            EXPECT(i % 10 || ledger_flush(l) == OK);
        }
    }
    EXPECT_EQ(ledger_end(l, US_PER_S), OK);
    struct id id = *ledger_id(l);
    ledger_free(l);
    EXPECT_EQ(verify_recording(m.archive, &id, findings_say, &f), OK);
    EXPECT_STR(f.first, "");
    EXPECT_EQ(catalogue_participants(m.archive->catalogue, &id, take_person, &r), OK);
    EXPECT(r.participant == 100 && r.name_state == NAME_KNOWN);
    EXPECT_STR(r.name, "Somebody Who Came");
    machine_end(&m);
}

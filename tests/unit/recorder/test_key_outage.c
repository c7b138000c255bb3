/* A key provider that does not answer: no tour is harmed, and nothing that was recorded. */
#include "base/alloc.h"
#include "recorder/archive/ledger.h"
#include "recorder/archive/recovery.h"
#include "recorder/archive/verify.h"
#include "recorder/library/library.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/kms_stub.h"
#include "tests/unit/recorder/sample_recording.h"
#include "tests/unit/test.h"

struct place {
    struct scratch scratch;
    struct memory_store disk;
    struct rng_seeded rng;
    struct kms_stub kms;
    char why[WHY_MAX];
    struct archive *archive;
};

static struct key_config keys_of(struct place *p) {
    return (struct key_config){.provider = WRAPPER_KMS, .kms = kms_stub_config(&p->kms)};
}

static enum err start(struct place *p) {
    struct key_config keys = keys_of(p);
    struct archive_config c = {.dir = p->scratch.dir,
                               .keys = &keys,
                               .write = true,
                               .store = &p->disk.store,
                               .rng = rng_from_seeded(&p->rng)};
    p->archive = archive_close(p->archive);
    return archive_open(&c, &p->archive, p->why);
}

static void place_begin(struct place *p) {
    memset(p, 0, sizeof(*p));
    scratch_begin(&p->scratch);
    memory_store_begin(&p->disk);
    rng_seed(&p->rng, 1);
    kms_stub_begin(&p->kms, &p->scratch);
}

static void place_end(struct place *p) {
    archive_close(p->archive);
    memory_store_end(&p->disk);
    scratch_end(&p->scratch);
}

static enum err verify(struct place *p, const struct id *id) {
    struct findings f = {0};
    return verify_recording(p->archive, id, findings_say, &f);
}

TEST(key_service_is_asked_at_the_beginning_and_never_in_the_middle) {
    struct place p;
    struct entry_start start_entry = {RECORDING_FORMAT, "demo", "House", {1700000000000000}};
    struct entry_segment seg = {.track = {{7}}, .duration = US_PER_S};
    struct entry track = {.type = ENTRY_TRACK}, epoch = {.type = ENTRY_EPOCH};
    struct ledger *l = NULL;
    place_begin(&p);
    REQUIRE(start(&p) == OK);
    REQUIRE(ledger_begin(p.archive, &start_entry, &l) == OK);
    struct id id = *ledger_id(l);
    unsigned asked = p.kms.asked;
    p.kms.dead = true; /* from here on: people come, media are stored, the recording ends */
    track.u.track = (struct entry_track){.track = {{7}}, .kind = SOURCE_CAMERA, .participant = 9};
    epoch.u.epoch = (struct entry_epoch){.track = {{7}}, .video = CODEC_VP8};
    EXPECT_EQ(ledger_add(l, &track), OK);
    EXPECT_EQ(ledger_add(l, &epoch), OK);
    EXPECT_EQ(ledger_segment(l, US_PER_S, &seg, bytes_of("media", 5)), OK);
    EXPECT_EQ(ledger_end(l, US_PER_S), OK);
    EXPECT_EQ(p.kms.asked, asked);
    ledger_free(l);
    p.kms.dead = false;
    EXPECT_EQ(verify(&p, &id), OK);
    place_end(&p);
}

TEST(key_service_that_is_away_harms_no_start_and_no_old_recording) {
    static const struct {
        const char *type;
        int status;
    } faults[] = {{NULL, 0}, {"ThrottlingException", 400}, {"NotFoundException", 400}};
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        struct place p;
        struct sample before, after, later;
        struct recovery_report r;
        struct findings f = {0};
        place_begin(&p);
        REQUIRE(start(&p) == OK);
        EXPECT_EQ(sample_record(p.archive, 0, &before), OK);
        p.kms.dead = !faults[i].type;
        p.kms.type = faults[i].type;
        p.kms.status = faults[i].status;
        REQUIRE(start(&p) == OK);
        EXPECT_EQ(recovery_run(p.archive, &r), OK);
        EXPECT_EQ(r.damaged, 0);
        EXPECT(sample_record(p.archive, 0, &after) != OK);
        EXPECT(!after.begun);
        /* Even now it can be seen that nothing was changed. */
        EXPECT_EQ(verify_chain(p.archive, &before.id, findings_say, &f), OK);
        p.kms.dead = false;
        p.kms.type = NULL;
        EXPECT_EQ(sample_record(p.archive, 0, &later), OK);
        EXPECT_EQ(verify(&p, &before.id), OK);
        EXPECT_EQ(verify(&p, &later.id), OK);
        place_end(&p);
    }
}

/* What is wrong with the configuration is said at the start; a tour that is not recorded would not
 * say it. */
TEST(key_service_that_denies_is_said_at_the_start) {
    struct place p;
    struct sample s;
    place_begin(&p);
    REQUIRE(start(&p) == OK);
    EXPECT_EQ(sample_record(p.archive, 0, &s), OK);
    p.kms.type = "AccessDeniedException";
    p.kms.status = 400;
    EXPECT_EQ(start(&p), ERR_KEY_DENIED);
    EXPECT(strstr(p.why, "denied") && strstr(p.why, "AccessDeniedException"));
    p.kms.type = NULL;
    /* Another key is not the one that the recordings are under. */
    p.kms.keys[0][5] ^= 1;
    EXPECT_EQ(start(&p), ERR_CRYPTO);
    p.kms.keys[0][5] ^= 1;
    EXPECT_EQ(start(&p), OK);
    EXPECT_EQ(verify(&p, &s.id), OK);
    place_end(&p);
}

/* What is denied is our right to use the key: only library_allowed tells somebody that a recording
 * is not for them, and only a hold that it is held. */
TEST(key_service_that_denies_is_no_refusal_of_who_reads) {
    struct place p;
    struct sample s;
    struct library *l = NULL;
    struct library_media *m = NULL;
    char id[ID_TEXT_MAX], *json = NULL;
    place_begin(&p);
    REQUIRE(start(&p) == OK);
    EXPECT_EQ(sample_record(p.archive, 0, &s), OK);
    p.archive = archive_close(p.archive);
    id_text(&s.id, id);
    struct key_config keys = keys_of(&p);
    struct library_config c = {.dir = p.scratch.dir,
                               .keys = &keys,
                               .store = &p.disk.store,
                               .rng = rng_from_seeded(&p.rng)};
    REQUIRE(library_open(&c, &l, p.why) == OK);
    static const char *const types[] = {"AccessDeniedException", "DisabledException"};
    struct library_file f = {id, PROGRAMME_TRACK, 0, 0};
    struct library_segments q = {.id = id, .track = PROGRAMME_TRACK};
    struct library_span span = {.id = id, .track = PROGRAMME_TRACK, .to = US_PER_S};
    struct library_rekeyed n;
    p.kms.status = 400;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        p.kms.type = types[i];
        EXPECT_EQ(library_allowed(l, id, ""), OK);
        EXPECT_EQ(library_media_open_file(l, &f, &m), ERR_KEY_DENIED);
        EXPECT_EQ(library_media_open_segment(l, &f, 0, &m), ERR_KEY_DENIED);
        EXPECT_EQ(library_segments_json(l, &q, &json), ERR_KEY_DENIED);
        EXPECT_EQ(library_redact(l, &span), ERR_KEY_DENIED);
        EXPECT_EQ(library_rekey(l, &n), ERR_KEY_DENIED);
        EXPECT(strstr(library_why(l), types[i]));
    }
    p.kms.type = NULL;
    p.kms.status = 0;
    EXPECT_EQ(library_segments_json(l, &q, &json), OK);
    mem_free(json);
    EXPECT_EQ(library_media_open_segment(l, &f, 0, &m), OK);
    library_media_close(m);
    library_close(l);
    place_end(&p);
}

/* A recording that a crash left open while the service is away waits, and is no damage. */
TEST(key_service_that_is_away_at_recovery) {
    struct place p;
    struct entry_start start_entry = {RECORDING_FORMAT, "demo", "House", {1700000000000000}};
    struct ledger *l = NULL;
    struct recovery_report r;
    place_begin(&p);
    REQUIRE(start(&p) == OK);
    REQUIRE(ledger_begin(p.archive, &start_entry, &l) == OK);
    struct id id = *ledger_id(l);
    ledger_free(l);
    p.kms.dead = true;
    REQUIRE(start(&p) == OK);
    EXPECT_EQ(recovery_run(p.archive, &r), OK);
    EXPECT_EQ(r.failed, 1);
    EXPECT_EQ(r.damaged + r.closed, 0);
    p.kms.dead = false;
    REQUIRE(start(&p) == OK);
    EXPECT_EQ(recovery_run(p.archive, &r), OK);
    EXPECT_EQ(r.closed, 1);
    EXPECT_EQ(verify(&p, &id), OK);
    place_end(&p);
}

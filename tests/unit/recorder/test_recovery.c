#include "recorder/archive/recovery.h"

#include "recorder/archive/verify.h"
#include "recorder/journal/manifest.h"

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/sample_recording.h"
#include "tests/unit/test.h"

static enum err count_segment(void *ctx, const struct entry_segment *s) {
    (void)s;
    ++*(unsigned *)ctx;
    return OK;
}

static unsigned segments(struct machine *m, const struct id *id) {
    struct segment_query q = {.recording = *id};
    unsigned n = 0;
    EXPECT_EQ(catalogue_segments(m->archive->catalogue, &q, count_segment, &n), OK);
    return n;
}

static unsigned media_on_disk(struct machine *m) {
    unsigned n = 0;
    for (size_t i = 0; i < m->disk.n; i++) {
        n += strstr(m->disk.objects[i].name, ".seg") != NULL;
    }
    return n;
}

/* What must hold after every recovery, whatever happened before. */
static void check_recovered(struct machine *m, const struct sample *s, const char *when) {
    struct recording_row row;
    struct findings f = {0};
    if (!s->begun) {
        return;
    }
    EXPECT_EQ(catalogue_recording(m->archive->catalogue, &s->id, &row), OK);
    EXPECT(row.state == (s->ended ? RECORDING_COMPLETE : RECORDING_INTERRUPTED) ||
           row.state == RECORDING_COMPLETE);
    EXPECT_EQ(row.manifest_version, 1);
    enum err e = verify_recording(m->archive, &s->id, findings_say, &f);
    if (e != OK) {
        test_fail(__FILE__, __LINE__, "%s: verify: %s: %s", when, err_name(e), f.first);
    }
    /* Every segment that reached the disk is in the recording, flushed or not. */
    EXPECT_EQ(segments(m, &s->id), media_on_disk(m));
    EXPECT(segments(m, &s->id) >= s->stored);
    EXPECT(row.duration >= (us_t)s->stored * 4 * US_PER_S);
}

TEST(recovery_a_complete_recording_needs_none) {
    struct machine m;
    struct sample s;
    struct recovery_report r;
    machine_begin(&m, 1);
    EXPECT_EQ(sample_record(m.archive, 0, &s), OK);
    EXPECT(s.ended);
    EXPECT_EQ(s.stored, SAMPLE_SEGMENTS);
    power_off(&m);
    power_on(&m);
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.closed + r.rebuilt + r.adopted + r.damaged, 0);
    check_recovered(&m, &s, "complete");
    machine_end(&m);
}

/* How many puts a complete sample makes. */
static unsigned puts_of_a_sample(void) {
    struct machine m;
    struct sample s;
    machine_begin(&m, 2);
    m.fault.mode = FAULT_DEAD;
    m.fault.at = UINT32_MAX;
    EXPECT_EQ(sample_record(m.archive, 0, &s), OK);
    unsigned puts = m.fault.puts;
    machine_end(&m);
    return puts;
}

TEST(recovery_power_lost_at_every_write) {
    unsigned puts = puts_of_a_sample();
    EXPECT(puts > 2 * SAMPLE_SEGMENTS);
    for (unsigned n = 0; n < puts; n++) {
        struct machine m;
        struct sample s;
        struct recovery_report r;
        char when[32];
        snprintf(when, sizeof(when), "put %u", n);
        machine_begin(&m, 100 + n);
        m.fault.mode = FAULT_DEAD;
        m.fault.at = n;
        EXPECT(sample_record(m.archive, 0, &s) != OK);
        power_off(&m);
        power_on(&m);
        EXPECT_EQ(recovery_run(m.archive, &r), OK);
        EXPECT_EQ(r.damaged, 0);
        check_recovered(&m, &s, when);
        /* At most the segment that was being written is gone. */
        EXPECT(segments(&m, &s.id) >= s.stored);
        /* Recovery is done: another finds nothing. */
        EXPECT_EQ(recovery_run(m.archive, &r), OK);
        EXPECT_EQ(r.closed + r.rebuilt + r.adopted + r.damaged, 0);
        machine_end(&m);
    }
}

TEST(recovery_power_lost_again_during_recovery) {
    unsigned puts = puts_of_a_sample();
    for (unsigned n = 3; n < puts; n += 3) {
        for (unsigned again = 0; again < 2; again++) {
            struct machine m;
            struct sample s;
            struct recovery_report r;
            machine_begin(&m, 200 + n);
            m.fault.mode = FAULT_DEAD;
            m.fault.at = n;
            EXPECT(sample_record(m.archive, 0, &s) != OK);
            power_off(&m);
            power_on(&m);
            m.fault.mode = FAULT_DEAD;
            m.fault.at = again;
            m.fault.error = ERR_NOSPACE;
            EXPECT_EQ(recovery_run(m.archive, &r), OK);
            EXPECT_EQ(r.failed, n == puts - 1 ? 0 : 1);
            EXPECT_EQ(r.damaged, 0);
            power_off(&m);
            power_on(&m);
            EXPECT_EQ(recovery_run(m.archive, NULL), OK);
            check_recovered(&m, &s, "twice");
            machine_end(&m);
        }
    }
}

TEST(recovery_is_not_needed_when_a_failing_disk_comes_back) {
    unsigned puts = puts_of_a_sample();
    for (int mode = FAULT_ONCE; mode <= FAULT_LATE; mode++) {
        for (unsigned n = 0; n < puts; n++) {
            struct machine m;
            struct sample s;
            char when[32];
            snprintf(when, sizeof(when), "mode %d put %u", mode, n);
            machine_begin(&m, 300 + n);
            m.fault.mode = mode;
            m.fault.at = n;
            m.fault.error = n % 2 ? ERR_NOSPACE : ERR_IO;
            EXPECT_EQ(sample_record(m.archive, 1, &s), OK);
            EXPECT(s.ended);
            check_recovered(&m, &s, when);
            EXPECT_EQ(segments(&m, &s.id), SAMPLE_SEGMENTS);
            machine_end(&m);
        }
    }
}

TEST(recovery_rebuilds_a_lost_catalogue) {
    struct machine m;
    struct sample done, open;
    struct recovery_report r;
    struct recording_row before, after;
    machine_begin(&m, 4);
    EXPECT_EQ(sample_record(m.archive, 0, &done), OK);
    EXPECT_EQ(catalogue_recording(m.archive->catalogue, &done.id, &before), OK);
    m.fault.mode = FAULT_DEAD;
    m.fault.at = 9;
    m.fault.puts = 0;
    EXPECT(sample_record(m.archive, 0, &open) != OK);
    power_off(&m);
    machine_lose(&m, "catalogue.db");
    power_on(&m);
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.rebuilt, 2);
    EXPECT_EQ(r.closed, 1);
    EXPECT_EQ(catalogue_recording(m.archive->catalogue, &done.id, &after), OK);
    EXPECT_STR(after.title, before.title);
    EXPECT_EQ(after.duration, before.duration);
    EXPECT_EQ(after.bytes, before.bytes);
    EXPECT_EQ(after.state, RECORDING_COMPLETE);
    /* The manifest that was there was recognised, not written a second time. */
    EXPECT_EQ(after.manifest_version, 1);
    EXPECT(memcmp(&after.manifest, &before.manifest, sizeof(after.manifest)) == 0);
    struct findings f = {0};
    EXPECT_EQ(verify_recording(m.archive, &done.id, findings_say, &f), OK);
    EXPECT_EQ(verify_recording(m.archive, &open.id, findings_say, &f), OK);
    machine_end(&m);
}

TEST(recovery_compares_the_list_of_keys_with_the_catalogue) {
    struct machine m;
    struct sample s[5];
    struct recovery_report r;
    machine_begin(&m, 31);
    for (unsigned i = 0; i < ARRAY_LEN(s); i++) {
        EXPECT_EQ(sample_record(m.archive, 0, &s[i]), OK);
    }
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.rebuilt, 0);
    EXPECT_EQ(catalogue_forget(m.archive->catalogue, &s[1].id), OK);
    EXPECT_EQ(catalogue_forget(m.archive->catalogue, &s[4].id), OK);
    EXPECT_EQ(catalogue_state(m.archive->catalogue, &s[2].id, RECORDING_DAMAGED), OK);
    /* What has a row and no key is nobody's to finish. */
    struct id foreign = {{255}};
    EXPECT_EQ(catalogue_state(m.archive->catalogue, &foreign, RECORDING_DAMAGED), OK);
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.rebuilt, 3);
    EXPECT_EQ(r.damaged + r.failed, 0);
    for (unsigned i = 0; i < ARRAY_LEN(s); i++) {
        struct recording_row row;
        struct findings f = {0};
        EXPECT_EQ(catalogue_recording(m.archive->catalogue, &s[i].id, &row), OK);
        EXPECT_EQ(row.state, RECORDING_COMPLETE);
        EXPECT_EQ(verify_recording(m.archive, &s[i].id, findings_say, &f), OK);
    }
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.rebuilt, 0);
    machine_end(&m);
}

TEST(recovery_adopts_unnoted_segments_as_they_were) {
    struct machine m;
    struct sample s;
    struct recovery_report r;
    machine_begin(&m, 5);
    m.fault.mode = FAULT_DEAD;
    /* start | track+epoch, segment, flush | segment, flush <- this one */
    m.fault.at = 5;
    EXPECT(sample_record(m.archive, 0, &s) != OK);
    EXPECT_EQ(s.stored, 2);
    EXPECT_EQ(s.flushed, 1);
    power_off(&m);
    power_on(&m);
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.adopted, 1);
    struct key_ring ring;
    EXPECT_EQ(archive_ring_of_rows(m.archive, &s.id, &ring), OK);
    struct object_access access = archive_access(m.archive, &ring);
    struct object_id o = {
        .type = OBJECT_MEDIA, .recording = s.id, .track = ID_PROGRAMME, .epoch = 0, .number = 1};
    struct object_reader *reader = NULL;
    static uint8_t expected[SAMPLE_MEDIA], got[SAMPLE_MEDIA];
    REQUIRE(object_reader_open(&access, &o, 0, &reader) == OK);
    key_ring_close(&ring);
    sample_media(1, expected);
    EXPECT(object_reader_size(reader) > SAMPLE_MEDIA);
    EXPECT_EQ(object_reader_read(reader, 0, got, SAMPLE_MEDIA), OK);
    EXPECT(memcmp(got, expected, SAMPLE_MEDIA) == 0);
    EXPECT_EQ(object_reader_read(reader, 69000, got, 1000), OK);
    EXPECT(memcmp(got, expected + 69000, 1000) == 0);
    object_reader_close(reader);
    machine_end(&m);
}

TEST(recovery_does_not_adopt_what_is_not_authentic) {
    struct machine m;
    struct sample s;
    struct recovery_report r;
    struct findings f = {0};
    machine_begin(&m, 6);
    m.fault.mode = FAULT_DEAD;
    m.fault.at = 5;
    EXPECT(sample_record(m.archive, 0, &s) != OK);
    power_off(&m);
    for (size_t i = 0; i < m.disk.n; i++) {
        if (strstr(m.disk.objects[i].name, "/0-1.seg")) {
            m.disk.objects[i].p[500] ^= 1;
        }
    }
    power_on(&m);
    EXPECT_EQ(recovery_run(m.archive, &r), OK);
    EXPECT_EQ(r.adopted, 0);
    EXPECT_EQ(verify_recording(m.archive, &s.id, findings_say, &f), ERR_AUTH);
    EXPECT(strstr(f.first, "0-1.seg: extra") != NULL);
    machine_end(&m);
}

TEST(recovery_leaves_a_damaged_journal_alone) {
    for (unsigned how = 0; how < 2; how++) {
        struct machine m;
        struct sample s;
        struct recovery_report r;
        struct recording_row row;
        struct findings f = {0};
        char name[OBJECT_NAME_MAX], damage[OBJECT_NAME_MAX];
        machine_begin(&m, 7);
        m.fault.mode = FAULT_DEAD;
        m.fault.at = 8;
        EXPECT(sample_record(m.archive, 0, &s) != OK);
        power_off(&m);
        struct object_id o = {.type = OBJECT_JOURNAL, .recording = s.id, .number = 1};
        struct memory_object *x = memory_store_find(&m.disk, object_name(&o, name));
        REQUIRE(x != NULL);
        if (how == 0) {
            x->p[x->n / 2] ^= 1;
        } else {
            EXPECT_EQ(m.disk.store.remove(m.disk.store.ctx, name), OK);
        }
        size_t objects = m.disk.n;
        power_on(&m);
        EXPECT_EQ(recovery_run(m.archive, &r), OK);
        EXPECT_EQ(r.damaged, 1);
        EXPECT_EQ(m.disk.n, objects);
        EXPECT_EQ(catalogue_recording(m.archive->catalogue, &s.id, &row), OK);
        EXPECT_EQ(row.state, RECORDING_DAMAGED);
        EXPECT_EQ(catalogue_damage(m.archive->catalogue, &s.id, damage), OK);
        EXPECT_STR(damage, name);
        EXPECT_EQ(verify_recording(m.archive, &s.id, findings_say, &f), ERR_AUTH);
        /* It is looked at again at every start, for what is missing may come back. */
        EXPECT_EQ(recovery_run(m.archive, &r), OK);
        EXPECT_EQ(r.damaged, 1);
        machine_end(&m);
    }
}

TEST(archive_has_one_writer_and_one_key) {
    struct machine m;
    struct sample s;
    struct archive *second = NULL;
    struct rng_seeded state;
    char path[PATH_MAX], why[WHY_MAX];
    machine_begin(&m, 8);
    rng_seed(&state, 9);
    EXPECT_EQ(bench_archive(&m.scratch, &m.disk.store, &state, &second), ERR_WRONG_STATE);
    EXPECT_EQ(sample_record(m.archive, 0, &s), OK);
    power_off(&m);
    snprintf(path, sizeof(path), "%s/kek", m.scratch.dir);
    EXPECT_EQ(remove(path), 0);
    EXPECT_EQ(bench_archive(&m.scratch, &m.disk.store, &state, &second), ERR_CRYPTO);
    struct archive_config c = {.dir = "/proc/none", .write = true, .store = &m.disk.store};
    EXPECT_EQ(archive_open(&c, &second, why), ERR_IO);
    EXPECT(strstr(why, "/proc/none") != NULL);
    EXPECT(second == NULL);
    memory_store_end(&m.disk);
    scratch_end(&m.scratch);
}

#include "tests/unit/recorder/sample_recording.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

static const struct id camera = {{0xca, 0x3e}};

/* The steps in order: what is noted before the segment, then the segment. */
struct step {
    struct id track;
    uint32_t epoch, number;
    bool new_track, new_epoch;
};

static const struct step steps[SAMPLE_SEGMENTS] = {
    {{{'p', 'r', 'o', 'g', 'r', 'a', 'm', 'm', 'e'}}, 0, 0, true, true},
    {{{'p', 'r', 'o', 'g', 'r', 'a', 'm', 'm', 'e'}}, 0, 1, false, false},
    {{{0xca, 0x3e}}, 0, 0, true, true},
    {{{'p', 'r', 'o', 'g', 'r', 'a', 'm', 'm', 'e'}}, 1, 0, false, true},
    {{{0xca, 0x3e}}, 0, 1, false, false},
    {{{'p', 'r', 'o', 'g', 'r', 'a', 'm', 'm', 'e'}}, 1, 1, false, false},
};

void sample_media(unsigned i, uint8_t out[SAMPLE_MEDIA]) {
    for (size_t k = 0; k < SAMPLE_MEDIA; k++) {
        out[k] = (uint8_t)(k * 31 + i * 7 + (k >> 8));
    }
}

static enum err add(struct ledger *l, struct entry e, unsigned *retries) {
    enum err error = ledger_add(l, &e);
    for (; error != OK && *retries; --*retries) {
        error = ledger_add(l, &e);
    }
    return error;
}

static enum err add_step(struct ledger *l, const struct step *s, us_t t, unsigned *retries) {
    bool video = id_eq(&s->track, &ID_PROGRAMME);
    enum err e = OK;
    if (s->new_track) {
        struct entry track = {.type = ENTRY_TRACK, .t = t};
        track.u.track = (struct entry_track){.track = s->track,
                                             .kind = video ? SOURCE_NONE : SOURCE_CAMERA,
                                             .codec = CODEC_VP8,
                                             .source = video ? 0 : 3,
                                             .participant = video ? 0 : 42};
        e = add(l, track, retries);
    }
    if (e == OK && s->new_epoch) {
        struct entry epoch = {.type = ENTRY_EPOCH, .t = t};
        epoch.u.epoch = (struct entry_epoch){.track = s->track,
                                             .number = s->epoch,
                                             .video = CODEC_VP8,
                                             .audio = video ? CODEC_OPUS : CODEC_NONE,
                                             .width = 1280,
                                             .height = 720,
                                             .start = t,
                                             .init_len = 2,
                                             .init = {1, 2}};
        e = add(l, epoch, retries);
    }
    return e;
}

static enum err put_segment(struct ledger *l, unsigned i, unsigned *retries) {
    static uint8_t media[SAMPLE_MEDIA];
    const struct step *s = &steps[i];
    struct entry_segment seg = {.track = s->track,
                                .epoch = s->epoch,
                                .number = s->number,
                                .start = s->number * 4 * US_PER_S,
                                .duration = 4 * US_PER_S,
                                .width = 1280,
                                .height = 720,
                                .first_is_key = true,
                                .n_keys = 1,
                                .keys = {{0, 12}}};
    us_t t = (i + 1) * 4 * US_PER_S;
    sample_media(i, media);
    enum err e = ledger_segment(l, t, &seg, bytes_of(media, sizeof(media)));
    for (; e != OK && *retries; --*retries) {
        e = ledger_segment(l, t, &seg, bytes_of(media, sizeof(media)));
    }
    return e;
}

static enum err flush(struct ledger *l, unsigned *retries) {
    enum err e = ledger_flush(l);
    for (; e != OK && *retries; --*retries) {
        e = ledger_flush(l);
    }
    return e;
}

static enum err add_people(struct ledger *l, unsigned *retries) {
    static const uint8_t types[] = {ENTRY_PARTICIPANT, ENTRY_CONSENT, ENTRY_STAGE, ENTRY_MARK};
    static const char *const names[] = {"Ann", "2024-1", "", "now in the kitchen"};
    enum err e = OK;
    for (unsigned i = 0; e == OK && i < sizeof(types); i++) {
        struct entry entry = {.type = types[i], .t = (i + 1) * US_PER_S};
        entry.u.person.participant = 42;
        entry.u.person.source = 3;
        entry.u.person.on = true;
        snprintf(entry.u.person.name, sizeof(entry.u.person.name), "%s", names[i]);
        snprintf(entry.u.person.role, sizeof(entry.u.person.role), "agent");
        e = add(l, entry, retries);
    }
    struct entry gap = {.type = ENTRY_GAP, .t = 5 * US_PER_S};
    gap.u.gap = (struct entry_gap){camera, 40 * US_PER_MS, 2, "loss"};
    return e == OK ? add(l, gap, retries) : e;
}

static enum err run(struct ledger *l, unsigned retries, struct sample *ret) {
    enum err e = add_people(l, &retries);
    for (unsigned i = 0; e == OK && i < SAMPLE_SEGMENTS; i++) {
        e = add_step(l, &steps[i], i * 4 * US_PER_S, &retries);
        e = e == OK ? put_segment(l, i, &retries) : e;
        ret->stored += e == OK;
        e = e == OK ? flush(l, &retries) : e;
        ret->flushed = e == OK ? ret->stored : ret->flushed;
    }
    if (e == OK) {
        e = ledger_end(l, 25 * US_PER_S);
        for (; e != OK && retries; --retries) {
            e = ledger_end(l, 25 * US_PER_S);
        }
    }
    ret->ended = e == OK;
    return e;
}

enum err sample_record(struct archive *a, unsigned retries, struct sample *ret) {
    struct entry_start start = {
        RECORDING_FORMAT, "demo", "House \"A\"", {INT64_C(1700000000123456)}};
    struct ledger *l = NULL;
    memset(ret, 0, sizeof(*ret));
    enum err e = ledger_begin(a, &start, &l);
    for (; e != OK && retries; retries--) {
        e = ledger_begin(a, &start, &l);
    }
    if (e != OK) {
        ledger_free(l);
        return e;
    }
    ret->begun = true;
    ret->id = *ledger_id(l);
    e = run(l, retries, ret);
    ledger_free(l);
    return e;
}

#include "tests/unit/recorder/bench_house.h"

#include "tests/unit/recorder/search_files.h"
#include "tests/unit/test.h"

const struct library_order house_order = {"ann", "asked to", {1700000000000000}};

static void say(struct rig *g, int type, uint64_t participant, const char *name) {
    struct recorder_order o = {.tour = TOUR, .participant = participant, .on = true};
    o.type = type;
    snprintf(o.name, sizeof(o.name), "%s", name);
    snprintf(o.title, sizeof(o.title), "%s", type == ORDER_MARK ? name : "");
    snprintf(o.role, sizeof(o.role), "buyer");
    snprintf(o.consent_version, sizeof(o.consent_version), "2024-1");
    recorder_order(g->r, g->now, (wall_t){1700000000000000 + g->now}, &o);
    rig_pump(g);
}

/* A person with camera and microphone, who is on the stage of nobody: the programme is not theirs
 * alone, and keeps what it shows. Another one listens. */
static void record(struct house *h) {
    struct rig *g = &h->rig;
    struct clip video, audio;
    struct feed_list l = {0};
    clip_ivf(&video, "video.ivf");
    clip_ogg(&audio, "audio.ogg");
    us_t t = g->now;
    struct feed_source camera = feed_camera(&video, t);
    struct feed_source microphone = feed_microphone(&audio, t);
    camera.participant = microphone.participant = GONE;
    memcpy(h->picture, video.frame[0].p + video.frame[0].n - 300, sizeof(h->picture));
    memcpy(h->sound, audio.frame[20].p + 4, sizeof(h->sound));
    rig_order(g, ORDER_START);
    say(g, ORDER_PARTICIPANT, GONE, GONE_NAME);
    say(g, ORDER_PARTICIPANT, STAYS, STAYS_NAME);
    feed_tap(&l, &camera, TAP_SOURCE_ON, t);
    feed_tap(&l, &microphone, TAP_SOURCE_ON, t);
    feed_frames(&l, &camera, g->pool, 0, video.n);
    feed_frames(&l, &microphone, g->pool, 0, audio.n);
    feed_sort(&l);
    rig_run(g, &l);
    say(g, ORDER_MARK, GONE, GONE_MARK);
    rig_order(g, ORDER_STOP);
    rig_close(g);
    clip_free(&video);
    clip_free(&audio);
}

void house_open(struct house *h) {
    struct archive_config a = {
        .dir = h->rig.dir, .write = true, .rng = rng_from_seeded(&h->rig.seed)};
    struct library_config l = {.dir = h->rig.dir, .rng = rng_from_seeded(&h->rig.seed)};
    CHECK(archive_open(&a, &h->archive, h->why) == OK);
    CHECK(library_open(&l, &h->library, h->why) == OK);
}

void house_close(struct house *h) {
    h->library = library_close(h->library);
    h->archive = archive_close(h->archive);
}

void house_begin(struct house *h) {
    memset(h, 0, sizeof(*h));
    rig_init(&h->rig);
    CHECK(rig_open(&h->rig) == OK);
    record(h);
    CHECK(id_parse(h->rig.recording, &h->id));
    id_text(&h->id, h->text);
    house_open(h);
}

void house_end(struct house *h) {
    house_close(h);
    rig_free(&h->rig);
}

unsigned house_files_with(struct house *h, const char *text) {
    return search_files(h->rig.dir, bytes_of(text, strlen(text)));
}

static enum err note_track(void *ctx, const struct track_row *r) {
    struct secrets *s = ctx;
    if (r->track.participant == GONE && r->track.kind == SOURCE_CAMERA) {
        s->track = r->track.track;
    }
    return OK;
}

void house_secrets(struct house *h, struct secrets *s) {
    struct key_ring ring;
    struct keyset set;
    struct key_context c = {h->id, GONE};
    memset(s, 0, sizeof(*s));
    CHECK(catalogue_tracks(h->archive->catalogue, &h->id, note_track, s) == OK);
    CHECK(archive_ring_of_rows(h->archive, &h->id, &ring) == OK);
    CHECK(wraps_get(h->archive->wraps, &c, &s->wrap) == OK);
    CHECK(vault_subject(h->archive->vault, &ring.set, GONE, &set) == OK);
    memcpy(s->root, set.root, KEY_LEN);
    CHECK(keyset_single(&set, KEYSET_OBJECTS, s->objects) == OK);
    CHECK(keyset_media(&set, &(struct keyset_place){s->track, 0}, 0, s->media) == OK);
    CHECK(key_ring_text(&ring, GONE, s->text) == OK);
    keyset_clear(&set);
    key_ring_close(&ring);
}

void house_expect_erased(struct house *h) {
    char *out = NULL;
    REQUIRE(library_recording_json(h->library, h->text, &out) == OK);
    EXPECT(strstr(out, GONE_NAME) == NULL && strstr(out, GONE_MARK) == NULL);
    EXPECT(strstr(out, "\"erased\":true") != NULL && strstr(out, "\"sealed\"") == NULL);
    EXPECT(strstr(out, STAYS_NAME) != NULL);
    EXPECT(strstr(out, "2024-1") != NULL);
    mem_free(out);
}

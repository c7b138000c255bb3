/* Following a recording while it is made: what came since, and what a player must have before it.
 * The state is read first, then the epoch, then its segments: whoever is told that nothing more
 * will come has been told of the last of them. */
#include "recorder/library/library_parts.h"

#include "base/alloc.h"
#include "base/json_write.h"
#include "recorder/container/container.h"
#include "recorder/container/mp4_header.h"
#include "recorder/container/webm_header.h"

#include <string.h>

#define SEGMENTS_USUAL 100
/* When to ask again [ms]. The next segment comes about one length after the last; who asks somewhat
 * earlier is soon as close behind as he can be. When nothing came, something is late. */
#define WAIT_MIN 500
#define WAIT_MAX 3000
#define WAIT_LATE 1000

_Static_assert(LIBRARY_TYPE_MAX >= CONTAINER_MIME_MAX, "a type fits");

struct tail {
    struct library *l;
    struct id recording, track;
    enum recording_state state;
    struct epoch_tail epoch;
    /* While listing. */
    struct buffer *out;
    struct key_ring ring; /* closed: nothing can be erased while it is made */
    uint32_t listed;      /* segments on the page */
    uint32_t next;        /* number behind the last of them */
    us_t last;            /* duration of it */
};

/* An epoch of sound alone has some; in others it is there when a segment says so. */
static enum err find_sound(struct tail *t) {
    struct epoch_tail *e = &t->epoch;
    e->sound = e->sound || (e->segments && e->epoch.audio && !e->epoch.video);
    return e->sound || !e->sound_unknown || !e->epoch.audio
               ? OK
               : catalogue_heard(t->l->archive->catalogue, &t->recording, &e->sound);
}

static enum err tail_open(struct library *l, const struct library_file *f, struct tail *t) {
    struct recording_row row;
    struct catalogue *c = l->archive->catalogue;
    *t = (struct tail){.l = l};
    if (!id_parse(f->id, &t->recording)) {
        return ERR_UNKNOWN;
    }
    enum err e = catalogue_recording(c, &t->recording, &row);
    if (e != OK || row.state == RECORDING_SHREDDED) {
        return e == OK ? ERR_UNKNOWN : e;
    }
    t->state = row.state;
    e = id_parse(f->track, &t->track)
            ? catalogue_epoch_tail(c, &t->recording, &t->track, f->epoch, &t->epoch)
            : ERR_UNKNOWN;
    return e == ERR_UNKNOWN ? ERR_RANGE : e == OK ? find_sound(t) : e;
}

static char *type_of(const struct tail *t, char *out) {
    const struct epoch_tail *e = &t->epoch;
    struct container_content c = {.video = (enum codec)e->epoch.video,
                                  .init = bytes_of(e->epoch.init, e->epoch.init_len),
                                  .pictures = e->pictures,
                                  .sound = e->sound};
    return container_mime(&c, out);
}

/* ---- the beginning ---- */

static enum err put_init(const struct epoch_tail *t, struct buffer *out) {
    uint8_t video = t->pictures ? 1 : 0, audio = !t->sound ? 0 : t->epoch.video ? 2 : 1;
    struct bytes init = bytes_of(t->epoch.init, t->epoch.init_len);
    if (container_of_codec((enum codec)t->epoch.video) == CONTAINER_MP4) {
        struct mp4_file mp4 = {.video = video,
                               .audio = audio,
                               .width = t->epoch.width,
                               .height = t->epoch.height,
                               .avcc = init,
                               .live = true};
        return mp4_header(&mp4, out);
    }
    struct webm_file webm = {.video = video,
                             .audio = audio,
                             .codec = t->epoch.video,
                             .width = t->epoch.width,
                             .height = t->epoch.height,
                             .init = init,
                             .live = true};
    return webm_header(&webm, out);
}

enum err library_init(struct library *l, const struct library_file *f, struct buffer *out,
                      char type[LIBRARY_TYPE_MAX]) {
    OWNER_CHECK(&l->owner);
    struct tail t;
    enum err e = tail_open(l, f, &t);
    if (e == OK && !t.epoch.pictures && !t.epoch.sound) {
        e = ERR_RANGE; /* a beginning of nothing: no player takes it */
    }
    if (e == OK) {
        type_of(&t, type);
        e = put_init(&t.epoch, out);
    }
    return e;
}

/* ---- what came since ---- */

static enum err find_erased(struct tail *t, const struct entry_segment *s, bool *ret) {
    struct object_id o = {.type = OBJECT_MEDIA,
                          .recording = t->recording,
                          .track = t->track,
                          .epoch = s->epoch,
                          .number = s->number};
    *ret = false;
    return t->ring.vault ? key_ring_erased(&t->ring, &o, ret) : OK;
}

static enum err put_segment(void *ctx, const struct entry_segment *s) {
    struct tail *t = ctx;
    bool erased;
    enum err e = find_erased(t, s, &erased);
    if (e != OK) {
        return e;
    }
    json_open(t->out, NULL, '{');
    json_put_uint(t->out, "number", s->number);
    json_put_int(t->out, "start_ms", us_max(s->start, 0) / US_PER_MS);
    json_put_int(t->out, "duration_ms", s->duration / US_PER_MS);
    json_put_uint(t->out, "bytes", s->bytes);
    json_put_bool(t->out, "key", s->first_is_key);
    if (erased) {
        json_put_bool(t->out, "erased", true);
    }
    json_close(t->out, '}');
    /* It may have come after the epoch was read: the type is of all that is listed. */
    t->epoch.pictures = t->epoch.pictures || s->width;
    t->epoch.sound = t->epoch.sound || s->sound == SEGMENT_SOUND_SOME;
    t->listed++;
    t->next = s->number + 1;
    t->last = s->duration;
    return OK;
}

static int64_t wait_of(const struct tail *t) {
    int64_t part = t->last / US_PER_MS * 3 / 4;
    return !t->listed ? WAIT_LATE : part < WAIT_MIN ? WAIT_MIN : part > WAIT_MAX ? WAIT_MAX : part;
}

static void put_end(const struct tail *t, uint32_t from) {
    const struct epoch_tail *e = &t->epoch;
    struct buffer *b = t->out;
    bool growing = t->state == RECORDING_OPEN && !e->later;
    uint32_t end = e->segments > t->next ? e->segments : t->next;
    bool more = (t->listed ? t->next : from) < end;
    char type[CONTAINER_MIME_MAX];
    json_put_string(b, "type", e->pictures || e->sound ? type_of(t, type) : NULL);
    json_put_int(b, "epoch_start_ms", e->epoch.start / US_PER_MS);
    json_put_bool(b, "growing", growing);
    if (e->later) {
        json_put_uint(b, "next_epoch", e->next);
    } else {
        json_put_null(b, "next_epoch");
    }
    if (end) {
        json_put_uint(b, "last", end - 1);
    } else {
        json_put_null(b, "last");
    }
    json_put_bool(b, "more", more);
    json_put_int(b, "wait_ms", growing && !more ? wait_of(t) : 0);
}

static enum err put_page(struct tail *t, const struct library_segments *q) {
    struct archive *a = t->l->archive;
    struct segment_page p = {.recording = t->recording,
                             .track = t->track,
                             .epoch = q->epoch,
                             .from = q->from,
                             .limit = q->limit ? q->limit : SEGMENTS_USUAL};
    p.limit = p.limit < LIBRARY_SEGMENTS_MAX ? p.limit : LIBRARY_SEGMENTS_MAX;
    enum err e = t->state == RECORDING_OPEN ? OK : archive_ring_of_rows(a, &t->recording, &t->ring);
    json_open(t->out, NULL, '{');
    json_open(t->out, "segments", '[');
    e = e == OK ? catalogue_segment_page(a->catalogue, &p, put_segment, t) : e;
    json_close(t->out, ']');
    put_end(t, q->from);
    json_close(t->out, '}');
    key_ring_close(&t->ring);
    return e;
}

enum err library_segments_json(struct library *l, const struct library_segments *q, char **ret) {
    OWNER_CHECK(&l->owner);
    struct library_file f = {q->id, q->track, q->epoch, 0};
    struct buffer out = {0};
    struct tail t;
    enum err e = tail_open(l, &f, &t);
    t.out = &out;
    e = e == OK ? put_page(&t, q) : e;
    if (e != OK) {
        buffer_free(&out);
        return e;
    }
    *ret = buffer_take(&out);
    return *ret ? OK : ERR_NOMEM;
}

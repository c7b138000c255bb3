/* Playback: a computed header in memory, then the clusters or fragments of every segment straight
 * out of its sealed object. Only the FLOE segments that a read touches are decrypted. */
#include "recorder/container/container.h"
#include "recorder/container/mp4_header.h"
#include "recorder/container/segment.h"
#include "recorder/container/webm_header.h"
#include "recorder/library/library_parts.h"

#include "base/alloc.h"

#define SEGMENTS_MAX (1u << 20)
#define PLACES_MAX (1u << 16) /* to seek to; of more, some are left out */
#define CHECK_BLOCK 65536     /* [bytes] of a segment looked at once before it is handed out */

_Static_assert(SEGMENT_BYTES_MAX / 8 * 9 <= OBJECT_WHOLE_MAX, "a segment is one request");

/* A snapshot in 64 bits: never 0, whether there was sound, how many segments, and how many before
 * the last of them were erased. */
#define SNAPSHOT_ANY 1
#define SNAPSHOT_SOUND 2
#define SNAPSHOT_PARTS(s) ((s) >> 2 & ((1u << 30) - 1))
#define SNAPSHOT_ERASED(s) ((s) >> 32)

struct part {
    uint64_t at;     /* offset in the file [bytes] */
    uint64_t n;      /* [bytes] */
    uint64_t sealed; /* size of its object [bytes] */
    uint32_t number;
};

/* A place to seek to, as WebM's cues and MP4's index are made of. */
struct place {
    uint64_t ms;     /* time [ms] */
    uint64_t offset; /* from the first cluster or fragment on [bytes] */
    bool key;        /* pictures begin there with a key frame */
    bool sound;      /* the segment has no pictures */
};

/* A row of wraps.db that the file's keys were opened of. */
struct lock {
    struct key_context row;
    struct key_wrap wrap;
};

struct library_media {
    struct owner owner;
    bool final;             /* the recording does not grow any more */
    struct journal_head at; /* where its rows stood when it was opened */
    uint64_t snapshot;      /* as library_media_snapshot; 0 while opening: all there is */
    struct archive *archive;
    struct id recording, track;
    uint32_t epoch;
    struct key_ring ring;
    struct lock locks[2]; /* the recording's, and that of the track's person */
    size_t n_locks;
    bool gone;  /* a lock is not what it was: the keys were wiped */
    bool whole; /* objects are fetched whole: all of them is read */
    bool rest;  /* of a segment that was begun: nobody has looked at all of it */
    struct buffer header;
    uint64_t size;
    struct part *parts;
    size_t n_parts, parts_cap;
    uint32_t erased;              /* segments that were between and before them */
    uint32_t erased_behind;       /* and behind the last of them */
    uint8_t video, audio;         /* enum codec */
    struct object_reader *reader; /* of parts[reading] */
    size_t reading;
    /* While opening. */
    struct place *places;
    size_t n_places, places_cap;
    uint32_t places_each, places_in_last; /* how many the last one stands for, at most and now */
    uint64_t bytes;                       /* of media */
    us_t end;
    uint16_t width, height;
    uint16_t init_n;
    uint8_t init[EPOCH_INIT_MAX];
    bool found, pictures, sound; /* sound, pictures: there are really some */
    bool sound_unknown;          /* of a segment of an earlier release */
};

static bool room(void **list, size_t n, size_t *cap, size_t each) {
    if (n < *cap) {
        return true;
    }
    size_t more = *cap ? 2 * *cap : 64;
    void *p = more <= SEGMENTS_MAX ? mem_realloc(*list, more * each) : NULL;
    if (p) {
        *list = p;
        *cap = more;
    }
    return p != NULL;
}

/* Of every two places one is left, with a key frame if there is one; of the first two the first,
 * for an index begins at the beginning. From now on a place stands for twice as many. */
static void thin_places(struct library_media *m) {
    for (size_t i = 0; i < m->n_places / 2; i++) {
        const struct place *two = m->places + 2 * i;
        m->places[i] = two[i && two[1].key && !two[0].key];
    }
    m->n_places /= 2;
    m->places_each *= 2;
}

static bool add_place(struct library_media *m, const struct place *p) {
    if (m->n_places && m->places_in_last < m->places_each) {
        struct place *last = &m->places[m->n_places - 1];
        m->places_in_last++;
        *last = m->n_places > 1 && p->key && !last->key ? *p : *last;
        return true;
    }
    if (m->n_places == PLACES_MAX) {
        thin_places(m);
    }
    m->places_in_last = 1;
    void *list = m->places;
    bool ok = room(&list, m->n_places, &m->places_cap, sizeof(*m->places));
    m->places = list;
    if (ok) {
        m->places[m->n_places++] = *p;
    }
    return ok;
}

/* [ms] Earlier releases noted sound before the beginning of its epoch. */
static uint64_t time_of(const struct entry_segment *s) {
    return (uint64_t)(us_max(s->start, 0) / US_PER_MS);
}

/* Every segment begins at a place to seek to, and so does every key frame in it that begins a
 * cluster or fragment; of several in one the first counts. */
static bool add_places(struct library_media *m, const struct entry_segment *s) {
    struct place p = {.ms = time_of(s), .offset = m->bytes, .sound = s->width == 0};
    if (!add_place(m, &p)) {
        return false;
    }
    for (unsigned i = 0; i < s->n_keys; i++) {
        struct place *last = &m->places[m->n_places - 1];
        struct place key = {
            .ms = p.ms + s->keys[i].at_ms, .offset = m->bytes + s->keys[i].offset, .key = true};
        if (key.offset == last->offset && !last->key) {
            *last = key;
        } else if (s->keys[i].offset < s->bytes && key.offset > last->offset &&
                   !add_place(m, &key)) {
            return false;
        }
    }
    return true;
}

static void note_size(struct library_media *m, uint16_t width, uint16_t height) {
    if ((uint32_t)width * height > (uint32_t)m->width * m->height) {
        m->width = width;
        m->height = height;
    }
}

static void note_sound(struct library_media *m, const struct entry_segment *s) {
    if (m->video && m->audio && !m->snapshot) {
        m->sound = m->sound || s->sound == SEGMENT_SOUND_SOME;
        m->sound_unknown = m->sound_unknown || s->sound == SEGMENT_SOUND_UNKNOWN;
    }
}

static enum err on_segment(void *ctx, const struct entry_segment *s) {
    struct library_media *m = ctx;
    if (m->snapshot && m->n_parts == SNAPSHOT_PARTS(m->snapshot)) {
        return OK; /* stored since */
    }
    struct object_id o = {.type = OBJECT_MEDIA,
                          .recording = m->recording,
                          .track = m->track,
                          .epoch = m->epoch,
                          .number = s->number};
    bool erased = false;
    enum err e = key_ring_erased(&m->ring, &o, &erased);
    if (e != OK || erased) {
        m->erased_behind += erased;
        return e; /* shredded or redacted: a gap, for times are in the clusters */
    }
    m->erased += m->erased_behind;
    m->erased_behind = 0;
    void *list = m->parts;
    bool ok = room(&list, m->n_parts, &m->parts_cap, sizeof(*m->parts));
    m->parts = list;
    if (!ok || !add_places(m, s)) {
        return ERR_NOMEM;
    }
    m->parts[m->n_parts++] =
        (struct part){.at = m->bytes, .n = s->bytes, .sealed = s->info.size, .number = s->number};
    m->pictures = m->pictures || s->width;
    note_sound(m, s);
    note_size(m, s->width, s->height);
    m->bytes += s->bytes;
    m->end = us_max(m->end, s->start + s->duration);
    return OK;
}

static enum err on_epoch(void *ctx, const struct epoch_row *e) {
    struct library_media *m = ctx;
    if (e->epoch.number == m->epoch) {
        m->found = true;
        m->video = e->epoch.video;
        m->audio = e->epoch.audio;
        m->init_n = e->epoch.init_len;
        memcpy(m->init, e->epoch.init, e->epoch.init_len);
        note_size(m, e->epoch.width, e->epoch.height);
    }
    return OK;
}

/* A file must not promise a track in which nothing ever comes: players wait for it. The segments
 * tell what they have. Earlier releases did not note it of sound: of their programmes, in which
 * only the loudest voice was, the voices tell. */
static enum err read_segments(struct library_media *m) {
    struct catalogue *c = m->archive->catalogue;
    struct segment_query q = {m->recording, &m->track, m->epoch};
    m->sound = m->snapshot ? (m->snapshot & SNAPSHOT_SOUND) != 0 : m->audio && !m->video;
    enum err e = catalogue_segments(c, &q, on_segment, m);
    if (e == OK && m->sound_unknown && !m->sound) {
        e = catalogue_heard(c, &m->recording, &m->sound);
    }
    return e;
}

static enum err check_state(struct library_media *m) {
    struct recording_row row;
    enum err e = catalogue_recording(m->archive->catalogue, &m->recording, &row);
    if (e != OK) {
        return e;
    }
    m->final = row.state != RECORDING_OPEN && row.state != RECORDING_DAMAGED;
    e = catalogue_position(m->archive->catalogue, &m->recording, &m->at);
    return row.state == RECORDING_SHREDDED ? ERR_UNKNOWN : e;
}

static enum err note_lock(struct library_media *m, uint64_t subject) {
    struct lock *l = &m->locks[m->n_locks];
    l->row = (struct key_context){m->recording, subject};
    enum err e = wraps_get(m->archive->wraps, &l->row, &l->wrap);
    m->n_locks += e == OK;
    return e;
}

/* Each row is noted before its keys are opened: if it changes in between, that is seen. */
static enum err open_keys(struct library_media *m) {
    struct ring_track t;
    enum err e = note_lock(m, 0);
    e = e == OK ? archive_ring_of_rows(m->archive, &m->recording, &m->ring) : e;
    if (e == OK && key_ring_find(&m->ring, &m->track, &t) && t.keys == TRACK_KEYS_TREE &&
        t.subject) {
        e = note_lock(m, t.subject);
        e = e == ERR_UNKNOWN ? OK : e; /* shredded, or lost: the ring knows which */
    }
    return e;
}

/* ERR_GONE: a row that the keys were opened of is not there any more, or another. */
static enum err check_locks(const struct library_media *m) {
    enum err e = m->gone ? ERR_GONE : OK;
    for (size_t i = 0; e == OK && i < m->n_locks; i++) {
        const struct lock *l = &m->locks[i];
        struct key_wrap w;
        e = wraps_get(m->archive->wraps, &l->row, &w);
        bool same = e == OK && w.n == l->wrap.n && memcmp(w.bytes, l->wrap.bytes, w.n) == 0;
        e = e == ERR_UNKNOWN || (e == OK && !same) ? ERR_GONE : e;
    }
    return e;
}

/* Of a snapshot all must be there still: other bytes in its place would not be noticed. */
static enum err check_snapshot(const struct library_media *m) {
    bool whole = !m->snapshot || (m->n_parts == SNAPSHOT_PARTS(m->snapshot) &&
                                  m->erased == SNAPSHOT_ERASED(m->snapshot));
    return whole ? OK : ERR_GONE;
}

static enum err read_rows(struct library_media *m) {
    struct catalogue *c = m->archive->catalogue;
    enum err e = check_state(m);
    e = e == OK ? catalogue_epochs(c, &m->recording, &m->track, on_epoch, m) : e;
    if (e == OK && !m->found) {
        e = ERR_UNKNOWN;
    }
    e = e == OK ? open_keys(m) : e;
    e = e == OK ? read_segments(m) : e;
    /* What was shredded is not there any more, for whoever asks for it. */
    bool nothing = (m->erased || m->erased_behind) && !m->n_parts;
    return e == OK && nothing ? ERR_UNKNOWN : e == OK ? check_snapshot(m) : e;
}

/* Where there are no pictures, every segment is a place of the sound: a seek before the first
 * picture lands there. */
static enum err webm_head(struct library_media *m, uint8_t video, uint8_t audio) {
    struct webm_cue *cues = m->n_places ? mem_zalloc(m->n_places, sizeof(*cues)) : NULL;
    struct webm_file f = {.video = video,
                          .audio = audio,
                          .codec = m->video,
                          .width = m->width,
                          .height = m->height,
                          .init = bytes_of(m->init, m->init_n),
                          .duration_ms = (uint64_t)(m->end / US_PER_MS),
                          .clusters = m->bytes,
                          .cues = cues};
    if (!cues && m->n_places) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < m->n_places; i++) {
        const struct place *p = &m->places[i];
        if (p->key || (p->sound && audio)) {
            cues[f.n_cues++] = (struct webm_cue){p->ms, p->offset, !p->key};
        }
    }
    enum err e = webm_header(&f, &m->header);
    mem_free(cues);
    return e;
}

static enum err mp4_head(struct library_media *m, uint8_t video, uint8_t audio) {
    if (m->n_places == 0) {
        return ERR_UNKNOWN; /* nothing is stored yet, and an index of nothing cannot be written */
    }
    struct mp4_point *points = mem_zalloc(m->n_places, sizeof(*points));
    struct mp4_file f = {.video = video,
                         .audio = audio,
                         .width = m->width,
                         .height = m->height,
                         .avcc = bytes_of(m->init, m->init_n),
                         .duration_ms = (uint64_t)(m->end / US_PER_MS),
                         .fragments = m->bytes,
                         .points = points,
                         .n_points = m->n_places};
    if (!points) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < m->n_places; i++) {
        const struct place *p = &m->places[i];
        points[i] = (struct mp4_point){p->ms, p->offset, p->key};
    }
    enum err e = mp4_header(&f, &m->header);
    mem_free(points);
    return e;
}

static enum err make_header(struct library_media *m) {
    uint8_t video = m->pictures ? 1 : 0, audio = !m->sound ? 0 : m->video ? 2 : 1;
    bool mp4 = container_of_codec((enum codec)m->video) == CONTAINER_MP4;
    enum err e = mp4 ? mp4_head(m, video, audio) : webm_head(m, video, audio);
    for (size_t i = 0; e == OK && i < m->n_parts; i++) {
        m->parts[i].at += m->header.n;
    }
    m->size = m->header.n + m->bytes;
    m->places = mem_free(m->places);
    return e;
}

static struct library_media *media_new(struct library *l, const struct library_file *f) {
    struct library_media *m = mem_zalloc(1, sizeof(*m));
    if (m) {
        m->archive = l->archive;
        m->epoch = f->epoch;
        m->places_each = 1;
        m->snapshot = f->snapshot;
    }
    return m;
}

enum err library_media_open_file(struct library *l, const struct library_file *f,
                                 struct library_media **ret) {
    OWNER_CHECK(&l->owner);
    struct library_media *m = media_new(l, f);
    if (!m) {
        return ERR_NOMEM;
    }
    enum err e = id_parse(f->id, &m->recording) && id_parse(f->track, &m->track) ? OK : ERR_UNKNOWN;
    e = e == OK ? read_rows(m) : e;
    e = e == OK ? make_header(m) : e;
    if (e != OK) {
        library_media_close(m);
        return e;
    }
    m->snapshot = (uint64_t)m->erased << 32 | (uint64_t)m->n_parts << 2 |
                  (m->sound ? SNAPSHOT_SOUND : 0) | SNAPSHOT_ANY;
    *ret = m;
    return OK;
}

enum err library_media_open(struct library *l, const char *id, const char *track, unsigned epoch,
                            struct library_media **ret) {
    struct library_file f = {id, track, epoch, 0};
    OWNER_CHECK(&l->owner);
    return library_media_open_file(l, &f, ret);
}

uint64_t library_media_snapshot(const struct library_media *m) {
    OWNER_CHECK(&m->owner);
    return m->snapshot;
}

bool library_media_current(const struct library_media *m) {
    OWNER_CHECK(&m->owner);
    struct recording_row row;
    struct journal_head at;
    struct catalogue *c = m->archive->catalogue;
    return !m->rest && check_locks(m) == OK && catalogue_recording(c, &m->recording, &row) == OK &&
           row.state != RECORDING_SHREDDED &&
           (m->final || (catalogue_position(c, &m->recording, &at) == OK &&
                         at.entries == m->at.entries && row.state == RECORDING_OPEN));
}

bool library_media_gone(const struct library_media *m) {
    OWNER_CHECK(&m->owner);
    return check_locks(m) == ERR_GONE;
}

struct library_media *library_media_close(struct library_media *m) {
    if (m) {
        OWNER_CHECK(&m->owner);
        object_reader_close(m->reader);
        key_ring_close(&m->ring);
        buffer_free(&m->header);
        mem_free(m->parts);
        mem_free(m->places);
        mem_free(m);
    }
    return NULL;
}

uint64_t library_media_size(const struct library_media *m) {
    OWNER_CHECK(&m->owner);
    return m->size;
}

size_t library_media_held(const struct library_media *m) {
    OWNER_CHECK(&m->owner);
    return m->reader ? object_reader_held(m->reader) : 0;
}

const char *library_media_type(const struct library_media *m) {
    OWNER_CHECK(&m->owner);
    return container_type(container_of_codec((enum codec)m->video), m->pictures);
}

/* The part that holds offset `at` of the file. */
static size_t find_part(const struct library_media *m, uint64_t at) {
    size_t low = 0, high = m->n_parts;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (m->parts[middle].at <= at) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static enum err open_part(struct library_media *m, size_t i) {
    if (m->reader && m->reading == i) {
        return OK;
    }
    m->reader = object_reader_close(m->reader);
    struct object_access a = archive_access(m->archive, &m->ring);
    struct object_id o = {.type = OBJECT_MEDIA,
                          .recording = m->recording,
                          .track = m->track,
                          .epoch = m->epoch,
                          .number = m->parts[i].number};
    uint64_t sealed = m->parts[i].sealed;
    enum err e = m->whole ? object_reader_open_whole(&a, &o, sealed, &m->reader)
                          : object_reader_open(&a, &o, sealed, &m->reader);
    if (e == OK && object_reader_size(m->reader) < m->parts[i].n) {
        m->reader = object_reader_close(m->reader);
        return ERR_AUTH;
    }
    m->reader = e == OK ? m->reader : NULL;
    m->reading = i;
    return e;
}

/* Whoever has the file open has nothing of it any more. */
static void forget_keys(struct library_media *m) {
    m->gone = true;
    m->reader = object_reader_close(m->reader);
    key_ring_close(&m->ring);
}

enum err library_media_read(struct library_media *m, uint64_t at, uint8_t *out, size_t n) {
    OWNER_CHECK(&m->owner);
    if (at > m->size || n > m->size - at) {
        return ERR_RANGE;
    }
    enum err locks = check_locks(m);
    if (locks != OK) {
        if (locks == ERR_GONE) {
            forget_keys(m);
        }
        return locks;
    }
    while (n) {
        size_t take;
        if (at < m->header.n) {
            take = n < m->header.n - at ? n : (size_t)(m->header.n - at);
            memcpy(out, m->header.p + at, take);
        } else {
            size_t i = find_part(m, at);
            uint64_t within = at - m->parts[i].at, left = m->parts[i].n - within;
            enum err e = open_part(m, i);
            take = n < left ? n : (size_t)left;
            e = e == OK ? object_reader_read(m->reader, within, out, take) : e;
            if (e != OK) {
                return e;
            }
        }
        at += take;
        out += take;
        n -= take;
    }
    return OK;
}

/* Its row, and the keys. The file is what the row says for ever, whether the recording grows or
 * not.
 */
static enum err read_row(struct library_media *m, uint32_t number) {
    struct catalogue *c = m->archive->catalogue;
    struct segment_page p = {m->recording, m->track, m->epoch, number, 1};
    struct epoch_tail t;
    enum err e = check_state(m);
    if (e != OK) {
        return e;
    }
    m->final = true;
    e = catalogue_epoch_tail(c, &m->recording, &m->track, m->epoch, &t);
    if (e != OK || number >= t.segments) {
        return e == OK ? ERR_SHORT : e == ERR_UNKNOWN ? ERR_RANGE : e;
    }
    m->video = t.epoch.video;
    m->pictures = t.pictures;
    e = open_keys(m);
    e = e == OK ? catalogue_segment_page(c, &p, on_segment, m) : e;
    bool there = m->n_parts && m->parts[0].number == number;
    return e != OK ? e : m->erased_behind ? ERR_GONE : there ? OK : ERR_SHORT;
}

/* All of it once, from memory: who asks for a damaged segment is told so before a byte of it. */
static enum err check_bytes(struct library_media *m) {
    uint8_t *block = mem_alloc(CHECK_BLOCK);
    enum err e = block ? OK : ERR_NOMEM;
    for (uint64_t at = 0, n; e == OK && at < m->size; at += n) {
        n = m->size - at < CHECK_BLOCK ? m->size - at : CHECK_BLOCK;
        e = library_media_read(m, at, block, (size_t)n);
    }
    mem_wipe(block, block ? CHECK_BLOCK : 0);
    mem_free(block);
    return e == ERR_UNKNOWN ? ERR_AUTH : e; /* it is noted, and not there */
}

enum err library_media_open_segment(struct library *l, const struct library_file *f,
                                    uint32_t number, struct library_media **ret) {
    OWNER_CHECK(&l->owner);
    struct library_file now = {f->id, f->track, f->epoch, 0};
    struct library_media *m = media_new(l, &now);
    if (!m) {
        return ERR_NOMEM;
    }
    enum err e = !id_parse(f->id, &m->recording)  ? ERR_UNKNOWN
                 : !id_parse(f->track, &m->track) ? ERR_RANGE
                                                  : read_row(m, number);
    if (e == OK) {
        m->size = m->bytes;
        m->snapshot = SNAPSHOT_ANY;
        m->rest = f->snapshot != 0;
        m->whole = !m->rest;
        e = m->rest ? OK : check_bytes(m);
    }
    if (e != OK) {
        library_media_close(m);
        return e;
    }
    *ret = m;
    return OK;
}

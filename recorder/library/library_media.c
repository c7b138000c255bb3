/* Playback: a computed header in memory, then the clusters of every segment straight out of its
 * sealed object. Only the FLOE segments that a read touches are decrypted. */
#include "recorder/container/webm_header.h"
#include "recorder/library/library_parts.h"

#include "base/alloc.h"

#define SEGMENTS_MAX (1u << 20)

struct part {
    uint64_t at;     /* offset in the file [bytes] */
    uint64_t n;      /* [bytes] */
    uint64_t ms;     /* time of its first block [ms] */
    uint64_t sealed; /* size of its object [bytes] */
    uint32_t number;
};

struct library_media {
    struct owner owner;
    struct archive *archive;
    struct id recording, track;
    uint32_t epoch;
    struct key_ring ring;
    struct buffer header;
    uint64_t size;
    struct part *parts;
    size_t n_parts, parts_cap;
    bool video, audio;
    struct object_reader *reader; /* of parts[reading] */
    size_t reading;
    /* While opening. */
    struct webm_cue *cues;
    size_t n_cues, cues_cap;
    uint64_t clusters; /* [bytes] */
    us_t end;
    uint16_t width, height;
    bool found, pictures, sound; /* sound, pictures: there are really some */
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

static bool add_cue(struct library_media *m, uint64_t ms, uint64_t offset) {
    /* Two key frames in one cluster need one cue. */
    if (m->n_cues && m->cues[m->n_cues - 1].offset == offset) {
        return true;
    }
    void *list = m->cues;
    bool ok = room(&list, m->n_cues, &m->cues_cap, sizeof(*m->cues));
    m->cues = list;
    if (ok) {
        m->cues[m->n_cues++] = (struct webm_cue){.ms = ms, .offset = offset};
    }
    return ok;
}

static enum err on_segment(void *ctx, const struct entry_segment *s) {
    struct library_media *m = ctx;
    uint64_t start_ms = (uint64_t)(s->start / US_PER_MS);
    void *list = m->parts;
    bool ok = room(&list, m->n_parts, &m->parts_cap, sizeof(*m->parts));
    m->parts = list;
    if (!ok) {
        return ERR_NOMEM;
    }
    m->parts[m->n_parts++] = (struct part){.at = m->clusters,
                                           .n = s->bytes,
                                           .ms = start_ms,
                                           .sealed = s->info.size,
                                           .number = s->number};
    for (unsigned i = 0; ok && i < s->n_keys; i++) {
        if (s->keys[i].offset < s->bytes) {
            ok = add_cue(m, start_ms + s->keys[i].at_ms, m->clusters + s->keys[i].offset);
        }
    }
    m->pictures = m->pictures || s->width;
    m->width = m->width ? m->width : s->width;
    m->height = m->height ? m->height : s->height;
    m->clusters += s->bytes;
    m->end = us_max(m->end, s->start + s->duration);
    return ok ? OK : ERR_NOMEM;
}

static enum err on_epoch(void *ctx, const struct epoch_row *e) {
    struct library_media *m = ctx;
    if (e->epoch.number == m->epoch) {
        m->found = true;
        m->video = e->epoch.video != CODEC_NONE;
        m->audio = e->epoch.audio != CODEC_NONE;
        m->width = e->epoch.width;
        m->height = e->epoch.height;
    }
    return OK;
}

static enum err on_event(void *ctx, const struct event_row *e) {
    struct library_media *m = ctx;
    m->sound = m->sound || (e->type == ENTRY_VOICE && e->person.source);
    return OK;
}

/* A file must not promise a track in which nothing ever comes: players wait for it. Of the
 * programme the voices tell whether it has sound, of the pictures the segments do. */
static enum err find_sound(struct library_media *m) {
    m->sound = m->audio && !m->video;
    if (!m->audio || !m->video) {
        return OK;
    }
    return catalogue_events(m->archive->catalogue, &m->recording, on_event, m);
}

static enum err check_state(struct library_media *m) {
    struct recording_row row;
    enum err e = catalogue_recording(m->archive->catalogue, &m->recording, &row);
    if (e != OK) {
        return e;
    }
    return row.state == RECORDING_OPEN       ? ERR_WRONG_STATE
           : row.state == RECORDING_SHREDDED ? ERR_UNKNOWN
                                             : OK;
}

/* What was shredded is not there any more, for whoever asks for it. */
static enum err check_key(struct library_media *m) {
    struct object_access a = archive_access(m->archive, &m->ring);
    struct object_id o = {
        .type = OBJECT_MEDIA, .recording = m->recording, .track = m->track, .epoch = m->epoch};
    uint8_t key[KEY_LEN];
    enum err e = a.keys.key(a.keys.ctx, &o, key);
    mem_wipe(key, sizeof(key));
    return e == ERR_GONE ? ERR_UNKNOWN : e;
}

static enum err read_rows(struct library_media *m) {
    struct catalogue *c = m->archive->catalogue;
    enum err e = check_state(m);
    e = e == OK ? catalogue_epochs(c, &m->recording, &m->track, on_epoch, m) : e;
    if (e == OK && !m->found) {
        e = ERR_UNKNOWN;
    }
    e = e == OK ? find_sound(m) : e;
    e = e == OK ? archive_ring_of_rows(m->archive, &m->recording, &m->ring) : e;
    struct segment_query q = {m->recording, &m->track, m->epoch};
    e = e == OK ? catalogue_segments(c, &q, on_segment, m) : e;
    return e == OK ? check_key(m) : e;
}

/* Sound alone has no key frames: every segment is a place to seek to. */
static enum err cue_sound(struct library_media *m) {
    bool ok = true;
    for (size_t i = 0; ok && i < m->n_parts; i++) {
        ok = add_cue(m, m->parts[i].ms, m->parts[i].at);
    }
    return ok ? OK : ERR_NOMEM;
}

static enum err make_header(struct library_media *m) {
    enum err e = m->pictures ? OK : cue_sound(m);
    struct webm_file f = {.video = m->pictures ? 1 : 0,
                          .audio = !m->sound  ? 0
                                   : m->video ? 2
                                              : 1,
                          .width = m->width,
                          .height = m->height,
                          .duration_ms = (uint64_t)(m->end / US_PER_MS),
                          .clusters = m->clusters,
                          .cues = m->cues,
                          .n_cues = m->n_cues};
    e = e == OK ? webm_header(&f, &m->header) : e;
    for (size_t i = 0; e == OK && i < m->n_parts; i++) {
        m->parts[i].at += m->header.n;
    }
    m->size = m->header.n + m->clusters;
    m->cues = mem_free(m->cues);
    return e;
}

enum err library_media_open(struct library *l, const char *id, const char *track, unsigned epoch,
                            struct library_media **ret) {
    OWNER_CHECK(&l->owner);
    struct library_media *m = mem_zalloc(1, sizeof(*m));
    if (!m) {
        return ERR_NOMEM;
    }
    m->archive = l->archive;
    m->epoch = epoch;
    enum err e = id_parse(id, &m->recording) && id_parse(track, &m->track) ? OK : ERR_UNKNOWN;
    e = e == OK ? read_rows(m) : e;
    e = e == OK ? make_header(m) : e;
    if (e != OK) {
        library_media_close(m);
        return e;
    }
    *ret = m;
    return OK;
}

struct library_media *library_media_close(struct library_media *m) {
    if (m) {
        OWNER_CHECK(&m->owner);
        object_reader_close(m->reader);
        key_ring_close(&m->ring);
        buffer_free(&m->header);
        mem_free(m->parts);
        mem_free(m->cues);
        mem_free(m);
    }
    return NULL;
}

uint64_t library_media_size(const struct library_media *m) {
    OWNER_CHECK(&m->owner);
    return m->size;
}

const char *library_media_type(const struct library_media *m) {
    OWNER_CHECK(&m->owner);
    return m->pictures ? "video/webm" : "audio/webm";
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
    enum err e = object_reader_open(&a, &o, m->parts[i].sealed, &m->reader);
    if (e == OK && object_reader_size(m->reader) < m->parts[i].n) {
        m->reader = object_reader_close(m->reader);
        return ERR_AUTH;
    }
    m->reader = e == OK ? m->reader : NULL;
    m->reading = i;
    return e;
}

enum err library_media_read(struct library_media *m, uint64_t at, uint8_t *out, size_t n) {
    OWNER_CHECK(&m->owner);
    if (at > m->size || n > m->size - at) {
        return ERR_RANGE;
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

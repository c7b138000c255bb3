#include "recorder/library/library_task.h"

#include "recorder/derived/moments.h"
#include "recorder/library/library_parts.h"

#include "base/alloc.h"

#define OPEN_MAX 12 /* files kept open, least recently used goes first */

struct file {
    struct id track;
    uint32_t epoch;
};

struct open_file {
    struct library_media *media;
    uint32_t input;
    uint64_t used;
};

struct library_task {
    struct library *library;
    char id[RECORDING_ID_LEN + 1];
    struct id recording;
    struct library_task_spec spec;
    struct task task;
    struct file *files; /* of the inputs, TASK_INPUTS_MAX */
    char track[ID_TEXT_MAX];
    struct open_file open[OPEN_MAX];
    uint64_t count;
    /* While it is made: */
    struct track_row row;
    uint16_t line;
    struct moments moments;
    struct task_input now;
};

static enum err open_input(struct library_task *t, const struct id *track, uint32_t epoch,
                           struct library_media **ret) {
    char text[ID_TEXT_MAX];
    return library_media_open(t->library, t->id, id_text(track, text), epoch, ret);
}

static uint8_t format_of(const struct library_media *m) {
    return strstr(library_media_type(m), "mp4") ? TASK_FORMAT_MP4 : TASK_FORMAT_WEBM;
}

/* Is this epoch of the track an input of the task, and which role does it have? */
static bool wanted(const struct library_task *t, const struct entry_epoch *e, uint8_t *role) {
    bool programme = id_eq(&t->row.track.track, &ID_PROGRAMME);
    *role = t->spec.kind == TASK_WAVEFORM ? TASK_ROLE_SOUND
            : programme                   ? TASK_ROLE_STAGE
                                          : TASK_ROLE_FACE;
    switch (t->spec.kind) {
    case TASK_WAVEFORM:
        return e->audio != CODEC_NONE;
    case TASK_THUMBNAILS:
        return programme && e->video != CODEC_NONE;
    default:
        return programme || (t->spec.layout == TASK_LAYOUT_FACES && e->video != CODEC_NONE &&
                             t->row.track.kind == SOURCE_CAMERA);
    }
}

static enum err add_moment(void *ctx, const struct entry_segment *s) {
    struct library_task *t = ctx;
    for (unsigned i = 0; i < s->n_keys; i++) {
        us_t at = s->start + (us_t)s->keys[i].at_ms * US_PER_MS;
        struct task_moment m = {t->task.n_inputs - 1, at};
        if (at < 0 || !moments_take(&t->moments, t->now.start + at)) {
            continue;
        }
        enum err e = task_add_moment(&t->task, &m);
        if (e != OK && e != ERR_FULL) {
            return e;
        }
    }
    return OK;
}

static enum err add_epoch(void *ctx, const struct epoch_row *row) {
    struct library_task *t = ctx;
    const struct entry_epoch *e = &row->epoch;
    struct library_media *m = NULL;
    uint8_t role;
    if (row->segments == 0 || !wanted(t, e, &role)) {
        return OK;
    }
    enum err err = open_input(t, &t->row.track.track, e->number, &m);
    if (err == ERR_GONE || err == ERR_UNKNOWN) {
        return OK; /* it has a row, so it was there: erased */
    }
    if (err != OK) {
        return err;
    }
    t->now = (struct task_input){.size = library_media_size(m),
                                 .start = e->start,
                                 .end = e->start + row->duration,
                                 .role = role,
                                 .format = format_of(m),
                                 .line = t->line};
    library_media_close(m);
    err = task_add_input(&t->task, &t->now);
    if (err != OK) {
        return err;
    }
    t->files[t->task.n_inputs - 1] = (struct file){t->row.track.track, e->number};
    struct segment_query q = {t->recording, &t->row.track.track, e->number};
    return t->spec.kind == TASK_THUMBNAILS
               ? catalogue_segments(t->library->archive->catalogue, &q, add_moment, t)
               : OK;
}

static enum err add_track(void *ctx, const struct track_row *row) {
    struct library_task *t = ctx;
    t->row = *row;
    enum err e = catalogue_epochs(t->library->archive->catalogue, &t->recording, &row->track.track,
                                  add_epoch, t);
    t->line++;
    return e;
}

static enum err make(struct library_task *t) {
    struct catalogue *c = t->library->archive->catalogue;
    struct recording_row row;
    enum err e = catalogue_recording(c, &t->recording, &row);
    if (e == OK && row.state != RECORDING_COMPLETE && row.state != RECORDING_INTERRUPTED) {
        e = ERR_WRONG_STATE;
    }
    if (e != OK) {
        return e;
    }
    t->task.kind = t->spec.kind;
    t->task.layout = t->spec.layout;
    t->task.fps = t->spec.fps;
    t->task.width = t->spec.width;
    t->task.height = t->spec.height;
    t->task.duration = us_max(row.duration, 0);
    t->moments = moments_begin(row.duration, t->spec.every, t->spec.most);
    return catalogue_tracks(c, &t->recording, add_track, t);
}

enum err library_task_open(struct library *l, const char *id, const struct library_task_spec *s,
                           struct library_task **ret) {
    OWNER_CHECK(&l->owner);
    struct library_task *t = mem_zalloc(1, sizeof(*t));
    if (!t) {
        return ERR_NOMEM;
    }
    t->library = l;
    t->spec = *s;
    t->files = mem_zalloc(TASK_INPUTS_MAX, sizeof(*t->files));
    enum err e = !t->files                                                       ? ERR_NOMEM
                 : strlen(id) == RECORDING_ID_LEN && id_parse(id, &t->recording) ? OK
                                                                                 : ERR_UNKNOWN;
    if (e == OK) {
        memcpy(t->id, id, sizeof(t->id));
        e = make(t);
    }
    if (e != OK) {
        library_task_close(t);
        return e;
    }
    *ret = t;
    return OK;
}

struct library_task *library_task_close(struct library_task *t) {
    if (t) {
        OWNER_CHECK(&t->library->owner);
        for (size_t i = 0; i < OPEN_MAX; i++) {
            library_media_close(t->open[i].media);
        }
        task_clear(&t->task);
        mem_free(t->files);
        mem_free(t);
    }
    return NULL;
}

const struct task *library_task_get(const struct library_task *t) {
    OWNER_CHECK(&t->library->owner);
    return &t->task;
}

/* The file of an input, opened if it is not. */
static enum err find_file(struct library_task *t, uint32_t input, struct library_media **ret) {
    struct open_file *oldest = &t->open[0];
    for (size_t i = 0; i < OPEN_MAX; i++) {
        struct open_file *f = &t->open[i];
        if (f->media && f->input == input) {
            f->used = ++t->count;
            *ret = f->media;
            return OK;
        }
        oldest = f->used < oldest->used ? f : oldest;
    }
    oldest->media = library_media_close(oldest->media);
    enum err e = open_input(t, &t->files[input].track, t->files[input].epoch, &oldest->media);
    oldest->media = e == OK ? oldest->media : NULL;
    oldest->input = input;
    oldest->used = ++t->count;
    *ret = oldest->media;
    return e;
}

enum err library_task_read(struct library_task *t, uint32_t input, uint64_t at, uint8_t *out,
                           uint32_t n) {
    OWNER_CHECK(&t->library->owner);
    struct library_media *m = NULL;
    if (input >= t->task.n_inputs) {
        return ERR_RANGE;
    }
    enum err e = find_file(t, input, &m);
    e = e == OK ? library_media_read(m, at, out, n) : e;
    if (e == ERR_GONE) {
        memset(out, 0, n);
        e = OK;
    }
    return e;
}

enum err library_task_check(struct library_task *t, uint32_t input) {
    OWNER_CHECK(&t->library->owner);
    struct library_media *m = NULL;
    if (input >= t->task.n_inputs) {
        return ERR_RANGE;
    }
    enum err e = open_input(t, &t->files[input].track, t->files[input].epoch, &m);
    if (e == OK && library_media_size(m) != t->task.inputs[input].size) {
        e = ERR_GONE;
    }
    library_media_close(m);
    return e == ERR_UNKNOWN ? ERR_GONE : e;
}

const char *library_task_track(const struct library_task *t, uint32_t input) {
    OWNER_CHECK(&t->library->owner);
    struct library_task *own = (struct library_task *)t;
    return input < t->task.n_inputs ? id_text(&t->files[input].track, own->track) : NULL;
}

us_t library_task_moment(const struct library_task *t, uint32_t moment) {
    OWNER_CHECK(&t->library->owner);
    const struct task *k = &t->task;
    return moment < k->n_moments ? k->inputs[k->moments[moment].input].start + k->moments[moment].at
                                 : -1;
}

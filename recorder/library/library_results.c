#include "recorder/library/library_results.h"

#include "recorder/archive/supplements.h"
#include "recorder/derived/waveform.h"
#include "recorder/library/library_parts.h"

#include "base/alloc.h"

#include <stdio.h>

#define HEAD_MAX (512u << 20)               /* [bytes] of an export's head */
#define BODY_SPARE (64u << 20)              /* [bytes] of an export's body: this and so much */
#define BODY_PER_SECOND (UINT64_C(4) << 20) /* for each second of the recording */
#define COMMITS 8                           /* times that somebody else may be faster */

/* Bytes gathered until they are a part. */
struct part_writer {
    uint8_t *b; /* of LIBRARY_PART bytes */
    size_t n;
    uint32_t next; /* part number */
};

struct library_results {
    struct library *library;
    struct library_task *task;
    const struct task *what;
    struct key_ring ring;
    struct id recording;
    uint32_t number;
    struct supplement made; /* objects and thumbnails so far; version 0 */
    bool committed;
    int64_t last_thumbnail;
    /* The waveform of the track of input `input`. */
    struct waveform wave;
    uint32_t input; /* plus 1; 0: none yet */
    /* An export. */
    bool begun;
    uint64_t head_size, head_done, body_done;
    struct part_writer head, body;
};

enum err library_results_open(struct library *l, const char *id, struct library_task *task,
                              uint32_t number, struct library_results **ret) {
    OWNER_CHECK(&l->owner);
    struct library_results *r = mem_zalloc(1, sizeof(*r));
    if (!r) {
        return ERR_NOMEM;
    }
    r->library = l;
    r->task = task;
    r->what = library_task_get(task);
    r->number = number;
    r->last_thumbnail = -1;
    enum err e = id_parse(id, &r->recording) ? OK : ERR_UNKNOWN;
    e = e == OK ? archive_ring_of_rows(l->archive, &r->recording, &r->ring) : e;
    if (e == OK && r->what->kind == TASK_EXPORT) {
        r->head.b = mem_alloc(LIBRARY_PART);
        r->body.b = mem_alloc(LIBRARY_PART);
        e = r->head.b && r->body.b ? OK : ERR_NOMEM;
    }
    if (e != OK) {
        library_results_close(r);
        return e;
    }
    *ret = r;
    return OK;
}

/* An object that nothing lists yet may lie there since an earlier attempt: it is replaced. */
static enum err put(struct library_results *r, const struct object_id *o, struct bytes plain) {
    const struct store *s = &r->library->archive->store;
    struct object_access access = archive_access(r->library->archive, &r->ring);
    struct object_info info;
    char name[OBJECT_NAME_MAX];
    enum err e = object_put(&access, o, plain, &info);
    if (e == ERR_EXISTS) {
        e = store_remove(s, object_name(o, name));
        e = e == OK ? object_put(&access, o, plain, &info) : e;
    }
    return e == OK ? supplement_add_object(&r->made, o, &info) : e;
}

/* ---- thumbnails ---- */

static enum err take_thumbnail(struct library_results *r, const struct message *m) {
    struct supplement_thumbnail t = {m->index, library_task_moment(r->task, m->index), m->width,
                                     m->height};
    struct object_id o = {.type = OBJECT_THUMBNAIL,
                          .recording = r->recording,
                          .track = ID_PROGRAMME,
                          .number = m->index};
    if (t.at < 0 || m->index <= r->last_thumbnail) {
        return ERR_FORMAT;
    }
    r->last_thumbnail = m->index;
    enum err e = put(r, &o, m->data);
    return e == OK ? supplement_add_thumbnail(&r->made, &t) : e;
}

/* ---- waveforms ---- */

static enum err end_wave(struct library_results *r) {
    struct object_id o = {.type = OBJECT_WAVEFORM, .recording = r->recording};
    if (r->input == 0) {
        return OK;
    }
    id_parse(library_task_track(r->task, r->input - 1), &o.track);
    enum err e = put(r, &o, bytes_of(r->wave.b, r->wave.n));
    waveform_free(&r->wave);
    return e == ERR_GONE ? OK : e;
}

/* On to the waveform of an input's track; every track on the way gets one, however silent. */
static enum err wave_of(struct library_results *r, uint32_t input) {
    enum err e = OK;
    for (uint32_t next = r->input; e == OK && next <= input; next++) {
        const struct task_input *in = r->what->inputs;
        if (r->input == 0 || in[next].line != in[r->input - 1].line) {
            e = end_wave(r);
            e = e == OK ? waveform_new(r->what->duration, &r->wave) : e;
        }
        r->input = e == OK ? next + 1 : 0;
    }
    return e;
}

static enum err take_wave(struct library_results *r, const struct message *m) {
    if (m->index >= r->what->n_inputs || m->index + 1 < r->input) {
        return ERR_FORMAT;
    }
    enum err e = wave_of(r, m->index);
    if (e == OK) {
        waveform_add(&r->wave, m->at, m->data);
    }
    return e;
}

/* ---- exports ---- */

static enum err flush_part(struct library_results *r, struct part_writer *w) {
    struct object_id o = {
        .type = OBJECT_EXPORT, .recording = r->recording, .epoch = w->next, .number = r->number};
    if (w->n == 0) {
        return OK;
    }
    enum err e = put(r, &o, bytes_of(w->b, w->n));
    w->n = 0;
    w->next++;
    return e;
}

static enum err write_part(struct library_results *r, struct part_writer *w, struct bytes b) {
    enum err e = OK;
    while (e == OK && b.n) {
        size_t take = LIBRARY_PART - w->n < b.n ? LIBRARY_PART - w->n : b.n;
        memcpy(w->b + w->n, b.p, take);
        w->n += take;
        b = bytes_of(b.p + take, b.n - take);
        e = w->n == LIBRARY_PART ? flush_part(r, w) : OK;
    }
    return e;
}

static enum err take_head_size(struct library_results *r, const struct message *m) {
    if (r->begun || m->size == 0 || m->size > HEAD_MAX) {
        return ERR_FORMAT;
    }
    r->begun = true;
    r->head_size = m->size;
    r->body.next = (uint32_t)((m->size + LIBRARY_PART - 1) / LIBRARY_PART);
    return OK;
}

static enum err take_body(struct library_results *r, const struct message *m) {
    uint64_t most = BODY_SPARE + (uint64_t)(r->what->duration / US_PER_S) * BODY_PER_SECOND;
    if (!r->begun || r->head_done) {
        return ERR_FORMAT;
    }
    r->body_done += m->data.n;
    return r->body_done > most ? ERR_FULL : write_part(r, &r->body, m->data);
}

static enum err take_head(struct library_results *r, const struct message *m) {
    if (!r->begun || m->data.n > r->head_size - r->head_done) {
        return ERR_FORMAT;
    }
    r->head_done += m->data.n;
    return write_part(r, &r->head, m->data);
}

enum err library_results_take(struct library_results *r, const struct message *m) {
    OWNER_CHECK(&r->library->owner);
    uint8_t kind = r->what->kind;
    if (m->type == MESSAGE_PROGRESS) {
        return OK;
    }
    if (m->type == MESSAGE_THUMBNAIL && kind == TASK_THUMBNAILS) {
        return take_thumbnail(r, m);
    }
    if (m->type == MESSAGE_WAVE && kind == TASK_WAVEFORM) {
        return take_wave(r, m);
    }
    if (kind != TASK_EXPORT) {
        return ERR_FORMAT;
    }
    return m->type == MESSAGE_HEAD_SIZE   ? take_head_size(r, m)
           : m->type == MESSAGE_BODY      ? take_body(r, m)
           : m->type == MESSAGE_HEAD_DATA ? take_head(r, m)
                                          : ERR_FORMAT;
}

/* ---- the end ---- */

static enum err finish(struct library_results *r) {
    if (r->what->kind == TASK_WAVEFORM && r->what->n_inputs) {
        enum err e = wave_of(r, r->what->n_inputs - 1);
        e = e == OK ? end_wave(r) : e;
        r->input = 0;
        return e;
    }
    if (r->what->kind == TASK_EXPORT) {
        if (!r->begun || r->head_done != r->head_size) {
            return ERR_FORMAT;
        }
        enum err e = flush_part(r, &r->head);
        return e == OK ? flush_part(r, &r->body) : e;
    }
    return OK;
}

static void drop_objects(struct supplement *s, uint8_t type) {
    size_t kept = 0;
    for (size_t i = 0; i < s->list.n_objects; i++) {
        if (s->list.objects[i].id.type != type) {
            s->list.objects[kept++] = s->list.objects[i];
        }
    }
    s->list.n_objects = kept;
}

/* What was made takes the place of its kind, or its number, in what there is. */
static enum err merge(const struct library_results *r, wall_t now, struct supplement *s) {
    enum err e = OK;
    if (r->what->kind == TASK_THUMBNAILS) {
        drop_objects(s, OBJECT_THUMBNAIL);
        s->n_thumbnails = 0;
        s->thumbnails = true;
    } else if (r->what->kind == TASK_WAVEFORM) {
        drop_objects(s, OBJECT_WAVEFORM);
        s->waveforms = true;
    } else {
        struct supplement_export x = {.number = r->number,
                                      .parts = r->body.next,
                                      .created = now,
                                      .bytes = r->head_size + r->body_done};
        snprintf(x.layout, sizeof(x.layout), "%s", library_layout_name(r->what->layout));
        supplement_drop_export(s, r->number);
        s->next_export = s->next_export > r->number ? s->next_export : r->number + 1;
        e = supplement_add_export(s, &x);
    }
    for (size_t i = 0; e == OK && i < r->made.n_thumbnails; i++) {
        e = supplement_add_thumbnail(s, &r->made.thumbnail[i]);
    }
    for (size_t i = 0; e == OK && i < r->made.list.n_objects; i++) {
        const struct manifest_object *o = &r->made.list.objects[i];
        e = supplement_add_object(s, &o->id, &o->info);
    }
    return e;
}

/* Was something erased that this was made of? Then it goes again: either the erasing saw it listed,
 * or it is seen here. */
static enum err check_erased(struct library_results *r) {
    struct archive *a = r->library->archive;
    struct key_ring ring;
    enum err e = archive_ring_of_rows(a, &r->recording, &ring);
    if (e == ERR_UNKNOWN || e == ERR_GONE) {
        e = supplements_forget(a, &r->recording, NULL);
        return e == OK ? ERR_GONE : e;
    }
    for (uint32_t i = 0; e == OK && i < r->what->n_inputs; i++) {
        struct id track;
        e = library_task_check(r->task, i);
        if (e == ERR_GONE) {
            id_parse(library_task_track(r->task, i), &track);
            e = supplements_forget(a, &r->recording, &track);
            e = e == OK ? ERR_GONE : e;
        }
    }
    key_ring_close(&ring);
    return e;
}

enum err library_results_commit(struct library_results *r, wall_t now) {
    OWNER_CHECK(&r->library->owner);
    struct archive *a = r->library->archive;
    enum err e = finish(r);
    for (int i = 0; e == OK && !r->committed && i < COMMITS; i++) {
        struct supplement s = {0};
        e = supplements_get(a, &r->recording, &s);
        e = e == OK ? merge(r, now, &s) : e;
        e = e == OK ? supplements_put(a, &s) : e;
        r->committed = e == OK;
        e = r->committed ? check_erased(r) : e == ERR_EXISTS ? OK : e;
        supplement_clear(&s);
    }
    return e == OK && !r->committed ? ERR_BUSY : e;
}

struct library_results *library_results_close(struct library_results *r) {
    if (r) {
        OWNER_CHECK(&r->library->owner);
        const struct store *s = &r->library->archive->store;
        char name[OBJECT_NAME_MAX];
        for (size_t i = 0; !r->committed && i < r->made.list.n_objects; i++) {
            (void)s->remove(s->ctx, object_name(&r->made.list.objects[i].id, name));
        }
        supplement_clear(&r->made);
        waveform_free(&r->wave);
        mem_free(r->head.b);
        mem_free(r->body.b);
        key_ring_close(&r->ring);
        mem_free(r);
    }
    return NULL;
}

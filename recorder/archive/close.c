#include "recorder/archive/close.h"

#include "recorder/archive/stored_manifest.h"

#include "base/alloc.h"

#include <string.h>

/* Gathering the manifest's list from the catalogue. */
struct gather {
    struct manifest m;
    size_t cap;
};

static enum err gather_add(struct gather *g, const struct object_id *o,
                           const struct object_info *info) {
    if (g->m.n_objects == g->cap) {
        size_t cap = g->cap ? 2 * g->cap : 64;
        struct manifest_object *p = mem_realloc(g->m.objects, cap * sizeof(*p));
        if (!p) {
            return ERR_NOMEM;
        }
        g->m.objects = p;
        g->cap = cap;
    }
    g->m.objects[g->m.n_objects++] = (struct manifest_object){*o, *info, false};
    return OK;
}

static enum err gather_journal(void *ctx, uint32_t number, const struct object_info *info) {
    struct gather *g = ctx;
    struct object_id o = {.type = OBJECT_JOURNAL, .recording = g->m.recording, .number = number};
    return gather_add(g, &o, info);
}

static enum err gather_segment(void *ctx, const struct entry_segment *s) {
    struct gather *g = ctx;
    struct object_id o = {.type = OBJECT_MEDIA,
                          .recording = g->m.recording,
                          .track = s->track,
                          .epoch = s->epoch,
                          .number = s->number};
    return gather_add(g, &o, &s->info);
}

static enum err gather_all(struct archive *a, struct gather *g) {
    struct recording_row row;
    struct segment_query q = {.recording = g->m.recording};
    enum err e = catalogue_recording(a->catalogue, &g->m.recording, &row);
    if (e == OK) {
        g->m.duration = us_max(row.duration, 0);
        memcpy(g->m.reason, row.reason, sizeof(g->m.reason));
        e = catalogue_journal_objects(a->catalogue, &g->m.recording, gather_journal, g);
    }
    e = e == OK ? catalogue_segments(a->catalogue, &q, gather_segment, g) : e;
    return e == OK ? manifest_sort(&g->m) : e;
}

/* Is this version there already? The same text (it was stored, but the catalogue did not hear of
 * it) is OK, another ERR_EXISTS, none ERR_UNKNOWN. */
static enum err find_manifest(struct archive *a, const struct object_id *o, struct bytes text,
                              struct object_info *ret) {
    struct object_plain there;
    enum err e = object_get_stored(&a->store, o, &there);
    if (e != OK) {
        return e == ERR_LONG ? ERR_EXISTS : e; /* no manifest of ours, and in its place */
    }
    bool same = bytes_eq(bytes_of(there.p, there.n), text);
    *ret = there.info;
    mem_free(there.p);
    return same ? OK : ERR_EXISTS;
}

/* The store is asked before: the put of one that is two (a spool folder before a bucket) does not
 * know what is in the other. A recording that ends now is only put, because it must not wait for
 * the network, and nobody was here before. */
static enum err put_version(struct archive *a, const struct object_id *o, struct bytes text,
                            bool first, struct object_info *ret) {
    enum err e = first ? ERR_UNKNOWN : find_manifest(a, o, text, ret);
    if (e != ERR_UNKNOWN) {
        return e;
    }
    e = object_put_clear(&a->store, o, text, ret);
    return e == ERR_EXISTS ? find_manifest(a, o, text, ret) : e;
}

/* Put the manifest under the first free version. */
static enum err put_manifest(struct archive *a, struct manifest *m, bool first,
                             struct object_info *ret) {
    enum err e = OK;
    do {
        struct object_id o = {
            .type = OBJECT_MANIFEST, .recording = m->recording, .number = m->version};
        char *text = NULL;
        size_t n = 0;
        e = manifest_encode(m, &a->signer, &text, &n);
        e = e == OK ? put_version(a, &o, bytes_of(text, n), first, ret) : e;
        mem_free(text);
        m->version += e == ERR_EXISTS;
    } while (e == ERR_EXISTS);
    return e;
}

/* What was shredded or redacted before is listed as such. */
static enum err mark_erased(struct manifest *m, struct key_ring *ring) {
    enum err e = OK;
    for (size_t i = 0; e == OK && i < m->n_objects; i++) {
        e = key_ring_erased(ring, &m->objects[i].id, &m->objects[i].erased);
        e = e == ERR_AUTH ? OK : e; /* a key that is damaged says nothing of what is there */
    }
    return e;
}

/* Put it and note it. */
static enum err finish(struct archive *a, struct manifest *m, struct key_ring *ring, bool first) {
    struct object_info info = {0};
    enum err e = mark_erased(m, ring);
    e = e == OK ? put_manifest(a, m, first, &info) : e;
    return e == OK ? catalogue_manifest(a->catalogue, &m->recording, m->version, &info) : e;
}

enum err close_recording(struct archive *a, struct key_ring *ring, const struct journal_head *head,
                         bool first) {
    struct gather g = {.m = {.format = MANIFEST_CLEAR,
                             .recording = ring->set.recording,
                             .version = 1,
                             .journal = *head}};
    enum err e = gather_all(a, &g);
    e = e == OK ? finish(a, &g.m, ring, first) : e;
    manifest_clear(&g.m);
    return e;
}

static enum err next_version(struct archive *a, const struct recording_row *row,
                             struct key_ring *ring) {
    struct object_id o = {
        .type = OBJECT_MANIFEST, .recording = row->id, .number = row->manifest_version};
    struct object_plain stored;
    struct manifest m = {0};
    enum err e = object_get_stored(&a->store, &o, &stored);
    if (e != OK) {
        return e;
    }
    e = stored_manifest_decode(a, ring, &o, bytes_of(stored.p, stored.n), &m);
    mem_free(stored.p);
    if (e == OK) {
        m.format = MANIFEST_CLEAR;
        m.version++;
        e = finish(a, &m, ring, false);
    }
    manifest_clear(&m);
    return e;
}

enum err close_again(struct archive *a, const struct id *recording) {
    struct recording_row row;
    struct key_ring ring;
    if (!a->has_signer) {
        return ERR_DENIED;
    }
    enum err e = catalogue_recording(a->catalogue, recording, &row);
    if (e != OK || row.manifest_version == 0) {
        return e == OK ? ERR_WRONG_STATE : e;
    }
    e = archive_ring_of_rows(a, recording, &ring);
    if (e == OK) {
        e = next_version(a, &row, &ring);
        key_ring_close(&ring);
    }
    return e;
}

#include "recorder/archive/close.h"

#include "recorder/journal/manifest.h"

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
    g->m.objects[g->m.n_objects++] = (struct manifest_object){*o, *info};
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

/* Put the manifest under the first free version; one that is there already and says the same text
 * (it was stored, but the catalogue did not hear of it) is taken as it is. */
static enum err put_manifest(const struct object_access *access, struct manifest *m,
                             const struct signing_key *keys, struct object_info *ret) {
    for (;; m->version++) {
        struct object_id o = {
            .type = OBJECT_MANIFEST, .recording = m->recording, .number = m->version};
        struct object_plain there;
        char *text = NULL;
        size_t n = 0;
        enum err e = manifest_encode(m, keys, &text, &n);
        if (e != OK) {
            return e;
        }
        e = object_put(access, &o, bytes_of(text, n), ret);
        bool taken = e == ERR_EXISTS, same = false;
        if (taken && object_get(access, &o, &there) == OK) {
            same = bytes_eq(bytes_of(there.p, there.n), bytes_of(text, n));
            *ret = there.info;
            mem_free(there.p);
        }
        mem_free(text);
        if (!taken || same) {
            return taken ? OK : e;
        }
    }
}

enum err close_recording(struct archive *a, struct key_ring *ring, const struct journal_head *head,
                         uint32_t version) {
    const struct id *recording = &ring->set.recording;
    struct gather g = {.m = {.recording = *recording, .version = version, .journal = *head}};
    struct signing_key keys;
    struct object_info info = {0};
    enum err e = key_ring_signing(ring, &keys);
    if (e == OK) {
        struct object_access access = archive_access(a, ring);
        e = gather_all(a, &g);
        e = e == OK ? put_manifest(&access, &g.m, &keys, &info) : e;
        e = e == OK ? catalogue_manifest(a->catalogue, recording, g.m.version, &info) : e;
    }
    mem_wipe(&keys, sizeof(keys));
    manifest_clear(&g.m);
    return e;
}

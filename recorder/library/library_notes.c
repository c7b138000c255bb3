#include "recorder/library/library_notes.h"

#include "recorder/library/library_parts.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

_Static_assert(LIBRARY_NOTE_MAX >= WRAPS_TEXT_MAX, "what was noted fits");

static void copy_note(const struct wraps_note *n, struct library_note *ret) {
    ret->at = n->at;
    memcpy(ret->who, n->who, sizeof(n->who));
    memcpy(ret->why, n->why, sizeof(n->why));
}

enum err library_held(struct library *l, const char *id, struct library_note *ret) {
    OWNER_CHECK(&l->owner);
    struct id recording;
    struct wraps_note n;
    enum err e =
        id_parse(id, &recording) ? wraps_held(l->archive->wraps, &recording, &n) : ERR_UNKNOWN;
    if (e == OK) {
        copy_note(&n, ret);
    }
    return e;
}

enum err library_shredded(struct library *l, const char *id, uint64_t participant,
                          struct library_note *ret) {
    OWNER_CHECK(&l->owner);
    struct key_context c = {.subject = participant};
    struct wraps_note n;
    enum err e =
        id_parse(id, &c.recording) ? wraps_shredded(l->archive->wraps, &c, &n) : ERR_UNKNOWN;
    if (e == OK && ret) {
        copy_note(&n, ret);
    }
    return e;
}

struct unfinished {
    struct library *library;
    library_each_shred *each;
    void *ctx;
};

static enum err look_at_shred(void *ctx, const struct wraps_note *n) {
    struct unfinished *u = ctx;
    struct catalogue *c = u->library->archive->catalogue;
    struct recording_row row;
    char id[ID_TEXT_MAX];
    bool forgotten = false;
    enum err e = catalogue_recording(c, &n->what.recording, &row);
    if (e != OK || row.state == RECORDING_SHREDDED) {
        return e == ERR_UNKNOWN ? OK : e; /* it never heard of it, or has forgotten */
    }
    if (n->what.subject) {
        e = catalogue_is_forgotten(c, &n->what.recording, n->what.subject, &forgotten);
    }
    if (e == OK && !forgotten) {
        u->each(u->ctx, id_text(&n->what.recording, id), n->what.subject);
    }
    return e;
}

enum err library_each_unfinished(struct library *l, library_each_shred *each, void *ctx) {
    OWNER_CHECK(&l->owner);
    struct unfinished u = {.library = l, .each = each, .ctx = ctx};
    return wraps_each_shredded(l->archive->wraps, look_at_shred, &u);
}

struct erasures {
    library_each_erasure *each;
    void *ctx;
    bool any; /* was there one? */
};

static enum err give_erasure(void *ctx, const struct wraps_note *n) {
    struct erasures *g = ctx;
    struct library_erasure x = {.participant = n->what.subject, .at = n->at, .place = n->place};
    id_text(&n->what.recording, x.recording);
    g->any = true;
    return g->each(g->ctx, &x);
}

static enum err note_any(void *ctx, const struct wraps_note *n) {
    (void)n;
    ((struct erasures *)ctx)->any = true;
    return ERR_EXISTS; /* one is enough */
}

enum err library_erasures(const char *dir, int64_t behind, library_each_erasure *each, void *ctx) {
    struct erasures g = {each, ctx, false};
    struct wraps *w = NULL;
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/wraps.db", dir);
    enum err e = wraps_open(path, false, &w);
    if (e != OK) {
        return e == ERR_UNKNOWN ? OK : e;
    }
    /* The last one that is known must be there still. */
    if (behind > 0) {
        e = wraps_each_shredded_behind(w, behind - 1, note_any, &g);
        e = e == ERR_EXISTS ? OK : e;
        behind = g.any ? behind : 0;
    }
    e = e == OK ? wraps_each_shredded_behind(w, behind, give_erasure, &g) : e;
    wraps_close(w);
    return e;
}

#include "recorder/archive/erase_again.h"

#include "base/alloc.h"
#include "base/check.h"

#include <stdio.h>
#include <string.h>

struct run {
    struct erase_again *g;
    struct wraps *says;
    uint64_t *count;
    const struct wraps_spans *only; /* NULL: all that is listed */
};

static bool is_wanted(const void *ctx, const char *name) {
    const struct run *r = ctx;
    struct object_id o;
    return !r->only || (object_parse_name(name, &o) && o.type == OBJECT_MEDIA &&
                        wraps_spans_have(r->only, &o.track, o.epoch, o.number));
}

/* Of a recording, what is below this folder; "": all. */
static enum err remove_below(struct run *r, const struct id *recording, const char *folder) {
    char prefix[OBJECT_NAME_MAX], id[ID_TEXT_MAX];
    snprintf(prefix, sizeof(prefix), "recordings/%s/%s%s", id_text(recording, id), folder,
             *folder ? "/" : "");
    return r->g->store ? store_remove_below(r->g->store, prefix, is_wanted, r) : OK;
}

/* It can be made again of what is left. A backup copies objects first and wraps last, so that one
 * that knows of an erasure may have what was made before it. */
static enum err remove_derived(struct run *r, const struct id *recording) {
    static const char *const folders[] = {"thumbnails", "waveforms", "exports", "supplement"};
    enum err e = OK;
    for (size_t i = 0; e == OK && i < ARRAY_LEN(folders); i++) {
        e = remove_below(r, recording, folders[i]);
    }
    return e;
}

struct owned {
    struct run *run;
    const struct key_context *who;
};

static enum err remove_track(void *ctx, const struct track_row *t) {
    struct owned *o = ctx;
    char id[ID_TEXT_MAX];
    bool theirs = !id_eq(&t->track.track, &ID_PROGRAMME) && t->track.participant == o->who->subject;
    return theirs ? remove_below(o->run, &o->who->recording, id_text(&t->track.track, id)) : OK;
}

static enum err forget_person(struct run *r, const struct key_context *who) {
    struct owned o = {r, who};
    enum err e = catalogue_tracks(r->g->catalogue, &who->recording, remove_track, &o);
    e = e == OK ? remove_derived(r, &who->recording) : e;
    return e == OK ? catalogue_forget_person(r->g->catalogue, &who->recording, who->subject) : e;
}

static enum err forget_recording(struct run *r, const struct id *recording) {
    enum err e = remove_below(r, recording, "");
    return e == OK ? catalogue_shredded(r->g->catalogue, recording) : e;
}

/* One note of what was shredded. */
static enum err shred_again(void *ctx, const struct wraps_note *n) {
    struct run *r = ctx;
    enum err e = wraps_shred_again(r->g->wraps, n);
    *r->count += e == OK;
    if (e == OK || e == ERR_UNKNOWN) {
        e = n->what.subject ? forget_person(r, &n->what) : forget_recording(r, &n->what.recording);
    }
    return e == ERR_UNKNOWN ? OK : e; /* the catalogue of that day knew nothing of it */
}

/* What was redacted of one subject. */
static enum err redact_again(void *ctx, const struct key_context *c) {
    struct run *r = ctx;
    struct wraps_spans gone;
    bool other_key = false;
    enum err e = r->says == r->g->wraps ? ERR_UNKNOWN
                                        : wraps_redact_again(r->g->wraps, r->says, c, &other_key);
    r->g->other_key += other_key;
    *r->count += e == OK;
    e = e == OK || e == ERR_UNKNOWN ? wraps_redacted(r->says, &c->recording, &gone) : e;
    if (e != OK) {
        return e;
    }
    r->only = &gone;
    e = remove_below(r, &c->recording, "");
    r->only = NULL;
    mem_free(gone.p);
    return e == OK ? remove_derived(r, &c->recording) : e;
}

enum err erase_again(struct erase_again *g, struct wraps *says, uint64_t *count) {
    struct run r = {.g = g, .says = says, .count = count};
    enum err e = wraps_each_shredded(says, shred_again, &r);
    return e == OK ? wraps_each_redacted(says, redact_again, &r) : e;
}

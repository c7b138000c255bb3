#include "recorder/archive/forget.h"

#include <string.h>

static enum err first_of(enum err a, enum err b) {
    return a == OK ? b : a;
}

static enum err forget_person(void *ctx, const struct wraps_note *n) {
    struct archive *a = ctx;
    bool forgotten = false;
    enum err e =
        catalogue_is_forgotten(a->catalogue, &n->what.recording, n->what.subject, &forgotten);
    return e != OK || forgotten
               ? e
               : catalogue_forget_person(a->catalogue, &n->what.recording, n->what.subject);
}

/* Two ordered lists side by side: what the catalogue knows more of than that it was shredded, and
 * has no key. What was ever shredded grows for years; these are few. */
struct comparison {
    struct id_list kept, keyless;
    size_t at;
};

static enum err compare(void *ctx, const struct id *recording) {
    struct comparison *c = ctx;
    enum err e = OK;
    while (e == OK && c->at < c->kept.n) {
        int order = recording ? memcmp(c->kept.p[c->at].b, recording->b, ID_LEN) : -1;
        if (order > 0) {
            break;
        }
        e = order ? id_list_add(&c->keyless, &c->kept.p[c->at]) : OK;
        c->at++;
    }
    return e;
}

/* A key that is lost, and not by order, makes nothing forgotten. */
static enum err forget_recording(struct archive *a, const struct id *recording) {
    struct key_context c = {.recording = *recording};
    enum err e = wraps_shredded(a->wraps, &c, NULL);
    return e == OK ? catalogue_shredded(a->catalogue, recording) : e == ERR_UNKNOWN ? OK : e;
}

static enum err forget_recordings(struct archive *a) {
    struct comparison c = {0};
    enum err e = catalogue_ids(a->catalogue, CATALOGUE_KEPT, &c.kept);
    e = e == OK ? wraps_each_by_id(a->wraps, compare, &c) : e;
    e = e == OK ? compare(&c, NULL) : e;
    for (size_t i = 0; e == OK && i < c.keyless.n; i++) {
        e = forget_recording(a, &c.keyless.p[i]);
    }
    id_list_free(&c.kept);
    id_list_free(&c.keyless);
    return e;
}

static enum err note_any(void *ctx, const struct wraps_note *n) {
    (void)n;
    *(bool *)ctx = true;
    return ERR_EXISTS; /* one is enough */
}

/* Whoever died between a commit and the truncation left no other trace of it. */
static enum err purge(struct archive *a) {
    bool any = false;
    enum err e = wraps_each_shredded(a->wraps, note_any, &any);
    e = any ? OK : e;
    e = first_of(e, any ? catalogue_purge(a->catalogue) : catalogue_truncate(a->catalogue));
    return first_of(e, wraps_purge(a->wraps));
}

enum err forget_shredded(struct archive *a) {
    enum err e = wraps_each_shredded_person(a->wraps, forget_person, a);
    e = first_of(e, forget_recordings(a));
    return first_of(e, purge(a));
}

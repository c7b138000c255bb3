#include "recorder/library/library_verify.h"

#include "recorder/archive/verify.h"
#include "recorder/archive/verify_words.h"
#include "recorder/library/library_parts.h"

#include <stdio.h>

static const char *const kinds[] = {
    [OBJECT_MEDIA] = "media",          [OBJECT_JOURNAL] = "journal",
    [OBJECT_MANIFEST] = "manifest",    [OBJECT_THUMBNAIL] = "thumbnail",
    [OBJECT_WAVEFORM] = "waveform",    [OBJECT_EXPORT] = "export",
    [OBJECT_SUPPLEMENT] = "supplement"};

static void place(const struct object_id *o, struct library_finding *f) {
    char id[ID_TEXT_MAX];
    f->kind = o->type < ARRAY_LEN(kinds) ? kinds[o->type] : NULL;
    if (o->type == OBJECT_MEDIA || o->type == OBJECT_WAVEFORM) {
        snprintf(f->track, sizeof(f->track), "%s",
                 id_eq(&o->track, &ID_PROGRAMME) ? PROGRAMME_TRACK : id_text(&o->track, id));
    }
    if (o->type == OBJECT_MEDIA) {
        f->epoch = o->epoch;
        f->segment = o->number;
    }
}

static void say(void *ctx, const char *object, const char *what) {
    const struct library_watch *w = ctx;
    struct library_finding f = {.object = object, .what = what, .word = verify_word(what)};
    struct object_id o;
    if (object_parse_name(object, &o)) {
        place(&o, &f);
    }
    w->found(w->ctx, &f);
}

static bool step(void *ctx, size_t done, size_t total) {
    const struct library_watch *w = ctx;
    return w->step(w->ctx, done, total);
}

enum err library_verify_watched(struct library *l, const char *id, enum library_depth depth,
                                const struct library_watch *w) {
    OWNER_CHECK(&l->owner);
    const struct verify_watch watch = {say, w->step ? step : NULL, (void *)w};
    struct id recording;
    if (!id_parse(id, &recording)) {
        return ERR_UNKNOWN;
    }
    return depth == LIBRARY_OPENED ? verify_opened(l->archive, &recording, &watch)
                                   : verify_sealed(l->archive, &recording, &watch);
}

enum err library_ended(struct library *l, const char *id) {
    OWNER_CHECK(&l->owner);
    struct recording_row row;
    struct id recording;
    enum err e = id_parse(id, &recording)
                     ? catalogue_recording(l->archive->catalogue, &recording, &row)
                     : ERR_UNKNOWN;
    return e == OK && row.state == RECORDING_OPEN ? ERR_WRONG_STATE : e;
}

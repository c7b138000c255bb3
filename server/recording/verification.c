#include "server/recording/verification.h"

#include "base/json_write.h"

#include <string.h>

#define TRIES 3 /* of what changes while it is read */

static const char *const result_names[] = {
#define X(sym, word) [sym] = word,
    VERIFICATION_RESULTS(X)
#undef X
};

const char *verification_result_name(enum verification_result r) {
    return result_names[r];
}

/* The key does not open it now, which says nothing of the recording. */
static bool lacks_key(enum err e) {
    return e == ERR_DENIED || e == ERR_KEY_DENIED || e == ERR_AGAIN || e == ERR_IO;
}

static enum verification_result result_of(enum err e) {
    return e == OK                ? VERIFICATION_OK
           : e == ERR_AUTH        ? VERIFICATION_DAMAGED
           : e == ERR_WRONG_STATE ? VERIFICATION_SHREDDED
                                  : VERIFICATION_FAILED;
}

static void begin_anew(const struct verification_watch *w) {
    if (w->anew) {
        w->anew(w->library.ctx);
    }
}

static enum err look(struct library *l, const char *id, enum library_depth depth,
                     const struct verification_watch *w) {
    enum err e = library_verify_watched(l, id, depth, &w->library);
    for (int i = 1; e == ERR_GONE && i < TRIES; i++) {
        begin_anew(w);
        e = library_verify_watched(l, id, depth, &w->library);
    }
    return e;
}

/* What is sealed can be checked without its key, too. */
struct verification_end verification_run(struct library *l, const char *id, bool sealed,
                                         const struct verification_watch *w) {
    enum err opening = sealed ? ERR_DENIED : look(l, id, LIBRARY_OPENED, w);
    bool opened = !lacks_key(opening);
    enum err e = opening;
    if (!opened) {
        begin_anew(w);
        e = look(l, id, LIBRARY_SEALED, w);
    }
    enum verification_result r = result_of(e);
    enum err why = opened || sealed ? OK : opening;
    return (struct verification_end){r, opened, r == VERIFICATION_FAILED ? e : why};
}

void verification_put_finding(struct buffer *b, const struct library_finding *f) {
    json_open(b, NULL, '{');
    json_put_string(b, "object", f->object);
    json_put_string(b, "what", f->what);
    json_put_string(b, "problem", f->word);
    if (f->kind) {
        json_put_string(b, "kind", f->kind);
    }
    if (*f->track) {
        json_put_string(b, "track", f->track);
    }
    if (f->kind && strcmp(f->kind, "media") == 0) {
        json_put_uint(b, "epoch", f->epoch);
        json_put_uint(b, "segment", f->segment);
    }
    json_close(b, '}');
}

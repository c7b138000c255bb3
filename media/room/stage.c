#include "media/room/stage.h"

static bool may_see(const struct room_viewer *v, const struct room_source *s) {
    return !v || (s->participant != v->participant && room_receives(v, s));
}

struct room_source *stage_find(const struct room *r, const struct room_viewer *v,
                               uint64_t participant, enum source_kind kind) {
    struct room_source *s = participant ? room_find(r, participant, kind) : NULL;
    return s && may_see(v, s) ? s : NULL;
}

static unsigned rank_of_screen(const struct room *r, const struct room_source *s) {
    return s->participant == r->lead ? 2 : s->host;
}

static struct room_source *best_screen(const struct room *r, const struct room_viewer *v) {
    struct room_source *best = NULL;
    LIST_EACH(l, &r->live) { /* in order of arrival */
        struct room_source *s = LIST_ENTRY(l, struct room_source, in_live);
        bool screen = s->kind == SOURCE_SCREEN && may_see(v, s);
        if (screen && (!best || rank_of_screen(r, s) >= rank_of_screen(r, best))) {
            best = s;
        }
    }
    return best;
}

static struct room_source *first_camera(const struct room *r, const struct room_viewer *v,
                                        bool of_host) {
    LIST_EACH(l, &r->live) {
        struct room_source *s = LIST_ENTRY(l, struct room_source, in_live);
        if (s->kind == SOURCE_CAMERA && may_see(v, s) && (s->host || !of_host)) {
            return s;
        }
    }
    return NULL;
}

static struct room_source *spotlit(const struct room *r, const struct room_viewer *v) {
    struct room_source *s = stage_find(r, v, r->spotlight, SOURCE_SCREEN);
    return s ? s : stage_find(r, v, r->spotlight, SOURCE_CAMERA);
}

static struct room_source *speaker(const struct room *r, const struct room_viewer *v) {
    struct room_source *s = NULL;
    for (unsigned i = 0; !s && i < ROOM_SPEAKERS_MAX; i++) {
        s = stage_find(r, v, r->speakers[i], SOURCE_CAMERA);
    }
    return s;
}

struct room_source *stage_source(const struct room *r, const struct room_viewer *v) {
    struct room_source *s = spotlit(r, v);
    s = s ? s : best_screen(r, v);
    s = s ? s : stage_find(r, v, v ? v->pinned : 0, SOURCE_CAMERA);
    s = s ? s : stage_find(r, v, r->lead, SOURCE_CAMERA);
    s = s ? s : first_camera(r, v, true);
    s = s ? s : speaker(r, v);
    return s ? s : first_camera(r, v, false);
}

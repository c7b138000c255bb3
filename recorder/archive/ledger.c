/* DESIGN. The order of writes is what makes a crash harmless: the wrapped key, then the start
 * entry, then track and epoch entries, then each media object, then its journal line. What is on
 * disk at any moment is a recording that recovery can close. The catalogue follows each stored
 * journal object; one that could not be written catches up with what it missed. */
#include "recorder/archive/ledger.h"

#include "recorder/archive/close.h"
#include "recorder/archive/replay.h"
#include "recorder/journal/objects_media.h"
#include "recorder/journal/personal.h"

#include "base/alloc.h"
#include "base/check.h"

#include <stdio.h>

struct ledger {
    struct archive *archive;
    struct id id;
    struct key_ring ring;
    struct object_access access;
    struct journal *journal;
    bool needed_first; /* pending entries that must be stored before the next segment */
    bool stale;        /* the catalogue misses something */
    bool end_noted, close_tried, ended;
};

/* A new track gets keys: those of its participant, or of the recording. They are in memory until
 * the next flush, so that nothing that fails now can lose the entry. */
static enum err key_track(struct ledger *l, struct entry_track *t) {
    t->keys = TRACK_KEYS_TREE;
    enum err e = archive_ring_track(&l->ring, t);
    return e == OK ? archive_ring_add(&l->ring, t) : e;
}

static enum err note(struct ledger *l, const struct entry *given) {
    struct entry copy = *given, *e = &copy;
    enum err error = e->type == ENTRY_TRACK ? key_track(l, &e->u.track) : OK;
    error = error == OK ? personal_seal(&l->ring, &l->archive->rng, e) : error;
    error = error == OK ? journal_append(l->journal, e) : error;
    if (error == OK) {
        l->needed_first = l->needed_first || e->type == ENTRY_TRACK || e->type == ENTRY_EPOCH;
    }
    return error;
}

/* Everything that is needed in memory, once; the start entry is pending then. */
static enum err set_up(struct ledger *l, const struct entry_start *start) {
    struct archive *a = l->archive;
    struct entry e = {.type = ENTRY_START};
    e.u.start = *start;
    e.u.start.format = RECORDING_FORMAT;
    enum err error = archive_create(a, &l->id, &l->ring);
    if (error != OK) {
        return error;
    }
    l->access = archive_access(a, &l->ring);
    l->journal = journal_new(&l->access, &l->id, NULL);
    error = l->journal ? note(l, &e) : ERR_NOMEM;
    if (error != OK) {
        l->journal = journal_free(l->journal);
        key_ring_close(&l->ring);
    }
    return error;
}

/* A key is never deleted here, not even one under which nothing seems to be stored: a put that
 * failed may still have happened. So another try goes on with the same key and the same entry. */
enum err ledger_begin(struct archive *a, const struct entry_start *start, struct ledger **ret) {
    struct ledger *l = *ret ? *ret : mem_zalloc(1, sizeof(*l));
    if (!l) {
        return ERR_NOMEM;
    }
    l->archive = a;
    enum err e = l->journal ? OK : set_up(l, start);
    if (!l->journal) {
        ledger_free(l);
        *ret = NULL;
        return e;
    }
    *ret = l;
    e = ledger_flush(l);
    if (e == OK) {
        /* Without the mark the catalogue and the store tell that it has begun. */
        (void)wraps_begun(a->wraps, &l->id);
    }
    return e;
}

struct ledger *ledger_free(struct ledger *l) {
    if (l) {
        journal_free(l->journal);
        key_ring_close(&l->ring);
        mem_free(l);
    }
    return NULL;
}

const struct id *ledger_id(const struct ledger *l) {
    return &l->id;
}

enum err ledger_add(struct ledger *l, const struct entry *e) {
    CHECK(e->type != ENTRY_START && e->type != ENTRY_SEGMENT && e->type != ENTRY_END);
    return note(l, e);
}

/* The catalogue follows. What it cannot take now it takes when it can: media never wait for it. */
static void show(struct ledger *l, const struct object_info *info) {
    struct archive *a = l->archive;
    struct catalogue_object o = {l->id, journal_stored(l->journal), *info,
                                 personal_opener_of(&l->ring)};
    if (!l->stale) {
        l->stale = catalogue_follow(a->catalogue, &o) != OK;
    }
    if (l->stale) {
        l->stale = replay_catch_up(a, &l->ring) != OK;
        a->catalogue_errors += l->stale;
    }
}

enum err ledger_flush(struct ledger *l) {
    enum err settled = key_ring_settle(&l->ring);
    if (settled != OK) {
        return settled;
    }
    while (journal_pending(l->journal)) {
        struct object_info info;
        enum err e = journal_flush(l->journal, &info);
        if (e != OK) {
            return e;
        }
        show(l, &info);
    }
    l->needed_first = false;
    key_ring_release(&l->ring);
    return OK;
}

/* A full journal is stored first: nobody else does it while this one waits. */
static enum err note_with_room(struct ledger *l, const struct entry *e) {
    enum err error = note(l, e);
    if (error == ERR_FULL) {
        error = ledger_flush(l);
        error = error == OK ? note(l, e) : error;
    }
    return error;
}

enum err ledger_segment(struct ledger *l, us_t t, struct entry_segment *seg, struct bytes media) {
    struct entry e = {.type = ENTRY_SEGMENT, .t = t};
    enum err error = l->needed_first ? ledger_flush(l) : OK;
    if (error != OK) {
        return error;
    }
    e.u.segment = *seg;
    error = media_object_put(&l->access, &l->id, &e, media);
    if (error == OK) {
        error = note_with_room(l, &e);
    }
    if (error == OK) {
        *seg = e.u.segment;
    }
    return error;
}

size_t ledger_pending(const struct ledger *l) {
    return journal_pending(l->journal);
}

enum err ledger_end(struct ledger *l, us_t t) {
    struct entry end = {.type = ENTRY_END, .t = t};
    enum err e = OK;
    if (l->ended) {
        return OK;
    }
    if (!l->end_noted) {
        snprintf(end.u.end.reason, sizeof(end.u.end.reason), "stopped");
        e = note_with_room(l, &end);
        l->end_noted = e == OK;
    }
    e = e == OK ? ledger_flush(l) : e;
    if (e == OK && l->stale) {
        e = replay_catch_up(l->archive, &l->ring);
        l->stale = e != OK;
    }
    if (e == OK) {
        struct journal_head head = journal_head(l->journal);
        e = close_recording(l->archive, &l->ring, &head, !l->close_tried);
        l->close_tried = true;
    }
    l->ended = e == OK;
    return e;
}

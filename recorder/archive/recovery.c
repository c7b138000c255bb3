#include "recorder/archive/recovery.h"

#include "recorder/archive/close.h"
#include "recorder/archive/forget.h"
#include "recorder/archive/replay.h"
#include "recorder/journal/objects_media.h"

#include <stdio.h>
#include <string.h>

static enum err note(struct replay *f, struct journal *j, const struct entry *e) {
    enum err error = journal_append(j, e);
    return error == OK ? replay_follow(f, e) : error;
}

/* Segments that were stored after the last line about this epoch. One that is not authentic stays
 * where it is: verification will name it. */
static enum err adopt(struct replay *f, struct journal *j, struct replay_stand *s,
                      uint32_t *count) {
    for (;;) {
        struct entry_segment next = {.track = s->track, .epoch = s->epoch, .number = s->next};
        struct entry e;
        enum err error = media_object_entry(&f->access, &f->id, &next, &e);
        if (error == ERR_UNKNOWN || error == ERR_AUTH || error == ERR_GONE) {
            return OK;
        }
        if (error != OK) {
            return error;
        }
        e.u.segment.adopted = true;
        error = note(f, j, &e);
        if (error != OK) {
            return error;
        }
        f->t = us_max(f->t, s->start + e.u.segment.start + e.u.segment.duration);
        (*count)++;
    }
}

static enum err write_end(struct replay *f, struct journal *j, uint32_t *adopted) {
    struct entry end = {.type = ENTRY_END};
    enum err e = OK;
    for (size_t i = 0; e == OK && i < f->n_stands; i++) {
        e = adopt(f, j, &f->stands[i], adopted);
    }
    end.t = f->t;
    snprintf(end.u.end.reason, sizeof(end.u.end.reason), "interrupted");
    e = e == OK ? note(f, j, &end) : e;
    e = e == OK ? journal_flush(j, NULL) : e;
    if (e == OK) {
        e = replay_catch_up(f->archive, &f->ring);
        f->head = journal_head(j);
    }
    return e;
}

static enum err close_journal(struct replay *f, uint32_t *adopted) {
    struct journal *j = journal_new(&f->access, &f->id, &f->head);
    enum err e = j ? write_end(f, j, adopted) : ERR_NOMEM;
    journal_free(j);
    return e;
}

static enum err finish_recording(struct replay *f, struct recovery_report *r) {
    enum err e = replay_run(f);
    if (e != OK) {
        return e;
    }
    if (f->head.objects == 0) {
        /* The process died between key and start entry. The key stays: what is not there now may
         * be there at the next start, and sixty bytes are no reason to be wrong for ever. */
        r->empty++;
        return OK;
    }
    r->rebuilt++;
    bool was_ended = f->ended;
    if (!was_ended) {
        e = close_journal(f, &r->adopted);
    }
    e = e == OK ? close_recording(f->archive, &f->ring, &f->head, false) : e;
    r->closed += e == OK && !was_ended;
    return e;
}

struct run {
    struct archive *archive;
    struct recovery_report report;
};

static bool is_damage(enum err e) {
    return e == ERR_AUTH || e == ERR_FORMAT || e == ERR_LONG || e == ERR_UNKNOWN;
}

/* Noted, and on to the next. The state of a recording that failed for now stays "recording". */
static void note_unfinished(struct run *run, const struct id *recording, enum err error,
                            const char *object) {
    struct recovery_report *r = &run->report;
    if (r->n_told < RECOVERY_TOLD) {
        r->told[r->n_told++] = (struct recovery_unfinished){*recording, error};
    }
    if (is_damage(error)) {
        r->damaged++;
        (void)catalogue_damaged(run->archive->catalogue, recording, object);
    } else {
        r->failed++;
    }
}

static void recover(struct run *run, const struct id *recording) {
    struct replay f;
    char object[OBJECT_NAME_MAX] = "keys";
    enum err e = replay_init(&f, run->archive, recording);
    if (e == OK) {
        e = finish_recording(&f, &run->report);
        /* The next one, which could not be read, or is missing. */
        struct object_id next = {
            .type = OBJECT_JOURNAL, .recording = *recording, .number = f.head.objects};
        (void)object_name(&next, object);
    }
    replay_free(&f);
    if (e != OK) {
        note_unfinished(run, recording, e, object);
    }
}

/* Whether the catalogue calls it finished is asked one by one only when it could not say so of all.
 */
static enum err recover_unless_closed(void *ctx, const struct id *recording) {
    struct run *run = ctx;
    struct recording_row row;
    enum err e = catalogue_recording(run->archive->catalogue, recording, &row);
    if (e == ERR_UNKNOWN ||
        (e == OK && (row.state == RECORDING_OPEN || row.state == RECORDING_DAMAGED))) {
        recover(run, recording);
    } else if (e != OK) {
        note_unfinished(run, recording, e, "");
    }
    return OK;
}

/* Two ordered lists side by side: ids that wraps.db has and the catalogue has not are added. */
struct comparison {
    struct id_list catalogue, unfinished;
    size_t at;
};

static enum err compare(void *ctx, const struct id *recording) {
    struct comparison *c = ctx;
    int order = 1;
    for (; c->at < c->catalogue.n; c->at++) {
        order = memcmp(c->catalogue.p[c->at].b, recording->b, ID_LEN);
        if (order >= 0) {
            break;
        }
    }
    return order == 0 ? OK : id_list_add(&c->unfinished, recording);
}

/* Of those that the catalogue calls unfinished, what still has a key. */
static enum err add_open(struct archive *a, struct id_list *unfinished) {
    struct id_list open = {0};
    enum err e = catalogue_ids(a->catalogue, CATALOGUE_UNFINISHED, &open);
    for (size_t i = 0; e == OK && i < open.n; i++) {
        bool begun;
        if (wraps_has_begun(a->wraps, &open.p[i], &begun) != ERR_UNKNOWN) {
            e = id_list_add(unfinished, &open.p[i]);
        }
    }
    id_list_free(&open);
    return e;
}

/* Each start does this, so it may not cost much for each recording that was ever made: two walks
 * over indexes. */
static enum err find_unfinished(struct archive *a, struct id_list *ret) {
    struct comparison c = {0};
    enum err e = catalogue_ids(a->catalogue, CATALOGUE_ALL, &c.catalogue);
    e = e == OK ? wraps_each_by_id(a->wraps, compare, &c) : e;
    e = e == OK ? add_open(a, &c.unfinished) : e;
    id_list_free(&c.catalogue);
    *ret = c.unfinished;
    return e;
}

enum err recovery_run(struct archive *a, struct recovery_report *ret) {
    struct run run = {.archive = a};
    struct id_list unfinished;
    enum err e = find_unfinished(a, &unfinished);
    for (size_t i = 0; e == OK && i < unfinished.n; i++) {
        recover(&run, &unfinished.p[i]);
    }
    if (e != OK && e != ERR_NOMEM) {
        e = wraps_each(a->wraps, recover_unless_closed, &run);
    }
    id_list_free(&unfinished);
    run.report.unforgotten = forget_shredded(a);
    /* The next start tries again what this one cannot. */
    (void)replay_open_texts(a);
    if (ret) {
        *ret = run.report;
    }
    return e;
}

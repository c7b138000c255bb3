#include "recorder/writer/writer.h"

#include "base/owner.h"
#include "recorder/archive/recovery.h"
#include "recorder/writer/writing.h"

#include <stdio.h>

#define RECOVER_AGAIN (60 * US_PER_S)

struct writer {
    struct owner owner; /* the writer thread */
    struct writer_config c;
    struct archive *archive;
    struct writing_counters n;
    struct link writings; /* each has its turn, the one that had it last at the end */
    struct recovery_report recovery;
    uint32_t told;   /* of recovery.told */
    us_t recover_at; /* what failed is tried again; 0: RECOVER_AGAIN from the next step on */
    bool say_catalogue_lost, say_unforgotten;
    struct link refused; /* JOB_BEGIN of recordings for which there was no memory, until told */
};

static struct archive_config archive_config_of(const struct writer_config *c) {
    return (struct archive_config){.dir = c->dir,
                                   .database = c->database,
                                   .kek_file = c->kek_file,
                                   .create_kek = c->create_kek,
                                   .keys = c->keys,
                                   .write = true,
                                   .store = c->store,
                                   .rng = c->rng};
}

/* Old recordings that cannot be finished wait; they are no reason not to record new ones, since
 * nothing is written over them. */
static void recover(struct writer *w) {
    if (recovery_run(w->archive, &w->recovery) != OK) {
        w->n.store_errors++;
        w->recovery.failed++;
    }
    w->say_catalogue_lost = w->archive->catalogue_lost;
    w->say_unforgotten = w->recovery.unforgotten != OK;
}

/* What failed for now (a store that was away) may work later. Only while nothing is written: then
 * every recording that is not closed is of an earlier run. */
static us_t recovery_deadline(const struct writer *w) {
    bool failed = w->recovery.failed || w->recovery.unforgotten != OK;
    return failed && list_empty(&w->writings) ? w->recover_at : US_NEVER;
}

static void recover_again(struct writer *w, us_t now) {
    uint32_t damaged = w->recovery.damaged;
    bool unforgotten = w->recovery.unforgotten != OK;
    if (w->recover_at == 0) {
        w->recover_at = now + RECOVER_AGAIN;
        return;
    }
    if (recovery_run(w->archive, &w->recovery) != OK) {
        w->recovery.failed++;
    }
    /* The same is not told twice. */
    w->told = w->recovery.damaged > damaged ? 0 : w->recovery.n_told;
    w->say_unforgotten = w->recovery.unforgotten != OK && !unforgotten;
    w->recover_at = 0; /* it may have taken long: `now` is old */
}

enum err writer_open(const struct writer_config *c, struct writer **ret, char why[WHY_MAX]) {
    struct writer *w = mem_zalloc(1, sizeof(*w));
    if (!w) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    list_init(&w->writings);
    list_init(&w->refused);
    w->c = *c;
    struct archive_config a = archive_config_of(c);
    enum err e = archive_open(&a, &w->archive, why);
    if (e != OK) {
        mem_free(w);
        return e;
    }
    recover(w);
    *ret = w;
    return OK;
}

static enum err open_once(const struct archive_config *c, char why[WHY_MAX]) {
    struct archive *archive = NULL;
    enum err e = archive_open(c, &archive, why);
    archive_close(archive);
    return e;
}

enum err writer_use_store(const struct writer_config *c, char why[WHY_MAX]) {
    struct archive_config a = archive_config_of(c);
    a.take_store = true;
    return open_once(&a, why);
}

enum err writer_use_signing_key(const struct writer_config *c, char why[WHY_MAX]) {
    struct archive_config a = archive_config_of(c);
    a.take_signer = true;
    return open_once(&a, why);
}

struct writer *writer_close(struct writer *w, us_t now) {
    if (!w) {
        return NULL;
    }
    OWNER_CHECK(&w->owner);
    LIST_EACH(l, &w->writings) {
        struct writing *x = LIST_ENTRY(l, struct writing, in_writer);
        x->retry_at = US_NEVER;
        x->flush_at = x->begun ? us_min(x->flush_at, now) : US_NEVER;
        while (writing_step(x, now)) {
        }
        writing_free(x);
    }
    LIST_EACH(l, &w->refused) {
        write_job_free(LIST_ENTRY(l, struct write_job, link));
    }
    archive_close(w->archive);
    return mem_free(w);
}

static struct writing *find(const struct writer *w, uint64_t recording) {
    LIST_EACH(l, &w->writings) {
        struct writing *x = LIST_ENTRY(l, struct writing, in_writer);
        if (x->recording == recording) {
            return x;
        }
    }
    return NULL;
}

void writer_take(struct writer *w, struct write_job *j) {
    OWNER_CHECK(&w->owner);
    struct writing *x = find(w, j->recording);
    if (!x && j->type == JOB_BEGIN) {
        struct writing_config c = {w->archive, &w->n, w->c.flush_every};
        x = writing_new(&c, j->recording);
        if (x) {
            list_push(&w->writings, &x->in_writer);
        }
    }
    if (x) {
        writing_take(x, j);
        return;
    }
    w->n.store_errors++;
    if (j->type == JOB_BEGIN) {
        list_push(&w->refused, &j->link);
    } else {
        write_job_free(j);
    }
}

bool writer_step(struct writer *w, us_t now) {
    OWNER_CHECK(&w->owner);
    LIST_EACH(l, &w->writings) {
        struct writing *x = LIST_ENTRY(l, struct writing, in_writer);
        if (writing_deadline(x) <= now) {
            list_remove(l);
            list_push(&w->writings, l);
            (void)writing_step(x, now);
            return writer_deadline(w) <= now;
        }
    }
    if (recovery_deadline(w) <= now) {
        recover_again(w, now);
        return writer_deadline(w) <= now;
    }
    return false;
}

us_t writer_deadline(const struct writer *w) {
    OWNER_CHECK(&w->owner);
    us_t at = recovery_deadline(w);
    LIST_EACH(l, &w->writings) {
        at = us_min(at, writing_deadline(LIST_ENTRY(l, struct writing, in_writer)));
    }
    return at;
}

static bool report_old(struct writer *w, struct write_report *ret) {
    if (w->say_catalogue_lost) {
        w->say_catalogue_lost = false;
        *ret = (struct write_report){.type = REPORT_CATALOGUE_LOST};
        return true;
    }
    if (w->say_unforgotten) {
        w->say_unforgotten = false;
        *ret = (struct write_report){.type = REPORT_UNFORGOTTEN,
                                     .error = (uint8_t)w->recovery.unforgotten};
        return true;
    }
    if (w->told < w->recovery.n_told) {
        const struct recovery_unfinished *u = &w->recovery.told[w->told++];
        *ret = (struct write_report){
            .type = REPORT_UNFINISHED, .error = (uint8_t)u->error, .id = u->id};
        return true;
    }
    if (!list_empty(&w->refused)) {
        struct write_job *j = LIST_ENTRY(w->refused.next, struct write_job, link);
        *ret = (struct write_report){
            .type = REPORT_ENDED, .error = ERR_NOMEM, .recording = j->recording};
        list_remove(&j->link);
        write_job_free(j);
        return true;
    }
    return false;
}

bool writer_report(struct writer *w, struct write_report *ret) {
    OWNER_CHECK(&w->owner);
    if (report_old(w, ret)) {
        return true;
    }
    LIST_EACH(l, &w->writings) {
        struct writing *x = LIST_ENTRY(l, struct writing, in_writer);
        if (writing_report(x, ret)) {
            return true;
        }
        if (x->ended) {
            writing_free(x);
        }
    }
    return false;
}

struct writer_counters writer_counters(const struct writer *w) {
    OWNER_CHECK(&w->owner);
    struct writer_counters n = {.segments = w->n.segments,
                                .bytes_sealed = w->n.bytes_sealed,
                                .gaps = w->n.gaps,
                                .store_errors = w->n.store_errors,
                                .catalogue_errors = w->archive->catalogue_errors,
                                .unfinished = w->recovery.damaged + w->recovery.failed +
                                              (w->recovery.unforgotten != OK)};
    LIST_EACH(l, &w->writings) {
        n.failing += LIST_ENTRY(l, struct writing, in_writer)->failing;
    }
    return n;
}

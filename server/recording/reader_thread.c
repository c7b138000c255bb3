#include "server/recording/reader_thread.h"

#include "base/alloc.h"
#include "base/check.h"
#include "recorder/library/library_verify.h"
#include "server/os/clock.h"
#include "server/os/thread.h"
#include "server/queue/mailbox.h"
#include "server/recording/readable.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define OTHERS 64                 /* requests under way beside those of downloads */
#define LIFETIME (300 * US_PER_S) /* of keys in memory, if nothing else is said */
#define LOOK_EVERY US_PER_S       /* whether keys of open files were shredded */
#define TICK_MS 1000              /* how often keys that are too old are looked for */
#define OPEN_MEDIA 32             /* files kept open, least recently used goes first */
#define HELD_MAX (64u << 20)      /* [bytes] that those keep of the store, beside the one in use */

struct open_media {
    char recording[RECORDING_ID_LEN + 1];
    char track[RECORDING_ID_LEN + 1];
    uint32_t epoch, number;
    uint64_t snapshot;
    uint64_t used; /* request count when last used */
    us_t since;    /* when it was opened */
    uint8_t type;  /* enum read_type */
    struct readable file;
};

/* One thread. */
struct reader {
    struct mailbox *requests; /* control -> reader */
    struct mailbox *replies;  /* reader -> control */
    pthread_t thread;
    bool running;
    atomic_bool stop;
    uint32_t under_way; /* owned by the control thread */
    /* Owned by the reader thread. */
    struct library *library;
    struct open_media open[OPEN_MEDIA];
    uint64_t count;
    us_t lifetime; /* [us] of keys in memory, those of open files among them */
    us_t looked;   /* when the keys of open files were last looked at */
};

/* Owned by the control thread. */
struct reader_thread {
    uint32_t n;
    uint32_t downloads, downloads_max; /* places taken, and all */
    uint32_t others;                   /* other requests under way */
    struct reader readers[READERS_MAX];
};

/* ---- runs in the reader thread ---- */

static bool same_media(const struct open_media *m, const struct read_request *q) {
    return readable_is_open(&m->file) && m->type == q->type && m->epoch == q->epoch &&
           m->number == q->number && strcmp(m->recording, q->recording) == 0 &&
           strcmp(m->track, q->track) == 0;
}

/* What is open already and may be used: the snapshot that is asked for, or with a request that
 * begins a download, whatever is still as it would be opened now. */
static bool fits(const struct open_media *m, const struct read_request *q) {
    return same_media(m, q) &&
           (q->snapshot ? m->snapshot == q->snapshot : readable_current(&m->file));
}

/* The place of it, or else of what was not used for the longest time, emptied. */
static struct open_media *find_media(struct reader *t, const struct read_request *q) {
    struct open_media *oldest = &t->open[0];
    for (size_t i = 0; i < OPEN_MEDIA; i++) {
        struct open_media *m = &t->open[i];
        if (fits(m, q)) {
            return m;
        }
        if (m->used < oldest->used) {
            oldest = m;
        }
    }
    readable_close(&oldest->file);
    return oldest;
}

/* A recording that still grows must show its new end; the pieces that follow are of the file that
 * the first answer promised. */
static enum err open_media(struct reader *t, const struct read_request *q,
                           struct open_media **ret) {
    struct open_media *m = find_media(t, q);
    m->used = ++t->count;
    if (!readable_is_open(&m->file)) {
        enum err err = readable_open(t->library, q, &m->file);
        if (err != OK) {
            return err;
        }
        m->type = q->type;
        m->since = clock_now();
        m->snapshot = readable_snapshot(&m->file);
        memcpy(m->recording, q->recording, sizeof(m->recording));
        memcpy(m->track, q->track, sizeof(m->track));
        m->epoch = q->epoch;
        m->number = q->number;
    }
    *ret = m;
    return OK;
}

static enum err read_piece(struct open_media *m, const struct read_request *q,
                           struct read_reply *r) {
    r->total = readable_size(&m->file);
    r->snapshot = m->snapshot;
    snprintf(r->type, sizeof(r->type), "%s", readable_type(&m->file));
    if (q->at > r->total) {
        return ERR_RANGE;
    }
    uint64_t left = r->total - q->at;
    r->len = q->n < left ? q->n : (size_t)left;
    r->len = r->len < READER_CHUNK_MAX ? r->len : READER_CHUNK_MAX;
    if (r->len == 0) {
        return OK;
    }
    r->data = mem_alloc(r->len);
    if (!r->data) {
        return ERR_NOMEM;
    }
    return readable_read(&m->file, q->at, (uint8_t *)r->data, r->len);
}

static bool holds(const struct open_media *m) {
    return readable_held(&m->file) > 0;
}

/* Segments are kept whole, for several follow the same tour. Of too many the least recently used
 * go; who is in the middle of one has the rest of it read piece by piece. */
static void bound_memory(struct reader *t, const struct open_media *in_use) {
    for (;;) {
        size_t held = 0;
        struct open_media *oldest = NULL;
        for (size_t i = 0; i < OPEN_MEDIA; i++) {
            struct open_media *m = &t->open[i];
            if (m != in_use && holds(m)) {
                held += readable_held(&m->file);
                oldest = !oldest || m->used < oldest->used ? m : oldest;
            }
        }
        if (held <= HELD_MAX) {
            return;
        }
        readable_close(&oldest->file);
    }
}

/* Keys that changed since the file was opened are no reason to end a download, if it is the same
 * file with those of now: they may have been wrapped again. */
static enum err read_media(struct reader *t, const struct read_request *q, struct read_reply *r) {
    struct open_media *m;
    enum err err = open_media(t, q, &m);
    err = err == OK ? read_piece(m, q, r) : err;
    if (err == ERR_GONE && r->data) {
        r->data = mem_free(r->data);
        readable_close(&m->file);
        err = open_media(t, q, &m);
        err = err == OK ? read_piece(m, q, r) : err;
    }
    if (err == OK) {
        bound_memory(t, m);
    }
    return err;
}

static enum err read_list(struct reader *t, const struct read_request *q, struct read_reply *r) {
    const struct read_list *l = &q->list;
    struct library_query query = {.limit = l->limit,
                                  .after = l->after,
                                  .tour = l->tour,
                                  .text = l->text,
                                  .person = l->person,
                                  .state = l->state,
                                  .from = l->from,
                                  .to = l->to};
    return library_list_json(t->library, &query, &r->data);
}

static enum err read_segments(struct reader *t, const struct read_request *q,
                              struct read_reply *r) {
    struct library_segments s = {q->recording, q->track, q->epoch, q->number, q->n};
    return library_segments_json(t->library, &s, &r->data);
}

static enum err read_init(struct reader *t, const struct read_request *q, struct read_reply *r) {
    struct library_file f = {q->recording, q->track, q->epoch, 0};
    struct buffer b = {0};
    enum err err = library_init(t->library, &f, &b, r->type);
    if (err == OK) {
        r->len = b.n;
        r->data = buffer_take(&b);
        err = r->data ? OK : ERR_NOMEM;
    }
    buffer_free(&b);
    return err;
}

static enum err read_json(struct reader *t, const struct read_request *q, struct read_reply *r) {
    enum err err = q->type == READ_LIST ? read_list(t, q, r)
                   : q->type == READ_SEGMENTS
                       ? read_segments(t, q, r)
                       : library_recording_json(t->library, q->recording, &r->data);
    if (err == OK) {
        r->len = strlen(r->data);
        snprintf(r->type, sizeof(r->type), "application/json");
    }
    return err;
}

/* A file that is open holds keys: after their time it is closed, and opened again by its next
 * request if the key is still to be had. So it is, looked at once a second, when they were
 * shredded. */
static void let_time_pass(struct reader *t) {
    us_t now = clock_now();
    bool look = now - t->looked >= LOOK_EVERY;
    t->looked = look ? now : t->looked;
    for (size_t i = 0; i < OPEN_MEDIA; i++) {
        struct open_media *m = &t->open[i];
        if (readable_is_open(&m->file) &&
            (m->since + t->lifetime <= now || (look && readable_gone(&m->file)))) {
            readable_close(&m->file);
        }
    }
    library_tick(t->library, now);
}

static enum err serve_one(struct reader *t, const struct read_request *q, struct read_reply *r) {
    enum err err = q->type == READ_LIST ? OK : library_allowed(t->library, q->recording, q->tour);
    if (err != OK || q->type == READ_ALLOWED) {
        return err;
    }
    if (q->type == READ_ENDED) {
        return library_ended(t->library, q->recording);
    }
    return read_is_file(q->type)  ? read_media(t, q, r)
           : q->type == READ_INIT ? read_init(t, q, r)
                                  : read_json(t, q, r);
}

static void serve(struct reader *t, const struct read_request *q) {
    struct read_reply r = {.req = q->req, .type_asked = q->type};
    library_failing(t->library, q->failing);
    enum err err = library_asked(t->library, serve_one(t, q, &r));
    library_failing(t->library, NULL);
    mem_free(q->failing);
    r.error = (uint8_t)err;
    if (err != OK) {
        r.data = mem_free(r.data);
        r.len = 0;
    }
    /* There is room: requests under way never exceed the mailbox. */
    CHECK(mailbox_push(t->replies, &r));
    mailbox_notify(t->replies);
}

/* At the end of its thread, which owns it; or where that never began. */
static void close_library(struct reader *t) {
    for (size_t i = 0; i < OPEN_MEDIA; i++) {
        readable_close(&t->open[i].file);
    }
    t->library = library_close(t->library);
}

static void *reader_main(void *arg) {
    struct reader *t = arg;
    struct pollfd fd = {.fd = mailbox_fd(t->requests), .events = POLLIN};
    while (!atomic_load(&t->stop)) {
        int n = poll(&fd, 1, TICK_MS);
        CHECK(n >= 0 || errno == EINTR);
        struct read_request q;
        mailbox_ack(t->requests);
        let_time_pass(t);
        while (!atomic_load(&t->stop) && mailbox_pop(t->requests, &q)) {
            serve(t, &q);
        }
    }
    close_library(t);
    return NULL;
}

/* ---- runs in the control thread ---- */

static struct reader_thread *reader_thread_free(struct reader_thread *t) {
    for (uint32_t i = 0; i < t->n; i++) {
        struct reader *r = &t->readers[i];
        struct read_reply reply;
        struct read_request request;
        while (r->requests && mailbox_pop(r->requests, &request)) {
            mem_free(request.failing);
        }
        while (r->replies && mailbox_pop(r->replies, &reply)) {
            mem_free(reply.data);
        }
        close_library(r);
        mailbox_free(r->requests);
        mailbox_free(r->replies);
    }
    return mem_free(t);
}

/* Asked by the thread, of a key service that lets it wait. */
static bool stops(void *ctx) {
    return atomic_load(&((struct reader *)ctx)->stop);
}

static enum err start_one(struct reader *r, const struct reader_thread_config *c,
                          const struct store *store, char why[WHY_MAX]) {
    struct key_config keys = c->keys ? *c->keys : (struct key_config){0};
    struct library_config library = {
        .dir = c->dir,
        .kek_file = c->kek_file,
        .keys = c->keys ? &keys : NULL,
        .database = c->database,
        .store = store,
        .store_known = true /* by the writer, which is always first */
    };
    keys.kms.stop = stops;
    keys.kms.stop_ctx = r;
    size_t places = c->downloads + OTHERS;
    r->requests = mailbox_new(places, sizeof(struct read_request));
    r->replies = mailbox_new_wake(places, sizeof(struct read_reply), c->wake, c->wake_ctx);
    r->lifetime = c->keys && c->keys->lifetime ? c->keys->lifetime : LIFETIME;
    if (!r->requests || !r->replies) {
        snprintf(why, WHY_MAX, "reader: out of memory or descriptors");
        return ERR_NOMEM;
    }
    enum err err = library_open(&library, &r->library, why);
    err = err == OK ? thread_start("oriel-reader", reader_main, r, &r->thread, why) : err;
    r->running = err == OK;
    return err;
}

enum err reader_thread_start(const struct reader_thread_config *c, struct reader_thread **ret,
                             char why[WHY_MAX]) {
    CHECK(c->threads >= 1 && c->threads <= READERS_MAX && c->downloads >= 1);
    struct reader_thread *t = mem_zalloc(1, sizeof(*t));
    enum err err = OK;
    if (!t) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    t->downloads_max = c->downloads;
    while (err == OK && t->n < c->threads) {
        err = start_one(&t->readers[t->n], c, c->stores[t->n], why);
        t->n++;
    }
    if (err != OK) {
        reader_thread_stop(t);
        return err;
    }
    *ret = t;
    return OK;
}

void reader_thread_ring(struct reader_thread *t) {
    for (uint32_t i = 0; t && i < t->n; i++) {
        struct reader *r = &t->readers[i];
        if (r->running) {
            atomic_store(&r->stop, true);
            mailbox_notify(r->requests);
        }
    }
}

struct reader_thread *reader_thread_stop(struct reader_thread *t) {
    if (!t) {
        return NULL;
    }
    reader_thread_ring(t);
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->readers[i].running) {
            pthread_join(t->readers[i].thread, NULL);
        }
    }
    return reader_thread_free(t);
}

bool reader_thread_begin(struct reader_thread *t) {
    bool room = t->downloads < t->downloads_max;
    t->downloads += room;
    return room;
}

void reader_thread_end(struct reader_thread *t) {
    CHECK(t->downloads > 0);
    t->downloads--;
}

uint32_t reader_thread_downloads(const struct reader_thread *t) {
    return t->downloads;
}

/* Pieces of one file come from the thread that has it open; whatever else from the one with the
 * least to do. */
static struct reader *choose(struct reader_thread *t, const struct read_request *q) {
    uint32_t hash = q->epoch, best = 0;
    if (read_is_file(q->type)) {
        for (const char *p = q->recording; *p; p++) {
            hash = hash * 31 + (uint8_t)*p;
        }
        for (const char *p = q->track; *p; p++) {
            hash = hash * 31 + (uint8_t)*p;
        }
        return &t->readers[hash % t->n];
    }
    for (uint32_t i = 1; i < t->n; i++) {
        best = t->readers[i].under_way < t->readers[best].under_way ? i : best;
    }
    return &t->readers[best];
}

bool reader_thread_post(struct reader_thread *t, const struct read_request *q) {
    struct reader *r = choose(t, q);
    if (!read_is_file(q->type) && t->others == OTHERS) {
        mem_free(q->failing);
        return false;
    }
    t->others += !read_is_file(q->type);
    r->under_way++;
    CHECK(mailbox_push(r->requests, q)); /* who may post has a place in each */
    mailbox_notify(r->requests);
    return true;
}

void reader_thread_listen(struct reader_thread *t) {
    for (uint32_t i = 0; i < t->n; i++) {
        mailbox_ack(t->readers[i].replies);
    }
}

bool reader_thread_reply(struct reader_thread *t, struct read_reply *ret) {
    for (uint32_t i = 0; i < t->n; i++) {
        if (mailbox_pop(t->readers[i].replies, ret)) {
            t->readers[i].under_way--;
            t->others -= !read_is_file(ret->type_asked);
            return true;
        }
    }
    return false;
}

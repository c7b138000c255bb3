#include "recorder/journal/journal.h"

#include "base/alloc.h"

#define CHAIN_CONTEXT "oriel-journal/1"

struct journal {
    const struct object_access *access;
    struct id recording;
    struct journal_head head;
    struct buffer pending;
    struct buffer stored; /* lines of the last object */
};

struct journal_head journal_begin(const struct id *recording) {
    struct journal_head h = {0};
    sha256_of(bytes_of(CHAIN_CONTEXT, sizeof(CHAIN_CONTEXT) - 1), bytes_of(recording->b, ID_LEN),
              h.hash);
    return h;
}

struct journal *journal_new(const struct object_access *access, const struct id *recording,
                            const struct journal_head *at) {
    struct journal *j = mem_zalloc(1, sizeof(*j));
    if (j) {
        j->access = access;
        j->recording = *recording;
        j->head = at ? *at : journal_begin(recording);
    }
    return j;
}

struct journal *journal_free(struct journal *j) {
    if (j) {
        buffer_free(&j->pending);
        buffer_free(&j->stored);
        mem_free(j);
    }
    return NULL;
}

static size_t room_for(const struct entry *e) {
    bool needed = entry_is_needed((enum entry_type)e->type);
    return needed ? JOURNAL_PENDING_MAX : JOURNAL_PENDING_MAX - JOURNAL_RESERVED;
}

enum err journal_append(struct journal *j, const struct entry *e) {
    size_t before = j->pending.n;
    if (before > room_for(e)) {
        return ERR_FULL;
    }
    enum err error = entry_encode(e, &j->head, &j->pending);
    if (error != OK) {
        return error;
    }
    struct bytes line = bytes_of(j->pending.p + before, j->pending.n - before);
    uint8_t hash[SHA256_LEN];
    sha256_of(line, bytes_of(NULL, 0), hash);
    buffer_put(&j->pending, "\n", 1);
    if (j->pending.bad) {
        buffer_cut(&j->pending, before);
        return ERR_NOMEM;
    }
    memcpy(j->head.hash, hash, sizeof(hash));
    j->head.entries++;
    return OK;
}

/* The object is there although its put failed (the answer was lost, say): when it holds the
 * beginning of what is pending, those lines are stored. */
static enum err accept_existing(struct journal *j, const struct object_id *o,
                                struct object_info *ret) {
    struct object_plain there;
    enum err e = object_get(j->access, o, &there);
    if (e != OK) {
        return e == ERR_AUTH ? ERR_EXISTS : e;
    }
    bool ours = there.n && there.n <= j->pending.n && memcmp(there.p, j->pending.p, there.n) == 0;
    if (ours) {
        buffer_cut(&j->stored, 0);
        buffer_put(&j->stored, there.p, there.n);
        j->pending.n -= there.n;
        memmove(j->pending.p, j->pending.p + there.n, j->pending.n + 1);
        *ret = there.info;
    }
    mem_free(there.p);
    return ours ? OK : ERR_EXISTS;
}

enum err journal_flush(struct journal *j, struct object_info *ret) {
    struct object_info info = {0};
    enum err e = OK;
    if (j->pending.n) {
        struct object_id o = {
            .type = OBJECT_JOURNAL, .recording = j->recording, .number = j->head.objects};
        e = object_put(j->access, &o, bytes_of(j->pending.p, j->pending.n), &info);
        if (e == OK) {
            struct buffer lines = j->pending;
            buffer_cut(&j->stored, 0);
            j->pending = j->stored;
            j->stored = lines;
        } else if (e == ERR_EXISTS) {
            e = accept_existing(j, &o, &info);
        }
        j->head.objects += e == OK;
    }
    if (e == OK && ret) {
        *ret = info;
    }
    return e;
}

struct bytes journal_stored(const struct journal *j) {
    return bytes_of(j->stored.p, j->stored.n);
}

size_t journal_pending(const struct journal *j) {
    return j->pending.n;
}

struct journal_head journal_head(const struct journal *j) {
    return j->head;
}

enum err journal_replay(struct bytes lines, struct journal_head *head,
                        enum err (*each)(void *ctx, const struct entry *e), void *ctx) {
    while (lines.n) {
        const uint8_t *end = memchr(lines.p, '\n', lines.n);
        struct entry entry;
        struct entry_link link;
        if (!end) {
            return ERR_FORMAT;
        }
        struct bytes line = bytes_of(lines.p, (size_t)(end - lines.p));
        enum err e = entry_decode(line, &entry, &link);
        if (e != OK) {
            return e;
        }
        if (link.seq != head->entries || memcmp(link.prev, head->hash, SHA256_LEN) != 0) {
            return ERR_AUTH;
        }
        sha256_of(line, bytes_of(NULL, 0), head->hash);
        entry.seq = head->entries;
        head->entries++;
        e = each ? each(ctx, &entry) : OK;
        if (e != OK) {
            return e;
        }
        lines = bytes_of(end + 1, lines.n - line.n - 1);
    }
    return OK;
}

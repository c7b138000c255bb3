#include "base/record_log.h"

#include "base/check.h"
#include "base/map.h"

#define MAGIC UINT64_C(0x646573646c65696b) /* what the first bytes of a log are */
#define NUMBER_BITS 48
#define GONE 1u

struct head {
    uint64_t magic;
    uint32_t log_version, version;
    uint64_t time, turn;
    uint64_t sum; /* of what is before it */
    uint64_t zero[2];
    shared_word word; /* [bytes] of the log that are there, and a proof; 0: nothing is */
};
_Static_assert(sizeof(struct head) == RECORD_LOG_HEAD, "documented");

struct record_head {
    uint32_t n; /* [bytes] */
    uint16_t kind, flags;
    uint64_t key, sub;
    uint64_t sum; /* of what is before it, and of the bytes */
};
_Static_assert(sizeof(struct record_head) == RECORD_HEAD, "documented");

/* A word that was not written by us, zero above all, must not pass for an end. */
static uint64_t word_of(uint64_t end) {
    uint64_t proof = (end + 1) * UINT64_C(0x9e3779b97f4a7c15) >> NUMBER_BITS;
    return proof << NUMBER_BITS | end;
}

static uint64_t head_sum(const struct head *h) {
    return hash_bytes(h, offsetof(struct head, sum), 0);
}

static uint64_t record_sum(const struct record_head *h, const uint8_t *p) {
    return hash_bytes(p, h->n, hash_bytes(h, offsetof(struct record_head, sum), 0));
}

static size_t filled_up(size_t n) {
    return (n + 7) & ~(size_t)7;
}

size_t record_size(size_t n) {
    return RECORD_HEAD + filled_up(n);
}

/* ---- writing ---- */

static shared_word *word_in(const struct record_log *l) {
    return &((struct head *)(void *)l->p)->word;
}

void record_log_begin(struct record_log *l, const struct record_log_of *of, void *p, size_t n) {
    CHECK(n >= RECORD_LOG_HEAD && (uintptr_t)p % 8 == 0);
    struct head h = {.magic = MAGIC,
                     .log_version = RECORD_LOG_VERSION,
                     .version = of->version,
                     .time = of->time,
                     .turn = of->turn};
    h.sum = head_sum(&h);
    *l = (struct record_log){.p = p, .n = n, .end = RECORD_LOG_HEAD, .open = RECORD_LOG_HEAD};
    record_log_spoil(l);
    memcpy(p, &h, offsetof(struct head, word));
}

void record_log_put(struct record_log *l, const struct log_record *r) {
    size_t n = r->gone ? 0 : r->bytes.n;
    struct record_head h = {.n = (uint32_t)n,
                            .kind = r->kind,
                            .flags = r->gone ? GONE : 0,
                            .key = r->key,
                            .sub = r->sub};
    if (l->full || n > RECORD_MAX || record_size(n) > l->n - l->open) {
        l->full = true;
        return;
    }
    h.sum = record_sum(&h, r->bytes.p);
    uint8_t *at = l->p + l->open;
    memcpy(at, &h, sizeof(h));
    if (n > 0) {
        memcpy(at + RECORD_HEAD, r->bytes.p, n);
        memset(at + RECORD_HEAD + n, 0, filled_up(n) - n);
    }
    l->open += record_size(n);
}

enum err record_log_commit(struct record_log *l) {
    if (l->full) {
        l->open = l->end;
        l->full = false;
        return ERR_FULL;
    }
    if (l->open != l->end) {
        l->end = l->open;
        atomic_store_explicit(word_in(l), word_of(l->end), memory_order_release);
    }
    return OK;
}

void record_log_spoil(struct record_log *l) {
    atomic_store_explicit(word_in(l), 0, memory_order_release);
}

/* ---- reading ---- */

/* The bytes may lie anywhere, and end anywhere. */
static bool take(struct record_reader *r, struct record_head *h, const uint8_t **p) {
    size_t left = r->all.n - r->at;
    if (left < RECORD_HEAD) {
        return false;
    }
    memcpy(h, r->all.p + r->at, sizeof(*h));
    if (h->n > RECORD_MAX || record_size(h->n) > left) {
        return false;
    }
    *p = r->all.p + r->at + RECORD_HEAD;
    r->at += record_size(h->n);
    return true;
}

static bool is_whole(struct record_reader *r) {
    struct record_head h;
    const uint8_t *p;
    while (r->at < r->all.n) {
        if (!take(r, &h, &p) || h.sum != record_sum(&h, p) || h.flags > GONE ||
            (h.flags && h.n > 0)) {
            return false;
        }
    }
    r->at = 0;
    return true;
}

enum err record_log_read(struct bytes log, struct record_reader *ret) {
    struct head h;
    uint64_t word;
    if (log.n < sizeof(h)) {
        return ERR_UNKNOWN;
    }
    memcpy(&h, log.p, offsetof(struct head, word));
    memcpy(&word, log.p + offsetof(struct head, word), sizeof(word));
    if (word == 0) {
        return ERR_UNKNOWN;
    }
    uint64_t end = word & ((UINT64_C(1) << NUMBER_BITS) - 1);
    if (h.magic != MAGIC || h.sum != head_sum(&h)) {
        return ERR_FORMAT;
    }
    if (h.log_version != RECORD_LOG_VERSION) {
        return ERR_UNSUPPORTED;
    }
    if (word != word_of(end) || end < sizeof(h) || end > log.n) {
        return ERR_FORMAT;
    }
    struct record_reader r = {.of = {.version = h.version, .time = h.time, .turn = h.turn},
                              .all = bytes_of(log.p + sizeof(h), end - sizeof(h))};
    if (!is_whole(&r)) {
        return ERR_FORMAT;
    }
    *ret = r;
    return OK;
}

bool record_log_next(struct record_reader *r, struct log_record *ret) {
    struct record_head h;
    const uint8_t *p;
    if (r->at >= r->all.n) {
        return false;
    }
    CHECK(take(r, &h, &p)); /* record_log_read has looked */
    *ret = (struct log_record){.kind = h.kind,
                               .gone = h.flags == GONE,
                               .key = h.key,
                               .sub = h.sub,
                               .bytes = bytes_of(p, h.n)};
    return true;
}

#include "media/recv/nack.h"

#include <string.h>

void recv_nack_init(struct recv_nack *k, bool agreed) {
    memset(k, 0, sizeof(*k));
    k->unasked = !agreed;
    k->deadline = US_NEVER;
}

void recv_nack_resume(struct recv_nack *k, uint64_t high) {
    k->any = true;
    k->high = high;
}

/* a - b for low halves of times and sequence numbers; everything listed lies within 2^31. */
static int32_t diff32(uint32_t a, uint32_t b) {
    return (int32_t)(a - b);
}

/* All before `end`. The deadline is now, because whoever polls also asks what was lost. */
static void give_up_all(struct recv_nack *k, us_t now, uint64_t end) {
    k->n = 0;
    k->lost = end - 1;
    k->deadline = now;
}

/* True when it does not fit. */
static bool add_gap(struct recv_nack *k, us_t now, uint64_t first, uint64_t end) {
    if (end - first > (uint64_t)(NACK_MAX - k->n)) {
        give_up_all(k, now, end);
        return true;
    }
    for (uint64_t seq = first; seq < end; seq++) {
        k->items[k->n++] = (struct nack_item){
            .seq = (uint32_t)seq,
            .found = (uint32_t)now,
            .next = (uint32_t)(now + NACK_REORDER_US),
        };
    }
    k->deadline = us_min(k->deadline, now + NACK_REORDER_US);
    return false;
}

/* Enough newer packets end the patience with those not asked for yet, which are the last ones of
 * the list: older ones have been asked for already, unless polls are late. */
static void end_patience(struct recv_nack *k, us_t now) {
    for (unsigned i = k->n; i-- > 0 && k->items[i].tries == 0;) {
        struct nack_item *it = &k->items[i];
        if (diff32((uint32_t)k->high, it->seq) >= NACK_REORDER) {
            if (diff32(it->next, (uint32_t)now) > 0) {
                it->next = (uint32_t)now;
            }
            k->deadline = us_min(k->deadline, now);
        }
    }
}

/* The place of the first item that is not before seq. */
static unsigned place_of(const struct recv_nack *k, uint32_t seq) {
    unsigned lo = 0, hi = k->n;
    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        if (diff32(k->items[mid].seq, seq) < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

static void remove_item(struct recv_nack *k, uint32_t seq) {
    unsigned at = place_of(k, seq);
    if (at == k->n || k->items[at].seq != seq) {
        return;
    }
    k->deaf = k->items[at].tries > 0 ? 0 : k->deaf;
    k->n--;
    memmove(k->items + at, k->items + at + 1, (k->n - at) * sizeof(k->items[0]));
    if (k->n == 0 && !k->lost) {
        k->deadline = US_NEVER;
    }
}

bool recv_nack_packet(struct recv_nack *k, us_t now, uint64_t seq) {
    if (!k->any) {
        k->any = true;
        k->high = seq;
        return false;
    }
    if (seq <= k->high) {
        if (k->n > 0) {
            remove_item(k, (uint32_t)seq);
        }
        return false;
    }
    bool gave_up = seq > k->high + 1 && add_gap(k, now, k->high + 1, seq);
    k->high = seq;
    if (k->n > 0) {
        end_patience(k, now);
    }
    return gave_up;
}

unsigned recv_nack_run_before(const struct recv_nack *k, uint64_t seq, unsigned max) {
    unsigned at = place_of(k, (uint32_t)seq), n = 0;
    while (n < max && at > n && k->items[at - 1 - n].seq == (uint32_t)seq - 1 - n) {
        n++;
    }
    return n;
}

us_t recv_nack_deadline(const struct recv_nack *k) {
    return k->deadline;
}

/* How often it is asked. A sender that promises to answer and never does (some have the lines of a
 * template in their offer) is asked once, in case it has learnt to: its pictures are repaired by
 * key frames, and nobody waits a second for what does not come. */
static unsigned tries(const struct recv_nack *k) {
    return k->unasked ? 0 : k->deaf == NACK_DEAF ? 1 : NACK_TRIES;
}

static bool worn_out(const struct recv_nack *k, const struct nack_item *it, us_t now) {
    return diff32((uint32_t)now, it->found) >= NACK_AGE ||
           (it->tries >= tries(k) && diff32((uint32_t)now, it->next) >= 0);
}

/* All that are listed are at or before `high`. */
static void note_lost(struct recv_nack *k, const struct nack_item *it) {
    uint64_t seq = k->high - (uint32_t)diff32((uint32_t)k->high, it->seq);
    k->lost = seq > k->lost ? seq : k->lost;
    k->deaf += it->tries > 0 && k->deaf < NACK_DEAF;
}

/* Drop what has been asked for often or long enough. */
static void expire(struct recv_nack *k, us_t now) {
    unsigned kept = 0;
    for (unsigned i = 0; i < k->n; i++) {
        if (worn_out(k, &k->items[i], now)) {
            note_lost(k, &k->items[i]);
        } else {
            k->items[kept++] = k->items[i];
        }
    }
    k->n = (uint16_t)kept;
}

static void set_deadline(struct recv_nack *k, us_t now) {
    k->deadline = US_NEVER;
    for (unsigned i = 0; i < k->n; i++) {
        const struct nack_item *it = &k->items[i];
        us_t ask = now + diff32(it->next, (uint32_t)now);
        us_t old = now + diff32(it->found, (uint32_t)now) + NACK_AGE;
        k->deadline = us_min(k->deadline, us_min(ask, old));
    }
}

unsigned recv_nack_poll(struct recv_nack *k, us_t now, us_t rtt, uint16_t *out, unsigned cap) {
    if (now < k->deadline) {
        return 0;
    }
    expire(k, now);
    us_t pause = us_max(rtt > 0 ? rtt : NACK_RTT_UNKNOWN, NACK_INTERVAL_MIN);
    unsigned n = 0;
    for (unsigned i = 0; i < k->n && n < cap; i++) {
        struct nack_item *it = &k->items[i];
        if (diff32((uint32_t)now, it->next) >= 0) {
            out[n++] = (uint16_t)it->seq;
            it->tries++;
            it->next = (uint32_t)(now + us_min(pause, NACK_AGE));
        }
    }
    k->asked += n;
    set_deadline(k, now);
    return n;
}

uint64_t recv_nack_take_lost(struct recv_nack *k) {
    uint64_t lost = k->lost;
    k->lost = 0;
    return lost;
}

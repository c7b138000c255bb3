#include "media/bwe/probe.h"

#include <string.h>

#define SMALL 250 /* [bytes] packets that only fill up the number need not be large */

void probe_begin(struct probe *p, us_t now, uint64_t rate, us_t span) {
    uint64_t bytes = rate * (uint64_t)span / 8 / US_PER_S;
    p->id = p->id == UINT8_MAX ? 1 : (uint8_t)(p->id + 1);
    p->sending = true;
    p->open = true;
    p->rate = rate;
    p->wanted = bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
    p->begun = now;
    p->tried = now - PROBE_STEP;
    memset(&p->sent, 0, sizeof(p->sent));
    memset(&p->got, 0, sizeof(p->got));
}

uint8_t probe_sent(struct probe *p, us_t now, uint16_t size) {
    if (p->sent.packets++ == 0) {
        p->sent.first = now;
        p->sent.first_size = size;
    }
    p->sent.last = now;
    p->sent.last_size = size;
    p->sent.bytes += size;
    p->sending = p->sent.bytes < p->wanted || p->sent.packets < PROBE_PACKETS;
    return p->id;
}

void probe_arrived(struct probe *p, uint8_t id, us_t at, uint16_t size) {
    if (!p->open || id != p->id) {
        return;
    }
    if (p->got.packets++ == 0) {
        p->got.first = at;
        p->got.first_size = size;
        p->got.last = at;
        p->got.last_size = size;
    }
    if (at < p->got.first) {
        p->got.first = at;
        p->got.first_size = size;
    }
    if (at >= p->got.last) {
        p->got.last = at;
        p->got.last_size = size;
    }
    p->got.bytes += size;
}

/* [bytes] in all; the number of packets that makes it an answer may need more than was wanted. */
static uint32_t total(const struct probe *p) {
    if (p->sent.bytes < p->wanted) {
        return p->wanted;
    }
    return p->sent.bytes + (PROBE_PACKETS - p->sent.packets) * SMALL;
}

uint32_t probe_due(const struct probe *p, us_t now) {
    us_t since = us_min(now - p->begun, PROBE_SENDING);
    if (!p->sending || since < 0) {
        return 0;
    }
    /* What is to be sent in the step that begins now belongs to it. */
    uint64_t due = p->rate * (uint64_t)(since + PROBE_STEP) / 8 / US_PER_S;
    uint32_t all = total(p);
    due = due < all ? due : all;
    return due > p->sent.bytes ? (uint32_t)(due - p->sent.bytes) : 0;
}

void probe_tick(struct probe *p, us_t now) {
    p->tried = now;
    if (now - p->begun > PROBE_SENDING) {
        p->sending = false;
    }
}

us_t probe_next(const struct probe *p) {
    if (!p->sending) {
        return US_NEVER;
    }
    us_t at = p->begun + (us_t)((uint64_t)p->sent.bytes * 8 * US_PER_S / (p->rate ? p->rate : 1));
    return us_max(at, p->tried + PROBE_STEP);
}

/* [bit/s]; 0: no time passed. */
static double rate_of(uint32_t bytes, us_t span) {
    return span > 0 ? (double)bytes * 8 * US_PER_S / (double)span : 0;
}

static uint64_t evaluate(const struct probe *p) {
    /* From first to last: the last one's sending, and the first one's arrival, took place outside.
     */
    double sent = rate_of(p->sent.bytes - p->sent.last_size, p->sent.last - p->sent.first);
    double got = rate_of(p->got.bytes - p->got.first_size, p->got.last - p->got.first);
    if (sent == 0 || got == 0 || got / sent > PROBE_RATIO_MAX) {
        return 0;
    }
    if (got < PROBE_SATURATED * sent) {
        return (uint64_t)(PROBE_UTILIZATION * got);
    }
    return (uint64_t)(got < sent ? got : sent);
}

bool probe_answer(struct probe *p, us_t now, uint64_t *ret) {
    if (!p->open) {
        return false;
    }
    bool whole = !p->sending && p->got.packets >= PROBE_RECEIVED * p->sent.packets &&
                 p->got.bytes >= PROBE_RECEIVED * p->sent.bytes;
    if (!whole && now - p->begun < PROBE_ANSWER) {
        return false;
    }
    *ret = whole ? evaluate(p) : 0;
    p->open = false;
    p->sending = false;
    return true;
}

void probe_stop(struct probe *p, us_t next) {
    p->open = false;
    p->sending = false;
    p->next = next;
}

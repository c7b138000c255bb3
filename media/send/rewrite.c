#include "media/send/rewrite.h"

#include "base/check.h"
#include "base/seq.h"
#include "media/recv/ticks.h"

#include <string.h>

#define TS_STEP_MAX (1 << 30) /* a longer step would look like one backwards (RFC 1982) */
#define TS_APART 2            /* [s] a source's clock this far from ours is not the one it was */

/* Begin an epoch: source packet seq takes index r->next; nothing before it is known. */
static void anchor(struct rewrite *r, uint64_t seq) {
    r->first = r->next;
    r->delta = r->next - seq;
    r->in_floor = seq;
    r->in_sent = seq - 1;
    r->skipped = 0;
    r->n_runs = 0;
}

void rewrite_init(struct rewrite *r, uint16_t seq, uint32_t ts) {
    memset(r, 0, sizeof(*r));
    r->next = seq & REWRITE_SEQ_START_MAX;
    r->last_ts = ts;
    anchor(r, 0);
}

/* The last timestamp and the time since. */
static uint32_t ts_by_clock(const struct rewrite *r, us_t now, uint32_t rate) {
    if (r->last_at == 0) {
        return r->last_ts;
    }
    int64_t passed = ticks_of_us(now - r->last_at, rate);
    passed = passed > TS_STEP_MAX ? TS_STEP_MAX : passed;
    return r->last_ts + (passed < 1 ? 1 : (uint32_t)passed);
}

void rewrite_switch(struct rewrite *r, us_t now, uint32_t rate, const struct rewrite_in *in) {
    uint32_t ts = ts_by_clock(r, now, rate);
    if (in->source == r->former) {
        uint32_t same = in->ts + r->ts_offset;
        int64_t apart = ts32_diff(same, ts), most = (int64_t)TS_APART * rate;
        if (ts32_newer(same, r->last_ts) && apart <= most && -apart <= most) {
            ts = same;
        }
    }
    r->former = 0;
    r->source = in->source;
    r->ts_offset = ts - in->ts;
    r->squeezed = false;
    anchor(r, in->seq);
}

void rewrite_squeeze(struct rewrite *r, uint32_t first, uint32_t last) {
    uint32_t length = last - first;
    if (length > REWRITE_SQUEEZE_MAX) {
        return; /* it is no picture that goes on */
    }
    r->squeezed = true;
    r->live = false;
    r->squeezed_to = last;
    r->squeezed_end = r->next;
    r->ts_offset -= length - length / REWRITE_SQUEEZE;
    r->squeezed_offset = r->ts_offset;
}

/* Where the first live packet belongs, so many ticks after what was kept: where the clock is, but
 * behind the room for what got lost between the two and may be repaired yet. */
static uint32_t live_at(const struct rewrite *r, us_t now, uint32_t after, uint64_t index) {
    uint32_t at = ts_by_clock(r, now, REWRITE_SQUEEZE_CLOCK), room = after / REWRITE_SQUEEZE;
    uint32_t least =
        r->squeezed_to + r->squeezed_offset + (room < REWRITE_AHEAD ? room : REWRITE_AHEAD);
    return index > r->squeezed_end && ts32_newer(least, at) ? least : at;
}

/* A packet with this timestamp is to be sent, with this index. */
static void follow_kept(struct rewrite *r, us_t now, uint32_t ts, uint64_t index) {
    int32_t after = ts32_diff(ts, r->squeezed_to);
    if (!r->squeezed) {
        return;
    }
    if (after <= 0) {
        r->squeezed_end = index + 1 > r->squeezed_end ? index + 1 : r->squeezed_end;
        return;
    }
    if (!r->live) {
        uint32_t by_clock = live_at(r, now, (uint32_t)after, index);
        r->live = true;
        r->live_from = ts;
        if (ts32_diff(ts + r->ts_offset, by_clock) > REWRITE_AHEAD) {
            r->ts_offset = by_clock - ts;
        }
    }
    if (after > REWRITE_SQUEEZE_MAX) { /* timestamps come round again */
        r->squeezed = false;
        /* What was squeezed has no timestamp any more: it is not sent again. */
        r->first = r->squeezed_end > r->first ? r->squeezed_end : r->first;
    }
}

uint32_t rewrite_late(const struct rewrite *r, uint32_t ts) {
    uint32_t before = r->squeezed_to + r->squeezed_offset, after = r->live_from + r->ts_offset;
    uint64_t part = ts - r->squeezed_to, whole = r->live_from - r->squeezed_to;
    return before + (uint32_t)(part * (after - before) / whole);
}

void rewrite_unbind(struct rewrite *r) {
    r->source = 0;
}

/* A run's first sequence number in full; runs lie within REWRITE_REACH of in_floor. */
static uint64_t run_at(const struct rewrite *r, const struct rewrite_run *run) {
    return r->in_floor + (uint16_t)(run->at - (uint16_t)r->in_floor);
}

/* How many packets before seq were not forwarded; *ret_in_run tells that seq itself was not. */
static uint64_t skipped_before(const struct rewrite *r, uint64_t seq, bool *ret_in_run) {
    uint64_t skipped = r->skipped;
    *ret_in_run = false;
    for (uint32_t i = r->n_runs; i-- > 0;) {
        uint64_t at = run_at(r, &r->runs[i]);
        if (seq >= at + r->runs[i].n) {
            break;
        }
        *ret_in_run |= seq >= at;
        skipped -= r->runs[i].n;
    }
    return skipped;
}

static uint64_t index_of(const struct rewrite *r, uint64_t seq, bool *ret_in_run) {
    return seq + r->delta - skipped_before(r, seq, ret_in_run);
}

static void note_time(struct rewrite *r, us_t now, uint32_t ts) {
    if (r->last_at == 0 || ts32_newer(ts, r->last_ts)) {
        r->last_ts = ts;
        r->last_at = now > 0 ? now : 1;
    }
}

enum rewrite_verdict rewrite_map(struct rewrite *r, us_t now, const struct rewrite_in *in,
                                 struct rewrite_out *ret) {
    if (in->source == 0 || in->source != r->source) {
        return REWRITE_OTHER;
    }
    if (in->seq < r->in_floor) {
        return REWRITE_OLD;
    }
    bool in_run;
    uint64_t index = index_of(r, in->seq, &in_run);
    if (in_run) {
        return REWRITE_REPEAT;
    }
    if (index > r->next + REWRITE_GAP_MAX || (in->after_gap && index > r->next)) {
        anchor(r, in->seq);
        index = r->next;
    }
    enum seq_verdict v = seq_window_add(&r->sent, index);
    if (v != SEQ_NEW) {
        return v == SEQ_OLD ? REWRITE_OLD : REWRITE_REPEAT;
    }
    r->given++;
    if (in->seq > r->in_sent) {
        r->in_sent = in->seq;
    }
    if (index >= r->next) {
        r->next = index + 1;
    }
    follow_kept(r, now, in->ts, index);
    ret->index = index;
    ret->ts = rewrite_ts(r, in->ts);
    note_time(r, now, ret->ts);
    return REWRITE_OK;
}

/* Forget the oldest run: what came before it can no longer be mapped. */
static void fold_oldest(struct rewrite *r) {
    uint64_t end = run_at(r, &r->runs[0]) + r->runs[0].n;
    r->delta -= r->runs[0].n;
    r->skipped -= r->runs[0].n;
    r->in_floor = end;
    r->n_runs--;
    memmove(r->runs, r->runs + 1, r->n_runs * sizeof(r->runs[0]));
}

/* Insert seq, which is in no run, as run number i. */
static void insert_run(struct rewrite *r, uint32_t i, uint64_t seq) {
    memmove(r->runs + i + 1, r->runs + i, (r->n_runs - i) * sizeof(r->runs[0]));
    r->runs[i] = (struct rewrite_run){.at = (uint16_t)seq, .n = 1};
    r->n_runs++;
}

/* Put seq into the ascending list of runs, joining neighbours. */
static void add_skipped(struct rewrite *r, uint64_t seq) {
    uint32_t i = r->n_runs;
    while (i > 0 && run_at(r, &r->runs[i - 1]) > seq) {
        i--;
    }
    bool joins_before = i > 0 && run_at(r, &r->runs[i - 1]) + r->runs[i - 1].n == seq;
    bool joins_after = i < r->n_runs && run_at(r, &r->runs[i]) == seq + 1;
    r->skipped++;
    if (joins_before) {
        r->runs[i - 1].n += (uint16_t)(1 + (joins_after ? r->runs[i].n : 0));
        if (joins_after) {
            r->n_runs--;
            memmove(r->runs + i, r->runs + i + 1, (r->n_runs - i) * sizeof(r->runs[0]));
        }
    } else if (joins_after) {
        r->runs[i].at--;
        r->runs[i].n++;
    } else {
        insert_run(r, i, seq);
    }
}

/* For seq in one more run, which is within reach of all others. */
static void make_room(struct rewrite *r, uint64_t seq) {
    while (r->n_runs == REWRITE_RUNS || (r->n_runs > 0 && seq >= r->in_floor + REWRITE_REACH)) {
        fold_oldest(r);
    }
    if (seq >= r->in_floor + REWRITE_REACH) {
        r->in_floor = seq - REWRITE_REACH / 2;
    }
}

bool rewrite_skip(struct rewrite *r, uint32_t source, uint64_t seq) {
    if (source == 0 || source != r->source || seq < r->in_floor) {
        return true; /* not of this stream, so there is no gap either */
    }
    bool in_run;
    uint64_t index = index_of(r, seq, &in_run);
    if (in_run) {
        return true;
    }
    if (index > r->next + REWRITE_GAP_MAX) {
        anchor(r, seq + 1);
        return true;
    }
    if (seq <= r->in_sent) {
        return false;
    }
    make_room(r, seq);
    if (seq >= r->in_floor) {
        add_skipped(r, seq);
    }
    return true;
}

/* The source packet that has or would have this index of the present epoch. */
static uint64_t source_of(const struct rewrite *r, uint64_t index) {
    uint64_t seq = index - r->delta;
    for (uint32_t i = 0; i < r->n_runs && seq >= run_at(r, &r->runs[i]); i++) {
        seq += r->runs[i].n;
    }
    return seq;
}

enum rewrite_verdict rewrite_reverse(const struct rewrite *r, uint16_t seq, uint64_t *ret_seq,
                                     uint64_t *ret_index) {
    uint64_t high = r->next - 1;
    int16_t ahead = seq16_diff(seq, (uint16_t)high);
    if (r->last_at == 0 || r->next == 0 || ahead > 0 || (uint64_t)-ahead > high) {
        return REWRITE_UNKNOWN;
    }
    uint64_t index = high - (uint64_t)-ahead;
    if (index < r->first || r->source == 0) {
        return REWRITE_SWITCHED;
    }
    uint64_t from = source_of(r, index);
    if (from < r->in_floor) {
        return REWRITE_UNKNOWN;
    }
    *ret_seq = from;
    *ret_index = index;
    return REWRITE_OK;
}

uint64_t rewrite_given_up_to(const struct rewrite *r, uint32_t highest) {
    int16_t after = seq16_diff((uint16_t)(r->next - 1), (uint16_t)highest);
    return after > 0 ? r->given - seq_window_count(&r->sent, (uint64_t)after) : r->given;
}

/* [ms] rounded up, so that what goes on by it is never early. */
static uint32_t idle(const struct rewrite *r, us_t now) {
    int64_t ms = (now - r->last_at + US_PER_MS - 1) / US_PER_MS;
    if (r->last_at == 0) {
        return REWRITE_NEVER;
    }
    return ms < 0 ? 0 : ms >= REWRITE_NEVER ? REWRITE_NEVER - 1 : (uint32_t)ms;
}

void rewrite_export(const struct rewrite *r, us_t now, struct rewrite_state *ret) {
    ret->index = r->next;
    uint64_t seq = source_of(r, r->next);
    ret->source_seq = seq < r->in_floor ? r->in_floor : seq;
    ret->source = r->source;
    ret->last_ts = r->last_ts;
    ret->ts_offset = r->ts_offset;
    ret->idle = idle(r, now);
}

void rewrite_import(struct rewrite *r, us_t at, const struct rewrite_state *s) {
    us_t last_at = at - (us_t)s->idle * US_PER_MS;
    memset(r, 0, sizeof(*r));
    r->next = s->index;
    r->source = s->source;
    r->last_ts = s->last_ts;
    r->last_at = s->idle == REWRITE_NEVER ? 0 : last_at != 0 ? last_at : 1;
    r->ts_offset = s->ts_offset;
    anchor(r, s->source_seq);
    if (r->next > 0) {
        seq_window_fill(&r->sent, r->next - 1);
    }
}

void rewrite_rejoin(struct rewrite *r, us_t at, const struct rewrite_state *s) {
    rewrite_import(r, at, s);
    r->source = 0;
    r->former = s->source;
    if (r->last_at == 0) { /* its first packets may have been sent since */
        r->last_at = at != 0 ? at : 1;
    }
}

void rewrite_known_as(struct rewrite *r, uint32_t source) {
    r->source = r->source ? source : 0;
    r->former = r->former ? source : 0;
}

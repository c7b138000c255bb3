#include "tests/sim/sim_invariants.h"

#include "base/check.h"
#include "media/wire/rtp.h"
#include "tests/sim/sim_world.h"

#define RTCP_EVERY (550 * US_PER_MS) /* design: at least every 500 ms, and a timer's slack */

static struct sealed *sealed_of(struct browser *b, uint32_t ssrc) {
    for (unsigned i = 0; i < b->n_sealed; i++) {
        if (b->sealed[i].ssrc == ssrc) {
            return &b->sealed[i];
        }
    }
    CHECK(b->n_sealed < SEALED_STREAMS);
    struct sealed *s = &b->sealed[b->n_sealed++];
    s->ssrc = ssrc;
    return s;
}

/* The limit was in the slot before the index was used. A peer that leaves has no slot any more. */
static void index_is_leased(struct world *w, const struct browser *b, unsigned which,
                            uint64_t index) {
    uint64_t limit = 0;
    if (b->silent) {
        return;
    }
    if (lease_read(&world_slot(w, b->number)->limits[which], &limit) != OK || index >= limit) {
        world_fail(w, "browser %u: index %llx of lease %u, whose limit is %llx", b->number,
                   (unsigned long long)index, which, (unsigned long long)limit);
    }
}

static void srtp_index_is_leased(struct world *w, const struct browser *b, uint32_t ssrc,
                                 uint64_t index) {
    for (unsigned i = 0; i < b->n_plays; i++) {
        const struct session_line *l = b->plays[i]->line;
        if (l->fec_ssrc && ssrc == l->fec_ssrc) {
            index_is_leased(w, b, SESSION_LIMIT_FEC, index);
            return;
        }
        if (ssrc == l->ssrc || (l->rtx_ssrc && ssrc == l->rtx_ssrc)) {
            unsigned which = ssrc == l->ssrc ? SESSION_LIMIT_RTP(i) : SESSION_LIMIT_RTX(i);
            index_is_leased(w, b, which, index);
            return;
        }
    }
    world_fail(w, "browser %u: ssrc %08x is no slot's", b->number, ssrc);
}

/* The rollover counter is not on the wire; it follows from the sequence numbers, which the engine
 * hands out in order but for repairs (RFC 3711 section 3.3.1). */
static void srtp_index_is_new(struct world *w, struct browser *b, const struct datagram *d) {
    struct sealed *s = sealed_of(b, be32(d->data + 8));
    uint64_t before = s->ext.high;
    uint64_t index = seq16_extend(&s->ext, be16(d->data + 2));
    if (!s->any) {
        s->any = true;
        before = index - 1;
        if ((index & 0x8000) != 0) { /* RFC 3711 section 3.3.1 */
            world_fail(w, "browser %u: a stream starts at %u", b->number, be16(d->data + 2));
        }
    }
    for (uint64_t i = before + 1; i <= index && i <= before + SEALED_WINDOW; i++) {
        s->seen[i % SEALED_WINDOW / 64] &= ~(1ULL << (i % 64));
    }
    uint64_t *word = &s->seen[index % SEALED_WINDOW / 64], bit = 1ULL << (index % 64);
    if (index + SEALED_WINDOW <= s->ext.high) {
        world_fail(w, "browser %u: index far behind for ssrc %08x", b->number, s->ssrc);
    } else if (*word & bit) {
        world_fail(w, "browser %u: index %llx of ssrc %08x sealed twice", b->number,
                   (unsigned long long)(index - 0x10000), s->ssrc);
    }
    *word |= bit;
    srtp_index_is_leased(w, b, s->ssrc, index - 0x10000);
}

static void srtcp_index_is_new(struct world *w, struct browser *b, const struct datagram *d) {
    uint32_t word = be32(d->data + d->len - 4); /* AES-GCM: the E flag and index are last */
    int64_t index = word & 0x7fffffff;
    if (!(word & 0x80000000U) || index <= b->sealed_srtcp) {
        world_fail(w, "browser %u: SRTCP index %lld after %lld", b->number, (long long)index,
                   (long long)b->sealed_srtcp);
    }
    index_is_leased(w, b, SESSION_LIMIT_SRTCP, (uint64_t)index);
    b->sealed_srtcp = index;
    b->rtcp_out = w->now;
}

void invariant_outbound(struct world *w, struct browser *b, const struct datagram *d) {
    if (b->removed) {
        world_fail(w, "the engine sends to browser %u, which is gone", b->number);
        return;
    }
    switch (wire_classify(bytes_of(d->data, d->len))) {
    case WIRE_RTP:
        srtp_index_is_new(w, b, d);
        break;
    case WIRE_RTCP:
        srtcp_index_is_new(w, b, d);
        break;
    default:
        break;
    }
}

static bool is_over(const struct world *w, uint64_t from) {
    return from > 0 && w->delivered >= from - 1;
}

void invariant_content(struct world *w, const struct browser *b, const struct content *c) {
    const struct browser *from = world_participant(w, c->participant);
    if (w->on_content) {
        w->on_content(w, b, c);
    }
    if (is_over(w, b->barred[c->kind])) {
        world_fail(w, "browser %u is sent a %s of %u, which it may not receive", b->number,
                   source_kind_name((enum source_kind)c->kind), c->participant);
    }
    /* What another worker keeps it sends until it has heard of the mute. */
    bool unheard = from && from->o.far != b->o.far && w->relay.lost > 0;
    if (from && !unheard && is_over(w, from->muted_from[c->kind])) {
        world_fail(w, "browser %u is sent a %s of %u, who is muted", b->number,
                   source_kind_name((enum source_kind)c->kind), c->participant);
    }
}

/* While a peer is heard without a break, it hears from us. */
static void rtcp_is_frequent(struct world *w, struct browser *b) {
    struct peer_stats s;
    if (b->removed || engine_peer_stats(world_engine(w, b), b->params.peer, &s) != OK ||
        !s.connected) {
        return;
    }
    if (s.last_authentic - b->heard > RTCP_EVERY || b->rtcp_out == 0) {
        b->steady_since = us_max(b->steady_since, s.last_authentic);
    }
    b->heard = s.last_authentic;
    us_t since = us_max(us_max(b->rtcp_out, b->steady_since), w->rebuilt_at);
    if (w->now - b->heard < RTCP_EVERY && w->now - since > RTCP_EVERY) {
        world_fail(w, "browser %u has had no RTCP for %lld us", b->number,
                   (long long)(w->now - since));
    }
}

void invariants_always(struct world *w) {
    if (!w->engine) {
        return;
    }
    for (unsigned i = 0; i < w->n_browsers && w->n_browsers <= SIM_BROWSERS; i++) {
        rtcp_is_frequent(w, w->browsers[i]);
    }
    if (w->n_browsers > SIM_BROWSERS) { /* one after another */
        rtcp_is_frequent(w, w->browsers[w->n_events % w->n_browsers]);
    }
    us_t due = engine_deadline(w->engine);
    due = w->far ? us_min(due, engine_deadline(w->far)) : due;
    w->due_since = due < w->now ? us_min(w->due_since, w->now) : US_NEVER;
    if (due < w->now - US_PER_S && w->due_since < w->now) { /* 0 is: at once */
        world_fail(w, "deadline %lld us in the past", (long long)(w->now - due));
    }
}

void invariants_final(struct world *w) {
    size_t idle = packet_pool_idle(w->pool);
    if (idle != SIM_POOL) {
        world_fail(w, "%zu packets never came home", SIM_POOL - idle);
    }
}

struct tap_source *tap_source_of(struct world *w, uint16_t participant, enum source_kind kind) {
    struct tap_source *found = NULL;
    for (unsigned i = 0; i < w->tap.n; i++) {
        struct tap_source *s = &w->tap.sources[i];
        if (s->participant == participant && s->kind == kind) {
            found = s;
        }
    }
    return found;
}

uint64_t tap_missing(const struct tap_source *s) {
    return s->any ? s->high - s->first + 1 - s->count : 0;
}

static struct tap_source *by_id(struct tap_watch *t, uint32_t id) {
    for (unsigned i = 0; i < t->n; i++) {
        if (t->sources[i].id == id) {
            return &t->sources[i];
        }
    }
    return NULL;
}

static void tap_on(struct world *w, const struct tap *t) {
    struct tap_source *s = by_id(&w->tap, t->source);
    /* After a pause a source goes on with its id. So does an adopted one, of which the new engine
     * says once more that it is on. */
    bool rebuilt = s && w->rebuilds > s->rebuilds;
    if (s && s->on && !rebuilt) {
        world_fail(w, "tap source %u begins twice", t->source);
    }
    if (!s) {
        CHECK(w->tap.n < TAP_SOURCES);
        s = &w->tap.sources[w->tap.n++];
    }
    if (!s->on) {
        *s = (struct tap_source){
            .id = t->source, .participant = (uint16_t)t->participant, .kind = t->kind};
    }
    s->rebuilds = w->rebuilds;
    s->on = true;
}

static void tap_seq(struct world *w, struct tap_source *s, const struct tap *t) {
    if (!s->any) {
        s->any = true;
        s->first = s->high = t->seq;
    }
    /* A repair may be older than the first packet tapped. */
    s->first = t->seq < s->first ? t->seq : s->first;
    s->high = t->seq > s->high ? t->seq : s->high;
    uint8_t *byte = &s->seen[t->seq / 8 % sizeof(s->seen)], bit = (uint8_t)(1 << t->seq % 8);
    if (*byte & bit) {
        world_fail(w, "tap of source %u: packet %llu twice", s->id, (unsigned long long)t->seq);
    }
    *byte |= bit;
    s->count++;
}

static void tap_rtp(struct world *w, struct tap_source *s, const struct tap *t) {
    struct content c;
    struct bytes payload = bytes_of(t->packet->data + t->payload_at, t->payload_len);
    w->tap.packets++;
    if (!content_read(payload, (enum codec)t->codec, &c) || c.participant != s->participant ||
        c.kind != s->kind) {
        world_fail(w, "tap of source %u: not its payload", s->id);
        return;
    }
    tap_seq(w, s, t);
}

void invariant_tap(struct world *w, const struct tap *t) {
    struct tap_source *s = by_id(&w->tap, t->source);
    if (t->type == TAP_STAGE || t->type == TAP_VOICE) {
        *(t->type == TAP_STAGE ? &w->tap.stage : &w->tap.voice) = t->source;
        return;
    }
    const struct browser *b = world_participant(w, (uint16_t)t->participant);
    /* Whose consent is taken back on another worker is tapped until the home has heard of it. */
    bool unheard = b && b->o.far && w->relay.lost > 0;
    if (!b || (!b->params.record_consent && t->type != TAP_SOURCE_OFF && !unheard)) {
        world_fail(w, "tap of participant %llu without consent",
                   (unsigned long long)t->participant);
        return;
    }
    if (t->type == TAP_SOURCE_ON) {
        tap_on(w, t);
        return;
    }
    if (!s || !s->on) {
        world_fail(w, "tap message %u of source %u, which is not on", t->type, t->source);
        return;
    }
    if (t->type == TAP_SOURCE_OFF) {
        s->on = false;
        s->rebuilds = w->rebuilds;
    } else if (t->type == TAP_RTP) {
        tap_rtp(w, s, t);
    } else if (t->type == TAP_SKIP) {
        tap_seq(w, s, t);
    } else {
        w->tap.reports++;
    }
}

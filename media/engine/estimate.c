#include "media/engine/estimate.h"

#include "base/alloc.h"
#include "media/engine/allot.h"
#include "media/engine/pace.h"
#include "media/engine/picture.h"

/* A report that says more than that skips numbers of another life of the stream. */
#define REPORTED_MAX (1u << 16)

/* What repairs a slot, where that was agreed. */
static enum err protect_begin(const struct session *s, struct slot *slot) {
    const struct session_line *l = &slot->line;
    if (l->fec_pt == 0) {
        return OK;
    }
    uint16_t next = rng_u32(&s->engine->c.rng) & REWRITE_SEQ_START_MAX;
    slot->stream.protect = protect_new(l->fec_pt, l->fec_ssrc, next);
    return slot->stream.protect ? OK : ERR_NOMEM;
}

enum err estimate_begin(struct session *s) {
    if (s->n_slots == 0) {
        return OK;
    }
    s->bwe = mem_zalloc(1, sizeof(*s->bwe));
    if (!s->bwe) {
        return ERR_NOMEM;
    }
    bwe_init(s->bwe, &s->engine->c.bwe);
    s->queue.bwe = s->bwe;
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < s->n_slots; i++) {
        s->slots[i].stream.bwe = s->bwe;
        s->slots[i].stream.queue = &s->queue;
        err = protect_begin(s, &s->slots[i]);
    }
    return err;
}

void estimate_end(struct session *s) {
    s->queue.bwe = NULL;
    for (unsigned i = 0; i < s->n_slots; i++) {
        s->slots[i].stream.bwe = NULL;
        s->slots[i].stream.protect = mem_free(s->slots[i].stream.protect);
    }
    s->bwe = mem_free(s->bwe);
}

/* What was learnt of one way into the network is not true of another. */
static void notice_path(struct session *s) {
    const struct transport *t = &s->transport;
    if (t->selected < 0 || addr_eq(&s->bwe_for, &t->paths[t->selected].addr)) {
        return;
    }
    if (s->bwe_for.port != 0) {
        bwe_moved(s->bwe);
        for (unsigned i = 0; i < s->n_slots; i++) {
            s->slots[i].upgrade = (struct upgrade){0};
        }
    }
    s->bwe_for = t->paths[t->selected].addr;
}

void estimate_feedback(struct session *s, us_t now, const struct rtcp_packet *r) {
    struct rtcp_twcc_reader reader;
    struct rtcp_twcc_arrival a;
    if (!s->bwe) {
        return;
    }
    if (!pace_numbered(s) || rtcp_twcc_begin(r, bwe_near(s->bwe), &reader) != OK) {
        s->engine->n.drop_rtcp++;
        return;
    }
    s->engine->n.twcc_in++;
    notice_path(s);
    bwe_rtt(s->bwe, s->rtt);
    bwe_feedback_begin(s->bwe, now);
    rtcp_twcc_keep(&reader, SENT_PACKETS); /* nothing is known of those before */
    while (rtcp_twcc_next(&reader, &a)) {
        bwe_feedback_arrival(s->bwe, now, &(struct bwe_arrival){a.seq, a.received, a.at_us});
    }
    bwe_feedback_end(s->bwe, now);
    pace_follow(s, now);
    allot_again(s, now);
}

void estimate_remb(struct session *s, us_t now, const struct rtcp_packet *r) {
    uint64_t rate = 0;
    if (s->bwe && rtcp_remb_parse(r, &rate) == OK) {
        bwe_remb(s->bwe, rate);
        pace_follow(s, now);
        allot_again(s, now);
    }
}

/* Speech needs no round trip where each packet brings those before it once more. */
static void voices_report(struct session *s, us_t now, uint32_t lost, uint32_t expected) {
    uint32_t limit = s->engine->c.redundancy_percent;
    if (!send_redundancy_report(&s->redundancy, limit, lost, expected)) {
        return;
    }
    bool costs = false;
    for (unsigned i = 0; i < s->n_slots; i++) {
        struct stream *out = &s->slots[i].stream;
        out->red.blocks = out->red.pt ? s->redundancy.blocks : 0;
        costs = costs || out->red.pt;
    }
    if (costs) {
        allot_soon(s, now); /* pictures have the less */
    }
}

/* RFC 3550 section 6.4.1: what was lost since the last report is the difference of two. Numbers
 * that never came from the publisher are holes in what is sent, which the viewer counts as lost;
 * its path has not lost them. */
void estimate_report(struct session *s, us_t now, struct slot *slot, const struct rtcp_report *b) {
    uint32_t expected = b->highest_seq - slot->reported.highest_seq;
    int32_t lost = b->cumulative_lost - slot->reported.lost;
    uint64_t given = rewrite_given_up_to(&slot->stream.rewrite, b->highest_seq);
    int64_t sent = (int64_t)(given - slot->reported.given);
    bool first = !slot->reported.any;
    slot->reported.highest_seq = b->highest_seq;
    slot->reported.lost = b->cumulative_lost;
    slot->reported.given = given;
    slot->reported.any = true;
    if (s->bwe && !first && expected > 0 && expected <= REPORTED_MAX && sent > 0) {
        int64_t missing = sent - ((int64_t)expected - lost);
        bwe_rtt(s->bwe, s->rtt);
        uint32_t gone = missing > 0 ? (uint32_t)missing : 0;
        bwe_report(s->bwe, now, gone, (uint32_t)sent);
        voices_report(s, now, gone, (uint32_t)sent);
    }
}

/* The stream whose packets make a probe: video that flows and can be sent again beside itself; one
 * that is paused can at least carry padding. */
static struct stream *padder(struct session *s) {
    struct stream *any = NULL;
    for (unsigned i = 0; i < s->n_slots; i++) {
        struct stream *out = &s->slots[i].stream;
        struct feed *f = stream_shown(out);
        if (out->rtx.pt == 0 || out->header.twcc == 0) {
            continue;
        }
        if (f && f->live && feed_is_video(f)) {
            return out;
        }
        any = any ? any : out;
    }
    return any;
}

us_t estimate_deadline(const struct session *s) {
    if (!s->bwe || !s->transport.sendable) {
        return US_NEVER;
    }
    us_t at = us_min(allot_deadline(s), queue_deadline(&s->queue));
    return us_min(at, bwe_deadline(s->bwe));
}

void estimate_on_timer(struct session *s, us_t now) {
    if (estimate_deadline(s) > now) {
        return;
    }
    notice_path(s);
    if (bwe_deadline(s->bwe) <= now) {
        bwe_timeout(s->bwe, now);
        s->queue.pads = padder(s);
    }
    pace_follow(s, now);
    picture_give_up(s, now);
    fanout_queue(&s->engine->fanout, now, &s->queue);
    if (allot_deadline(s) <= now) {
        allot_again(s, now);
    }
}

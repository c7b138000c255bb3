#include "media/slot.h"

#include "base/check.h"
#include "media/peer.h"
#include "media/tour.h"

void slot_init(struct slot *s, struct peer *p, const struct session_line *line) {
    const struct rng *rng = &p->engine->c.rng;
    s->peer = p;
    s->s = *line;
    for (unsigned i = 0; i < 2; i++) {
        s->subs[i].slot = s;
        list_init(&s->subs[i].link);
    }
    rewrite_init(&s->rewrite, (uint16_t)(rng_u32(rng) & REWRITE_SEQ_START_MAX), rng_u32(rng));
    s->rtx = (struct send_rtx){
        .next = rng_u32(rng) & REWRITE_SEQ_START_MAX, .ssrc = line->rtx_ssrc, .pt = line->rtx_pt};
}

uint32_t slot_rate(const struct slot *s) {
    return codec_clock(s->s.codec);
}

static struct sub *awaited(struct slot *s) {
    return &s->subs[!s->shown];
}

struct source *slot_intent(const struct slot *s) {
    const struct sub *next = &s->subs[!s->shown];
    return next->source ? next->source : s->subs[s->shown].source;
}

struct sub *slot_sub(struct slot *s, const struct source *source) {
    for (unsigned i = 0; i < 2; i++) {
        if (s->subs[i].source == source) {
            return &s->subs[i];
        }
    }
    return NULL;
}

static void sub_clear(struct sub *sub) {
    list_remove(&sub->link);
    sub->source = NULL;
}

static void sub_set(struct sub *sub, struct source *source) {
    sub->source = source;
    list_push(&source->subs, &sub->link);
}

static void slot_dirty(struct slot *s) {
    struct peer *p = s->peer;
    if (list_empty(&p->dirty) && p->state == PEER_CONNECTED) {
        list_push(&p->engine->dirty, &p->dirty);
    }
}

void slot_show(struct slot *s, us_t now, struct source *source) {
    if (source && source->line->s.codec != s->s.codec) {
        source = NULL;
    }
    if (source == slot_intent(s)) {
        return;
    }
    slot_dirty(s);
    sub_clear(awaited(s));
    struct sub *shown = &s->subs[s->shown];
    if (!source) {
        sub_clear(shown);
        rewrite_unbind(&s->rewrite);
    } else if (s->s.slot == SLOT_AUDIO) {
        sub_clear(shown);
        sub_set(shown, source);
        s->fresh = true;
    } else if (source != shown->source) {
        sub_set(awaited(s), source);
        s->hold_until = now + SLOT_HOLD;
        bool picture = shown->source && shown->source->live;
        if (picture || !forward_replay(s->peer->engine, s, source, now)) {
            source_need_keyframe(source, now);
        }
    }
}

void slot_resume(struct slot *s, struct source *source) {
    CHECK(!slot_intent(s));
    sub_set(&s->subs[s->shown], source);
    s->fresh = false;
    s->resume = 0;
    s->told = source->peer->participant;
    s->told_kind = source->line->s.source;
}

void slot_forget(struct slot *s, struct source *source) {
    for (unsigned i = 0; i < 2; i++) {
        if (s->subs[i].source == source) {
            sub_clear(&s->subs[i]);
            slot_dirty(s);
        }
    }
    if (!slot_shown(s)) {
        rewrite_unbind(&s->rewrite);
    }
}

bool slot_take_change(struct slot *s, struct media_event *ret) {
    const struct source *source = slot_intent(s);
    const struct peer *p = s->peer;
    uint64_t who = source ? source->peer->participant : 0;
    uint8_t kind = source ? source->line->s.source : SOURCE_NONE;
    if (who == s->told && kind == s->told_kind) {
        return false;
    }
    s->told = who;
    s->told_kind = kind;
    *ret = (struct media_event){.type = MEDIA_SLOT_CHANGED,
                                .source_kind = kind,
                                .tour = p->tour->handle,
                                .peer = p->handle,
                                .participant = who};
    memcpy(ret->mid, s->s.mid, sizeof(ret->mid));
    return true;
}

void slot_need_keyframe(struct slot *s, us_t now) {
    struct source *source = slot_intent(s);
    if (source) {
        source_need_keyframe(source, now);
    }
}

static void begin(struct slot *s, us_t now, const struct fanout *f) {
    rewrite_switch(
        &s->rewrite, now, slot_rate(s),
        &(struct rewrite_in){.source = f->source->line->ssrc, .ts = f->rtp.ts, .seq = f->seq});
    if (f->has_vp8) {
        rewrite_vp8_switch(&s->vp8, &f->vp8);
    }
}

bool slot_map(struct sub *sub, us_t now, const struct fanout *f, struct rewrite_out *ret) {
    struct slot *s = sub->slot;
    struct sub *shown = &s->subs[s->shown];
    if (sub != shown) {
        if (!f->keyframe) {
            return false;
        }
        sub_clear(shown);
        s->shown = !s->shown;
        begin(s, now, f);
    } else if (s->fresh) {
        begin(s, now, f);
    } else if (awaited(s)->source && now >= s->hold_until) {
        sub_clear(shown);
        rewrite_unbind(&s->rewrite);
        return false;
    }
    s->fresh = false;
    return rewrite_map(&s->rewrite, now,
                       &(struct rewrite_in){
                           .source = f->source->line->ssrc, .ts = f->rtp.ts, .seq = f->seq},
                       ret) == REWRITE_OK;
}

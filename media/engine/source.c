#include "media/engine/source.h"

#include "base/alloc.h"
#include "media/engine/event.h"
#include "media/engine/relay_out.h"

#include <string.h>

#define LEVEL_GAP (15 * US_PER_MS) /* [us] between two packets decoded for their level */

static enum err make_twcc(struct session *s, const struct inbound *in) {
    if (!in->s.twcc || s->twcc) {
        return OK;
    }
    s->twcc = mem_zalloc(1, sizeof(*s->twcc));
    if (!s->twcc) {
        return ERR_NOMEM;
    }
    recv_twcc_init(s->twcc);
    return OK;
}

enum err source_make(struct session *s, unsigned i) {
    struct inbound *in = &s->in[i];
    if (s->sources[i]) {
        return OK;
    }
    struct source *x = mem_zalloc(1, sizeof(*x));
    if (!x) {
        return ERR_NOMEM;
    }
    x->flow.place = (struct room_source){
        .participant = s->participant, .kind = in->s.source, .codec = in->s.codec, .host = s->host};
    x->flow.origin = (uint16_t)s->engine->c.worker;
    x->flow.id = ++s->engine->next_flow;
    x->flow.consent = s->record_consent;
    enum err err = inbound_start(in);
    if (err == OK) {
        err = make_twcc(s, in);
    }
    if (err == OK) {
        err = flow_init(&x->flow, s->tour, &in->s);
    }
    if (err != OK) {
        inbound_stop(in);
        mem_free(x);
        return err;
    }
    x->session = s;
    x->in = in;
    x->flow.feed.offset = &s->offset;
    s->sources[i] = x;
    return OK;
}

void source_free(struct source *x, us_t now) {
    if (!x) {
        return;
    }
    source_off(x, now);
    relay_flow(&x->flow, RELAY_GONE);
    flow_free(&x->flow, now);
    opus_level_free(x->level);
    inbound_stop(x->in);
    x->session->sources[x->in - x->session->in] = NULL;
    mem_free(x);
}

void source_restart(struct source *x, us_t now) {
    source_off(x, now);
    relay_flow(&x->flow, RELAY_GONE);
    x->flow.id = ++x->session->engine->next_flow;
    flow_restart(&x->flow, now);
    inbound_restart(x->in);
}

void source_enter(struct source *x, us_t now) {
    x->in->heard = now;
    flow_on(&x->flow, now);
    relay_flow(&x->flow, RELAY_ON);
    transport_changed(&x->session->transport);
}

void source_on(struct source *x, us_t now) {
    if (!x->flow.feed.live) {
        source_enter(x, now);
        event_session(x->session);
    }
}

void source_off(struct source *x, us_t now) {
    if (x->flow.feed.live) {
        relay_flow(&x->flow, RELAY_OFF);
        flow_off(&x->flow, now);
        event_session(x->session);
        transport_changed(&x->session->transport);
    }
}

void source_consent(struct source *x, us_t now, bool consent) {
    x->flow.consent = consent;
    flow_tap_update(&x->flow, now);
    relay_flow(&x->flow, RELAY_CONSENT);
}

void source_bye(struct source *x, us_t now) {
    x->bye_at = now;
}

us_t source_deadline(const struct source *x) {
    if (!x->flow.feed.live) {
        return US_NEVER;
    }
    us_t patience = x->in->s.source == SOURCE_SCREEN ? SOURCE_STILL : SOURCE_SILENT;
    us_t at = x->in->heard + patience;
    return x->bye_at > 0 ? us_min(at, x->bye_at + SOURCE_BYE) : at;
}

void source_on_timer(struct source *x, us_t now) {
    packet_cache_expire(&x->flow.feed.cache, now);
    if (source_deadline(x) <= now) {
        source_off(x, now);
    }
}

void source_level(struct source *x, us_t now, struct media_packet *p) {
    x->sends_levels = x->sends_levels || p->has_level;
    if (x->sends_levels || x->in->s.codec != CODEC_OPUS ||
        (x->level && now - x->level_at < LEVEL_GAP)) {
        return;
    }
    x->level = x->level ? x->level : opus_level_new();
    if (x->level) {
        x->level_at = now;
        p->audio_level = opus_level_of(x->level, media_packet_payload(p));
        p->has_level = true;
    }
}

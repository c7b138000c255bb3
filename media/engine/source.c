#include "media/engine/source.h"

#include "base/alloc.h"
#include "media/engine/event.h"
#include "media/engine/need.h"
#include "media/engine/relay_out.h"
#include "media/engine/remb.h"
#include "media/wire/opus.h"

#include <string.h>

#define LEVEL_GAP (15 * US_PER_MS) /* [us] between two packets decoded for their level */
#define LEVELS_END (1 * US_PER_S)  /* [us] after which who said levels says them no more */
#define LEVEL_SILENCE 127          /* [-dBov] RFC 6464 section 3 */
#define LEVEL_ASSUMED 58 /* [-dBov] a voice (SPEAKER_ACTIVE), and 6 dB below whoever talks */
#define TORN_TOLD (1 * US_PER_S)      /* [us] between two states that tell of nothing else */
#define DECODER_UNUSED (5 * US_PER_S) /* [us] another source may have it */

/* False without memory. */
static bool make_twcc(struct session *s, const struct inbound_line *line) {
    if (!line->s.twcc || s->twcc) {
        return true;
    }
    s->twcc = mem_zalloc(1, sizeof(*s->twcc));
    if (s->twcc) {
        recv_twcc_init(s->twcc);
    }
    return s->twcc;
}

static struct source *make(struct session *s, unsigned i) {
    struct inbound_line *line = &s->lines[i];
    struct source *x = mem_zalloc(1, sizeof(*x));
    if (!x) {
        return NULL;
    }
    x->flow.place = (struct room_source){.participant = s->participant,
                                         .kind = line->s.source,
                                         .codec = line->s.codec,
                                         .host = s->host};
    x->flow.origin = (uint16_t)s->engine->c.worker;
    x->flow.id = ++s->engine->next_flow;
    x->flow.consent = s->record_consent;
    x->session = s;
    x->line = line;
    flow_init(&x->flow, s->tour, &line->s, &s->offset);
    s->sources[i] = x;
    return x;
}

struct layer *source_make(struct session *s, unsigned i, unsigned number) {
    struct inbound *in = &s->lines[i].streams[number];
    struct source *x = s->sources[i];
    if (x && x->flow.layers[number]) {
        return x->flow.layers[number];
    }
    if (inbound_start(in) != OK || !make_twcc(s, in->line) || !remb_begin(s, in->line) ||
        !(x = x ? x : make(s, i))) {
        return NULL; /* what was made stays for the next packet */
    }
    return flow_layer(&x->flow, number);
}

static void free_decoder(struct source *x) {
    if (x->level) {
        x->level = opus_level_free(x->level);
        x->session->engine->n_level_decoders--;
    }
}

void source_free(struct source *x, us_t now) {
    if (!x) {
        return;
    }
    source_stop(x, now);
    relay_gone(&x->flow);
    flow_free(&x->flow, now);
    free_decoder(x);
    x->session->sources[x->line - x->session->lines] = NULL;
    mem_free(x);
}

struct layer *source_by_ssrc(const struct session *s, uint32_t ssrc) {
    EACH_LAYER(l, s) {
        if (inbound_of(l)->ssrc == ssrc) {
            return l;
        }
    }
    return NULL;
}

static void set(struct source *x, unsigned layers, us_t now) {
    if (layers != flow_live(&x->flow)) {
        flow_set(&x->flow, layers, now);
        need_changed(x, now);
        relay_state(&x->flow);
        transport_changed(&x->session->transport);
    }
}

static unsigned bit(const struct layer *l) {
    return 1u << l->number;
}

void source_restart(struct layer *l, us_t now) {
    set(source_of(l->flow), flow_live(l->flow) & ~bit(l), now);
    event_session(source_of(l->flow)->session);
    flow_restart(l, now);
    inbound_restart(inbound_of(l));
}

void source_enter(struct layer *l, us_t now) {
    inbound_heard(inbound_of(l), now);
    set(source_of(l->flow), flow_live(l->flow) | bit(l), now);
}

void source_on(struct layer *l, us_t now) {
    source_enter(l, now);
    event_session(source_of(l->flow)->session);
}

void source_bye(struct layer *l, us_t now) {
    inbound_of(l)->bye_at = now;
}

/* Other workers are told with its next packet. While it is cut there is none, so they are told with
 * its state: at once, but not with each of the gaps of somebody who makes nothing else, for they
 * hear of it each second anyway. */
void source_torn(struct layer *l, us_t now) {
    bool told = l->torn_told > 0 && now - l->torn_told < TORN_TOLD;
    packet_cache_release(&l->feed.cache);
    l->torn = true;
    if (inbound_of(l)->cut && !told) {
        l->torn_told = now;
        relay_state_later(l->flow);
    }
}

void source_stop(struct source *x, us_t now) {
    set(x, 0, now);
    event_session(x->session);
}

void source_host(struct source *x, bool host) {
    flow_host(&x->flow, host);
    relay_state(&x->flow);
}

void source_consent(struct source *x, us_t now, bool consent) {
    x->flow.consent = consent;
    flow_tap_update(&x->flow, now);
    relay_state(&x->flow);
}

/* While others of its line go on. A pause of all says nothing of one of them. */
static us_t missed_since(const struct layer *l) {
    return us_max(inbound_of(l)->heard, inbound_of(l)->line->resumed);
}

/* Its encoder has stopped it. */
static bool is_missing(const struct layer *l) {
    return inbound_of(l)->line->heard - missed_since(l) >= SOURCE_LAYER_SILENT;
}

/* When the layer is taken to be silent. Layers of one picture come together, so they stop
 * together. */
static us_t layer_deadline(const struct layer *l) {
    const struct inbound *in = inbound_of(l);
    const struct inbound_line *line = in->line;
    const struct source *x = source_of(l->flow);
    us_t patience = line->s.source == SOURCE_SCREEN ? SOURCE_STILL : SOURCE_SILENT;
    us_t last = line->heard - in->heard <= INBOUND_TOGETHER ? line->heard : in->heard;
    us_t at = last + patience;
    if (is_missing(l)) {
        at = missed_since(l) + SOURCE_LAYER_SILENT;
    } else if (line->heard == x->cut_heard) {
        at = us_max(at, x->cut_until);
    }
    return in->bye_at > 0 ? us_min(at, in->bye_at + SOURCE_BYE) : at;
}

us_t source_deadline(const struct source *x) {
    us_t at = US_NEVER;
    FLOW_EACH_LAYER(l, &x->flow, flow_live(&x->flow)) {
        at = us_min(at, layer_deadline(l));
    }
    return at;
}

/* A picture that does not come while nothing comes from its peer is not off: a host whose network
 * is gone for a moment keeps the stage, for as long as there is hope (peer_timeout). Once the peer
 * is heard again its picture has a while to come. */
static bool excused(struct source *x, us_t now) {
    const struct inbound_line *line = x->line;
    bool was_cut = x->cut && x->cut_heard == line->heard;
    x->cut = line->s.source != SOURCE_MICROPHONE &&
             x->session->transport.last_authentic - line->heard < SOURCE_CUT;
    if (!x->cut && !was_cut) {
        return false;
    }
    x->cut_heard = line->heard;
    x->cut_until = now + SOURCE_CUT;
    return true;
}

/* Nobody need guess. */
static bool is_over(const struct layer *l, us_t now) {
    us_t bye = inbound_of(l)->bye_at;
    return is_missing(l) || (bye > 0 && now - bye >= SOURCE_BYE);
}

void source_on_timer(struct source *x, us_t now) {
    unsigned layers = flow_live(&x->flow);
    if (x->level && now - x->level_at >= DECODER_UNUSED) {
        free_decoder(x);
    }
    unsigned over = 0, silent = 0;
    FLOW_EACH_LAYER(l, &x->flow, FLOW_ALL) {
        packet_cache_expire(&l->feed.cache, now);
        if (l->feed.live && layer_deadline(l) <= now) {
            *(is_over(l, now) ? &over : &silent) |= bit(l);
        }
    }
    layers &= ~over;
    layers &= silent && !excused(x, now) ? ~silent : FLOW_ALL;
    if (layers != flow_live(&x->flow)) {
        set(x, layers, now);
        event_session(x->session);
    }
}

static bool may_decode(struct source *x) {
    struct engine *e = x->session->engine;
    if (!x->level && e->n_level_decoders < e->c.level_decoders) {
        x->level = opus_level_new();
        e->n_level_decoders += x->level != NULL;
    }
    return x->level;
}

void source_level(struct source *x, us_t now, struct media_packet *p) {
    if (media_packet_says_level(p)) {
        x->level_said = now;
        return;
    }
    if ((x->level_said && now - x->level_said < LEVELS_END) || x->line->s.codec != CODEC_OPUS) {
        return; /* one packet of who says it: it was repaired, or is louder than it says */
    }
    if (p->payload_len <= OPUS_DTX_MAX) {
        p->audio_level = LEVEL_SILENCE;
    } else if (x->level_at && now - x->level_at < LEVEL_GAP) {
        return;
    } else {
        x->level_at = now;
        p->audio_level =
            may_decode(x) ? opus_level_of(x->level, media_packet_payload(p)) : LEVEL_ASSUMED;
        x->session->engine->n.level_assumed += !x->level;
    }
    p->has_level = p->level_found = true;
}

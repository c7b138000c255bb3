#include "signaling/tours/sessions.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/check.h"
#include "signaling/sdp/answer.h"
#include "signaling/tell/effects.h"
#include "signaling/tours/mix.h"
#include "signaling/tours/tours.h"

#include <stdio.h>
#include <string.h>

#define CANDIDATES_MAX 16

static enum sig_code make_plan(const struct sdp *offer, struct offer *o) {
    switch (o->use) {
    case OFFER_WANTS:
        return plan_wants(offer, o->wants, &o->plan, &o->field);
    case OFFER_WHIP:
        plan_whip(offer, &o->plan);
        break;
    case OFFER_WHEP:
        plan_whep(offer, &o->plan);
        break;
    }
    return SIG_OK;
}

enum sig_code session_make(struct sig *s, enum codec video, struct offer *o, struct session **ret) {
    if (map_len(s->peers) >= 2 * (size_t)s->config.max_connections) {
        return SIG_SERVER_FULL;
    }
    o->field = "offer";
    if (o->n > s->config.max_sdp) {
        return SIG_TOO_LARGE;
    }
    enum sig_code code = sdp_parse(o->text, o->n, &o->sdp);
    if (code != SIG_OK) {
        negotiate_explain(&o->sdp, NULL, o->why);
    }
    code = code == SIG_OK ? make_plan(&o->sdp, o) : code;
    if (code != SIG_OK) {
        return code;
    }
    o->field = NULL;
    struct session *x = mem_zalloc(1, sizeof(*x));
    if (!x) {
        return SIG_INTERNAL;
    }
    o->result = (struct negotiation){.offer = &o->sdp,
                                     .plan = &o->plan,
                                     .video = video,
                                     .before = o->before ? &o->before->params : NULL,
                                     .rng = &s->config.rng};
    code = negotiate(&o->result, &x->params);
    if (code != SIG_OK) {
        o->field = "offer";
        negotiate_explain(&o->sdp, &o->result, o->why);
        mem_free(x);
        return code;
    }
    x->params.peer = ++s->next_handle;
    x->params.loudest_audio = o->use == OFFER_WHEP;
    x->described = rng_u64(&s->config.rng) >> 1;
    x->params.obeys_layers = o->use == OFFER_WANTS; /* others have nobody to be told */
    x->version = 1;
    random_hex(s, x->params.cname, 16);
    *ret = x;
    return SIG_OK;
}

/* What says where media goes is made here only, and only of a session that has its worker. */
static struct answer answer_of(const struct sig *s, const struct session *x,
                               struct addr at[CANDIDATES_MAX]) {
    CHECK(map_get(s->peers, x->params.peer) == x);
    return (struct answer){.params = &x->params,
                           .ice = &x->params.ice,
                           .fingerprint = s->config.fingerprint,
                           .candidates = at,
                           .n_candidates =
                               s->config.candidates(s->config.ctx, x->worker, at, CANDIDATES_MAX),
                           .tcp = s->config.ice_tcp,
                           .start_bitrate_kbps = s->config.start_bitrate_kbps,
                           .id = x->described,
                           .version = x->version};
}

void session_answer(struct sig *s, const struct session *x, const struct offer *o,
                    struct buffer *out) {
    struct addr at[CANDIDATES_MAX];
    struct answer a = answer_of(s, x, at);
    a.n = &o->result;
    answer_write(out, &a);
}

void session_fragment(struct sig *s, const struct session *x, const struct ice_credentials *ice,
                      struct buffer *out) {
    struct addr at[CANDIDATES_MAX];
    struct answer a = answer_of(s, x, at);
    a.ice = ice;
    fragment_write(out, &a);
}

static void apply_intent(struct sig *s, const struct seat *seat, const struct session *x) {
    struct sig_effect e = {.worker = x->worker,
                           .tour = seat->tour->id,
                           .participant = seat->id,
                           .peer = x->params.peer};
    for (int k = SOURCE_MICROPHONE; k < SOURCE_KIND_COUNT; k++) {
        if (seat->muted & 1u << k) {
            e.type = EFFECT_MUTE;
            e.kind = (uint8_t)k;
            e.on = true;
            effect(s, e);
        }
    }
    if (seat->pinned && map_get(s->seats, seat->pinned)) {
        effect(s, (struct sig_effect){.type = EFFECT_PIN,
                                      .worker = e.worker,
                                      .peer = e.peer,
                                      .participant = seat->pinned});
    }
}

void session_start(struct sig *s, struct tour *t, struct seat *seat, struct session *x) {
    x->tour = t;
    x->seat = seat;
    x->params.tour = t->id;
    x->params.participant = seat ? seat->id : ++s->next_handle;
    x->params.host = seat && seat->role == ROLE_AGENT;
    x->params.record_consent = seat && seat->consent;
    CHECK(map_put(s->peers, x->params.peer, x) == OK); /* session_make looked for room */
    x->worker = tour_place(s, t);
    s->load[x->worker]++;
    t->n_sessions++;
    if (seat) {
        seat->session = x;
    } else {
        t->n_viewers++;
        list_push(&t->viewers, &x->in_viewers);
    }
    effect(s, (struct sig_effect){.type = EFFECT_PEER_ADD,
                                  .worker = x->worker,
                                  .tour = t->id,
                                  .peer = x->params.peer,
                                  .participant = x->params.participant,
                                  .params = &x->params});
    if (seat) {
        apply_intent(s, seat, x);
    }
    if (x->params.mix) {
        mix_begin(s, x);
    }
}

void session_stop(struct sig *s, struct session *x, bool tell_media) {
    struct tour *t = x->tour;
    map_take(s->peers, x->params.peer);
    if (*x->resource) {
        map_take(s->resources, key_of(s, x->resource));
    }
    s->load[x->worker]--;
    t->n_sessions--;
    if (x->params.mix) {
        mix_end(s, x);
    }
    if (x->seat) {
        x->seat->session = NULL;
    } else {
        t->n_viewers--;
        list_remove(&x->in_viewers);
    }
    if (tell_media) {
        effect(s, (struct sig_effect){.type = EFFECT_PEER_REMOVE,
                                      .worker = x->worker,
                                      .tour = t->id,
                                      .peer = x->params.peer});
    }
    to_trash(s, &x->trash);
}

void session_drop(struct session *x) {
    mem_free(x);
}

void session_restart(struct sig *s, struct session *x, const struct ice_credentials *fresh) {
    x->params.ice = *fresh;
    x->version++;
    effect(s, (struct sig_effect){.type = EFFECT_PEER_RESTART,
                                  .worker = x->worker,
                                  .tour = x->tour->id,
                                  .peer = x->params.peer,
                                  .ice = &x->params.ice});
}

void session_new_etag(struct sig *s, struct session *x) {
    char hex[17];
    random_hex(s, hex, 16);
    (void)snprintf(x->etag, sizeof(x->etag), "\"%s\"", hex);
}

void session_name(struct sig *s, struct session *x, const char *kind, const char *tour) {
    random_hex(s, x->resource, RESOURCE_LEN);
    (void)snprintf(x->location, sizeof(x->location), "/%s/%s/%s", kind, tour, x->resource);
    session_new_etag(s, x);
    CHECK(map_put(s->resources, key_of(s, x->resource), x) == OK);
}

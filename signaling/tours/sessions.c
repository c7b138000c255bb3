#include "signaling/tours/sessions.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/check.h"
#include "signaling/sdp/answer.h"
#include "signaling/state/unkept.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/reception.h"
#include "signaling/tours/mix.h"
#include "signaling/tours/persons.h"
#include "signaling/tours/rights.h"
#include "signaling/tours/sources.h"
#include "signaling/tours/tours.h"

#include <stdio.h>
#include <string.h>

#define CANDIDATES_MAX 16

/* What an observer offers to send is answered like what nobody asked for: its line is refused. */
static enum code plan_given(const struct sdp *offer, struct offer *o) {
    enum code code = plan_wants(offer, o->wants, &o->plan, &o->field);
    for (size_t i = 0; o->observes && i < ARRAY_LEN(o->plan.at); i++) {
        o->plan.at[i].source = SOURCE_NONE;
    }
    return code;
}

static enum code make_plan(const struct sdp *offer, struct offer *o) {
    switch (o->use) {
    case OFFER_WANTS:
        return plan_given(offer, o);
    case OFFER_WHIP:
        plan_whip(offer, &o->plan);
        break;
    case OFFER_WHEP:
        plan_whep(offer, &o->plan);
        break;
    }
    return CODE_OK;
}

enum code session_make(struct signaling *s, enum codec video, struct offer *o,
                       struct session **ret) {
    if (map_len(s->peers) >= 2 * (size_t)s->config.max_connections) {
        return CODE_SERVER_FULL;
    }
    o->field = "offer";
    if (o->n > s->config.max_sdp) {
        return CODE_TOO_LARGE;
    }
    enum code code = sdp_parse(o->text, o->n, &o->sdp);
    if (code != CODE_OK) {
        negotiate_explain(&o->sdp, NULL, o->why);
    }
    code = code == CODE_OK ? make_plan(&o->sdp, o) : code;
    if (code != CODE_OK) {
        return code;
    }
    o->field = NULL;
    struct session *session = mem_zalloc(1, sizeof(*session));
    if (!session) {
        return CODE_INTERNAL;
    }
    o->result = (struct negotiation){.offer = &o->sdp,
                                     .plan = &o->plan,
                                     .video = video,
                                     .before = o->before ? &o->before->params : NULL,
                                     .rng = &s->config.rng};
    code = negotiate(&o->result, &session->params);
    if (code != CODE_OK) {
        o->field = "offer";
        negotiate_explain(&o->sdp, &o->result, o->why);
        mem_free(session);
        return code;
    }
    session->params.peer = ++s->next_handle;
    session->params.loudest_audio = o->use == OFFER_WHEP;
    session->described = rng_u64(&s->config.rng) >> 1;
    session->params.obeys_layers = o->use == OFFER_WANTS; /* others have nobody to be told */
    session->version = 1;
    random_hex(s, session->params.cname, 16);
    *ret = session;
    return CODE_OK;
}

/* What says where media goes is made here only, and only of a session that has its worker. */
static struct answer answer_of(const struct signaling *s, const struct session *session,
                               struct addr at[CANDIDATES_MAX]) {
    CHECK(map_get(s->peers, session->params.peer) == session);
    return (struct answer){
        .params = &session->params,
        .ice = &session->params.ice,
        .fingerprint = s->config.fingerprint,
        .candidates = at,
        .n_candidates = s->config.candidates(s->config.ctx, session->worker, at, CANDIDATES_MAX),
        .tcp = s->config.ice_tcp,
        .start_bitrate_kbps = s->config.start_bitrate_kbps,
        .id = session->described,
        .version = session->version};
}

void session_answer(struct signaling *s, const struct session *session, const struct offer *o,
                    struct buffer *out) {
    struct addr at[CANDIDATES_MAX];
    struct answer a = answer_of(s, session, at);
    a.n = &o->result;
    answer_write(out, &a);
}

void session_fragment(struct signaling *s, const struct session *session,
                      const struct ice_credentials *ice, struct buffer *out) {
    struct addr at[CANDIDATES_MAX];
    struct answer a = answer_of(s, session, at);
    a.ice = ice;
    fragment_write(out, &a);
}

/* A transport knows nothing of what was said before it. */
static void apply_intent(struct signaling *s, const struct seat *seat, struct session *session) {
    rights_tell(s, session);
    if (seat && seat->pinned && map_get(s->seats, seat->pinned)) {
        command_peer(s, session,
                     (struct command){.type = COMMAND_PIN, .participant = seat->pinned});
    }
}

void session_start(struct signaling *s, struct tour *t, struct seat *seat,
                   struct session *session) {
    session->tour = t;
    session->seat = seat;
    session->params.tour = t->id;
    session->params.participant = seat ? seat->id : person_handle(s, t, session->sub);
    session->params.host = seat && seat->host;
    session->params.record_consent = seat && seat->consent;
    /* session_make looked for room. */
    CHECK(map_put(s->peers, session->params.peer, session) == OK);
    session->worker = tour_place(s, t);
    s->load[session->worker]++;
    t->n_sessions++;
    if (seat) {
        seat->session = session;
        unkept_seat(s, seat);
    } else {
        t->n_viewers++;
        list_push(&t->viewers, &session->in_viewers);
    }
    command_peer(s, session,
                 (struct command){.type = COMMAND_PEER_ADD, .params = &session->params});
    apply_intent(s, seat, session);
    if (session->params.mix) {
        mix_begin(s, session);
    }
}

void session_stop(struct signaling *s, struct session *session, bool tell_media) {
    struct tour *t = session->tour;
    map_take(s->peers, session->params.peer);
    if (*session->resource) {
        map_take(s->resources, key_of(s, session->resource));
    }
    s->load[session->worker]--;
    t->n_sessions--;
    sources_end(session);
    if (session->params.mix) {
        mix_end(s, session);
    }
    if (session->seat) {
        unkept_seat(s, session->seat);
        session->seat->session = NULL;
        if (session->reception != RECEPTION_GOOD) {
            reception_again(s, s->clock.now, t);
        }
    } else {
        t->n_viewers--;
        list_remove(&session->in_viewers);
    }
    if (tell_media) {
        command_peer(s, session, (struct command){.type = COMMAND_PEER_REMOVE});
    }
    to_trash(s, &session->trash);
}

void session_drop(struct session *session) {
    mem_free(session);
}

void session_restart(struct signaling *s, struct session *session,
                     const struct ice_credentials *fresh) {
    session->params.ice = *fresh;
    session->version++;
    command_peer(s, session,
                 (struct command){.type = COMMAND_PEER_RESTART, .ice = &session->params.ice});
}

void session_new_etag(struct signaling *s, struct session *session) {
    char hex[17];
    random_hex(s, hex, 16);
    (void)snprintf(session->etag, sizeof(session->etag), "\"%s\"", hex);
}

void session_name(struct signaling *s, struct session *session, const char *kind,
                  const char *tour) {
    random_hex(s, session->resource, RESOURCE_LEN);
    (void)snprintf(session->location, sizeof(session->location), "/%s/%s/%s", kind, tour,
                   session->resource);
    session_new_etag(s, session);
    CHECK(map_put(s->resources, key_of(s, session->resource), session) == OK);
}

/* WHIP (RFC 9725) and WHEP, its playback twin: one request, exactly one EFFECT_HTTP. */
#include "base/problem.h"
#include "signaling/door/rate.h"
#include "signaling/door/token.h"
#include "signaling/sdp/negotiate.h"
#include "signaling/sdp/sdp.h"
#include "signaling/seats/admission.h"
#include "signaling/seats/departures.h"
#include "signaling/seats/seats.h"
#include "signaling/state/state.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/roster.h"
#include "signaling/tell/tick.h"
#include "signaling/tours/mix.h"
#include "signaling/tours/persons.h"
#include "signaling/tours/rights.h"
#include "signaling/tours/sessions.h"
#include "signaling/tours/tours.h"

#include <string.h>
#include <strings.h>

struct exchange {
    struct signaling *s;
    us_t now;
    const struct signaling_http *h;
    struct claims claims;
    char why[REFUSAL_MAX]; /* what is wrong with the offer, or empty */
};

static bool is_type(const char *content_type, const char *want) {
    size_t n = strlen(want);
    return content_type && strncasecmp(content_type, want, n) == 0 &&
           (content_type[n] == '\0' || content_type[n] == ';' || content_type[n] == ' ');
}

/* text's reference is taken over; NULL sends no body. */
static void respond(const struct exchange *exchange, struct signaling_effect e,
                    struct shared_text *text) {
    e.type = EFFECT_HTTP;
    e.req = exchange->h->req;
    e.text = text ? text->p : NULL;
    e.len = text ? text->n : 0;
    e.content_type = text ? e.content_type : NULL;
    effect_text(exchange->s, e, text);
}

static void respond_problem(const struct exchange *exchange, enum code code, int status) {
    struct buffer o = {0};
    count_error(exchange->s, code);
    problem_write(&o, &(struct problem){.status = status,
                                        .code = code_name(code),
                                        .title = code_message(code),
                                        .detail = *exchange->why ? exchange->why : NULL});
    respond(exchange,
            (struct signaling_effect){.status = (uint16_t)status,
                                      .content_type = PROBLEM_TYPE,
                                      .retry_after_s = retry_after_of(exchange->s, code)},
            shared_text_of(&o));
}

static enum code authorise(struct exchange *exchange) {
    const char *token = exchange->h->token;
    enum code code = verify_token(exchange->s, token, token ? strlen(token) : 0, &exchange->claims);
    if (code != CODE_OK) {
        return code;
    }
    if (exchange->claims.role == ROLE_OPS) {
        return CODE_FORBIDDEN;
    }
    return strcmp(exchange->claims.tour, exchange->h->tour) == 0 ? CODE_OK : CODE_TOKEN_TOUR;
}

/* ---- POST ---- */

static enum code created(const struct exchange *exchange, struct session *session,
                         const struct offer *offer) {
    struct buffer o = {0};
    session_answer(exchange->s, session, offer, &o);
    struct shared_text *answer = shared_text_of(&o);
    if (!answer) {
        return CODE_INTERNAL;
    }
    session_name(exchange->s, session, exchange->h->whep ? "whep" : "whip", exchange->h->tour);
    respond(exchange,
            (struct signaling_effect){.status = 201,
                                      .content_type = "application/sdp",
                                      .location = session->location,
                                      .etag = session->etag},
            answer);
    return CODE_OK;
}

/* To the audit log. */
static void tell_take_over(const struct exchange *exchange, const struct seat *seat) {
    effect_text(exchange->s,
                (struct signaling_effect){.type = EFFECT_ACT,
                                          .act = ACT_TAKE_OVER,
                                          .name = signaling_act_word(ACT_TAKE_OVER),
                                          .req = exchange->h->req,
                                          .tour_name = seat->tour->name,
                                          .sub = seat->sub,
                                          .person = seat->name,
                                          .role = role_name(seat->role)},
                NULL);
}

static enum code post_whip(struct exchange *exchange) {
    struct admission e = {
        .claims = &exchange->claims,
        .consent = true, /* docs/protocol.md section 2: posting is the consent */
        .offer = {.use = OFFER_WHIP, .text = exchange->h->body, .n = exchange->h->body_len}};
    enum code code = seat_enter(exchange->s, exchange->now, &e);
    if (code != CODE_OK) {
        memcpy(exchange->why, e.offer.why, sizeof(exchange->why));
        return code;
    }
    code = created(exchange, e.seat->session, &e.offer);
    if (code != CODE_OK) {
        seat_leave(exchange->s, exchange->now, e.seat, "disconnected");
        return code;
    }
    memcpy(e.seat->session->sub, exchange->claims.sub, sizeof(exchange->claims.sub));
    if (e.took_over) {
        tell_take_over(exchange, e.seat);
    } else {
        tell_entered(exchange->s, exchange->now, e.seat);
    }
    return CODE_OK;
}

static uint32_t viewers_of(const struct tour *t, const char *sub) {
    uint32_t n = 0;
    LIST_EACH(l, &t->viewers) {
        n += strcmp(LIST_ENTRY(l, struct session, in_viewers)->sub, sub) == 0;
    }
    return n;
}

static enum code check_viewers(const struct exchange *exchange, const struct tour *t) {
    const struct signaling_config *cfg = &exchange->s->config;
    const char *sub = exchange->claims.sub;
    if (exchange->s->retry_after_s && !person_is_in(t, sub)) {
        exchange->s->stats.overloaded++;
        return CODE_SERVER_OVERLOADED;
    }
    /* As by WebSocket: who waits takes a place, but none from who can let him in. */
    bool guest = exchange->claims.role != ROLE_AGENT;
    uint32_t waiting = guest ? t->n_lobby : 0;
    bool full = (guest && admission_over(t, 1)) || viewers_of(t, sub) >= cfg->max_whep_per_token ||
                t->n_seats + t->n_viewers + waiting >= cfg->max_participants;
    return full ? CODE_TOUR_FULL : CODE_OK;
}

/* What the viewer asks to hear; *ret: the mix. */
static enum code check_audio(const struct exchange *exchange, const struct tour *t, bool *ret) {
    const char *audio = exchange->h->audio;
    *ret = audio && strcmp(audio, "mix") == 0;
    if (audio && !*ret) {
        return CODE_BAD_FIELD;
    }
    return *ret ? mix_check(exchange->s, t, exchange->claims.sub) : CODE_OK;
}

static bool hears(const struct session *session) {
    for (int i = 0; i < session->params.n_lines; i++) {
        if (session->params.lines[i].slot == SLOT_AUDIO) {
            return true;
        }
    }
    return false;
}

/* A session of a viewer that can be started. */
static enum code make_viewer(struct exchange *exchange, struct tour *t, struct offer *offer,
                             struct session **ret) {
    bool mix;
    enum code code = check_viewers(exchange, t);
    code = code == CODE_OK ? check_audio(exchange, t, &mix) : code;
    if (code == CODE_OK &&
        !rate_admit(exchange->s, exchange->now, exchange->claims.tour, exchange->claims.sub)) {
        code = CODE_RATE_LIMITED;
    }
    if (code == CODE_OK && effects_reserve(exchange->s, 1) != OK) {
        code = CODE_INTERNAL;
    }
    code = code == CODE_OK ? session_make(exchange->s, t->codec, offer, ret) : code;
    if (code != CODE_OK) {
        return code;
    }
    if (mix && !hears(*ret)) {
        session_drop(*ret);
        return CODE_SDP_UNSUPPORTED; /* it has no line for what it asks for */
    }
    memcpy((*ret)->sub, exchange->claims.sub, sizeof(exchange->claims.sub));
    if (mix) {
        mix_choose(t, *ret);
    }
    return CODE_OK;
}

static enum code post_whep(struct exchange *exchange) {
    struct tour *t;
    struct session *session;
    struct offer offer = {.use = OFFER_WHEP, .text = exchange->h->body, .n = exchange->h->body_len};
    enum code code = tour_for(exchange->s, exchange->now, &exchange->claims, &t);
    if (code == CODE_OK && !t) {
        code = CODE_TOUR_UNKNOWN; /* a player does not create what it plays */
    }
    code =
        code == CODE_OK ? admission_check(exchange->s, exchange->now, t, &exchange->claims) : code;
    code = code == CODE_OK ? make_viewer(exchange, t, &offer, &session) : code;
    if (code != CODE_OK) {
        memcpy(exchange->why, offer.why, sizeof(exchange->why));
        return code;
    }
    if (!t->id) {
        tour_start(exchange->s, exchange->now, t);
    }
    rights_enter_viewer(t, session, &exchange->claims);
    session_start(exchange->s, t, NULL, session);
    tour_touch(exchange->s, exchange->now, t);
    tell_tour_changed(exchange->s, exchange->now, t);
    code = created(exchange, session, &offer);
    if (code != CODE_OK) {
        session_stop(exchange->s, session, true);
    }
    return code;
}

static enum code post(struct exchange *exchange) {
    if (exchange->h->resource) {
        return CODE_RESOURCE_UNKNOWN;
    }
    if (!is_type(exchange->h->content_type, "application/sdp")) {
        return CODE_CONTENT_TYPE;
    }
    return exchange->h->whep ? post_whep(exchange) : post_whip(exchange);
}

/* ---- PATCH and DELETE ---- */

static struct session *find_resource(const struct exchange *exchange) {
    const char *id = exchange->h->resource;
    struct session *session = id ? map_get(exchange->s->resources, key_of(exchange->s, id)) : NULL;
    bool mine = session && strcmp(session->resource, id) == 0 &&
                strcmp(session->sub, exchange->claims.sub) == 0 &&
                strcmp(session->tour->name, exchange->claims.tour) == 0 &&
                (session->seat == NULL) == exchange->h->whep;
    return mine ? session : NULL;
}

/* RFC 9725 section 4.3.3: a restart names the session by its ETag, or any by "*". */
static enum code patch_restart(struct exchange *exchange, struct session *session,
                               struct span ufrag, struct span pwd) {
    struct ice_credentials fresh = {0};
    struct buffer o = {0};
    memcpy(fresh.remote_ufrag, ufrag.p, ufrag.n);
    memcpy(fresh.remote_pwd, pwd.p, pwd.n);
    negotiate_credentials(&exchange->s->config.rng, &fresh);
    session_fragment(exchange->s, session, &fresh, &o);
    struct shared_text *text = shared_text_of(&o);
    if (!text) {
        return CODE_INTERNAL;
    }
    session_restart(exchange->s, session, &fresh);
    session_new_etag(exchange->s, session);
    respond(exchange,
            (struct signaling_effect){.status = 200,
                                      .content_type = "application/trickle-ice-sdpfrag",
                                      .etag = session->etag},
            text);
    return CODE_OK;
}

static enum code patch(struct exchange *exchange) {
    struct session *session = find_resource(exchange);
    struct span ufrag, pwd;
    const char *match = exchange->h->if_match;
    if (!session) {
        return CODE_RESOURCE_UNKNOWN;
    }
    if (!is_type(exchange->h->content_type, "application/trickle-ice-sdpfrag")) {
        return CODE_CONTENT_TYPE;
    }
    enum code code = sdp_parse_fragment(exchange->h->body, exchange->h->body_len, &ufrag, &pwd);
    if (code != CODE_OK) {
        return code;
    }
    if (match && strcmp(match, "*") != 0 && strcmp(match, session->etag) != 0) {
        return CODE_ETAG_MISMATCH;
    }
    if (ufrag.n == 0 || span_is(ufrag, session->params.ice.remote_ufrag)) {
        respond(exchange, (struct signaling_effect){.status = 204}, NULL);
        return CODE_OK;
    }
    if (!match) {
        respond_problem(exchange, CODE_ETAG_MISMATCH, 428); /* RFC 6585 section 3 */
        return CODE_OK;
    }
    if (!rate_admit(exchange->s, exchange->now, exchange->claims.tour, exchange->claims.sub)) {
        return CODE_RATE_LIMITED;
    }
    return patch_restart(exchange, session, ufrag, pwd);
}

static enum code delete_session(struct exchange *exchange) {
    struct session *session = find_resource(exchange);
    if (!session) {
        return CODE_RESOURCE_UNKNOWN;
    }
    if (session->seat) {
        seat_leave(exchange->s, exchange->now, session->seat, "left");
    } else {
        struct tour *t = session->tour;
        session_stop(exchange->s, session, true);
        tour_touch(exchange->s, exchange->now, t);
        tell_tour_changed(exchange->s, exchange->now, t);
    }
    respond(exchange, (struct signaling_effect){.status = 200}, NULL);
    return CODE_OK;
}

void signaling_http(struct signaling *s, us_t now, const struct signaling_http *h) {
    OWNER_CHECK(&s->owner);
    static enum code (*const methods[])(struct exchange *) = {
        [SIGNALING_POST] = post, [SIGNALING_PATCH] = patch, [SIGNALING_DELETE] = delete_session};
    struct exchange exchange = {.s = s, .now = now, .h = h};
    enum code code = authorise(&exchange);
    code = code == CODE_OK ? methods[h->method](&exchange) : code;
    if (code != CODE_OK) {
        respond_problem(&exchange, code, code_status(code));
    }
}

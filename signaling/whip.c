/* WHIP (RFC 9725) and WHEP, its playback twin: one request, exactly one EFFECT_HTTP. */
#include "base/problem.h"
#include "signaling/door/rate.h"
#include "signaling/door/token.h"
#include "signaling/sdp/negotiate.h"
#include "signaling/sdp/sdp.h"
#include "signaling/seats/departures.h"
#include "signaling/seats/seats.h"
#include "signaling/state/state.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/tick.h"
#include "signaling/tours/mix.h"
#include "signaling/tours/sessions.h"
#include "signaling/tours/tours.h"

#include <string.h>
#include <strings.h>

struct exchange {
    struct sig *s;
    us_t now;
    const struct sig_http *h;
    struct claims claims;
    char why[REFUSAL_MAX]; /* what is wrong with the offer, or empty */
};

static bool is_type(const char *content_type, const char *want) {
    size_t n = strlen(want);
    return content_type && strncasecmp(content_type, want, n) == 0 &&
           (content_type[n] == '\0' || content_type[n] == ';' || content_type[n] == ' ');
}

/* text's reference is taken over; NULL sends no body. */
static void respond(const struct exchange *exchange, struct sig_effect e,
                    struct shared_text *text) {
    e.type = EFFECT_HTTP;
    e.req = exchange->h->req;
    e.text = text ? text->p : NULL;
    e.len = text ? text->n : 0;
    e.content_type = text ? e.content_type : NULL;
    effect_text(exchange->s, e, text);
}

static void respond_problem(const struct exchange *exchange, enum sig_code code, int status) {
    struct buffer o = {0};
    exchange->s->stats.errors++;
    problem_write(&o, &(struct problem){.status = status,
                                        .code = sig_code_name(code),
                                        .title = sig_code_message(code),
                                        .detail = *exchange->why ? exchange->why : NULL});
    respond(exchange, (struct sig_effect){.status = (uint16_t)status, .content_type = PROBLEM_TYPE},
            shared_text_of(&o));
}

static enum sig_code authorise(struct exchange *exchange) {
    const char *token = exchange->h->token;
    enum sig_code code =
        verify_token(exchange->s, token, token ? strlen(token) : 0, &exchange->claims);
    if (code != SIG_OK) {
        return code;
    }
    if (exchange->claims.role == ROLE_OPS) {
        return SIG_FORBIDDEN;
    }
    return strcmp(exchange->claims.tour, exchange->h->tour) == 0 ? SIG_OK : SIG_TOKEN_TOUR;
}

/* ---- POST ---- */

static enum sig_code created(const struct exchange *exchange, struct session *session,
                             const struct offer *offer) {
    struct buffer o = {0};
    session_answer(exchange->s, session, offer, &o);
    struct shared_text *answer = shared_text_of(&o);
    if (!answer) {
        return SIG_INTERNAL;
    }
    session_name(exchange->s, session, exchange->h->whep ? "whep" : "whip", exchange->h->tour);
    respond(exchange,
            (struct sig_effect){.status = 201,
                                .content_type = "application/sdp",
                                .location = session->location,
                                .etag = session->etag},
            answer);
    return SIG_OK;
}

static enum sig_code post_whip(struct exchange *exchange) {
    struct admission e = {
        .claims = &exchange->claims,
        .consent = true, /* docs/protocol.md section 2: posting is the consent */
        .offer = {.use = OFFER_WHIP, .text = exchange->h->body, .n = exchange->h->body_len}};
    enum sig_code code = seat_enter(exchange->s, exchange->now, &e);
    if (code != SIG_OK) {
        memcpy(exchange->why, e.offer.why, sizeof(exchange->why));
        return code;
    }
    code = created(exchange, e.seat->session, &e.offer);
    if (code != SIG_OK) {
        seat_leave(exchange->s, exchange->now, e.seat, "disconnected");
        return code;
    }
    memcpy(e.seat->session->sub, exchange->claims.sub, sizeof(exchange->claims.sub));
    tell_entered(exchange->s, exchange->now, e.seat, e.took_over);
    return SIG_OK;
}

static enum sig_code check_viewers(const struct exchange *exchange, const struct tour *t) {
    uint32_t mine = 0;
    LIST_EACH(l, &t->viewers) {
        const struct session *v = LIST_ENTRY(l, struct session, in_viewers);
        mine += strcmp(v->sub, exchange->claims.sub) == 0;
    }
    bool full = mine >= exchange->s->config.max_whep_per_token ||
                t->n_seats + t->n_viewers >= exchange->s->config.max_participants;
    return full ? SIG_TOUR_FULL : SIG_OK;
}

/* What the viewer asks to hear; *ret: the mix. */
static enum sig_code check_audio(const struct exchange *exchange, const struct tour *t, bool *ret) {
    const char *audio = exchange->h->audio;
    *ret = audio && strcmp(audio, "mix") == 0;
    if (audio && !*ret) {
        return SIG_BAD_FIELD;
    }
    return *ret ? mix_check(exchange->s, t, exchange->claims.sub) : SIG_OK;
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
static enum sig_code make_viewer(struct exchange *exchange, struct tour *t, struct offer *offer,
                                 struct session **ret) {
    bool mix;
    enum sig_code code = check_viewers(exchange, t);
    code = code == SIG_OK ? check_audio(exchange, t, &mix) : code;
    if (code == SIG_OK &&
        !rate_admit(exchange->s, exchange->now, exchange->claims.tour, exchange->claims.sub)) {
        code = SIG_RATE_LIMITED;
    }
    if (code == SIG_OK && effects_reserve(exchange->s, 1) != OK) {
        code = SIG_INTERNAL;
    }
    code = code == SIG_OK ? session_make(exchange->s, t->codec, offer, ret) : code;
    if (code != SIG_OK) {
        return code;
    }
    if (mix && !hears(*ret)) {
        session_drop(*ret);
        return SIG_SDP_UNSUPPORTED; /* it has no line for what it asks for */
    }
    memcpy((*ret)->sub, exchange->claims.sub, sizeof(exchange->claims.sub));
    if (mix) {
        mix_choose(t, *ret);
    }
    return SIG_OK;
}

static enum sig_code post_whep(struct exchange *exchange) {
    struct tour *t;
    struct session *session;
    struct offer offer = {.use = OFFER_WHEP, .text = exchange->h->body, .n = exchange->h->body_len};
    enum sig_code code = tour_for(exchange->s, exchange->now, &exchange->claims, &t);
    if (code == SIG_OK && !t) {
        code = SIG_TOUR_UNKNOWN; /* a player does not create what it plays */
    }
    code = code == SIG_OK ? make_viewer(exchange, t, &offer, &session) : code;
    if (code != SIG_OK) {
        memcpy(exchange->why, offer.why, sizeof(exchange->why));
        return code;
    }
    if (!t->id) {
        tour_start(exchange->s, t);
    }
    session_start(exchange->s, t, NULL, session);
    tour_touch(exchange->s, exchange->now, t);
    code = created(exchange, session, &offer);
    if (code != SIG_OK) {
        session_stop(exchange->s, session, true);
    }
    return code;
}

static enum sig_code post(struct exchange *exchange) {
    if (exchange->h->resource) {
        return SIG_RESOURCE_UNKNOWN;
    }
    if (!is_type(exchange->h->content_type, "application/sdp")) {
        return SIG_CONTENT_TYPE;
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
static enum sig_code patch_restart(struct exchange *exchange, struct session *session,
                                   struct span ufrag, struct span pwd) {
    struct ice_credentials fresh = {0};
    struct buffer o = {0};
    memcpy(fresh.remote_ufrag, ufrag.p, ufrag.n);
    memcpy(fresh.remote_pwd, pwd.p, pwd.n);
    negotiate_credentials(&exchange->s->config.rng, &fresh);
    session_fragment(exchange->s, session, &fresh, &o);
    struct shared_text *text = shared_text_of(&o);
    if (!text) {
        return SIG_INTERNAL;
    }
    session_restart(exchange->s, session, &fresh);
    session_new_etag(exchange->s, session);
    respond(exchange,
            (struct sig_effect){.status = 200,
                                .content_type = "application/trickle-ice-sdpfrag",
                                .etag = session->etag},
            text);
    return SIG_OK;
}

static enum sig_code patch(struct exchange *exchange) {
    struct session *session = find_resource(exchange);
    struct span ufrag, pwd;
    const char *match = exchange->h->if_match;
    if (!session) {
        return SIG_RESOURCE_UNKNOWN;
    }
    if (!is_type(exchange->h->content_type, "application/trickle-ice-sdpfrag")) {
        return SIG_CONTENT_TYPE;
    }
    enum sig_code code = sdp_parse_fragment(exchange->h->body, exchange->h->body_len, &ufrag, &pwd);
    if (code != SIG_OK) {
        return code;
    }
    if (match && strcmp(match, "*") != 0 && strcmp(match, session->etag) != 0) {
        return SIG_ETAG_MISMATCH;
    }
    if (ufrag.n == 0 || span_is(ufrag, session->params.ice.remote_ufrag)) {
        respond(exchange, (struct sig_effect){.status = 204}, NULL);
        return SIG_OK;
    }
    if (!match) {
        respond_problem(exchange, SIG_ETAG_MISMATCH, 428); /* RFC 6585 section 3 */
        return SIG_OK;
    }
    if (!rate_admit(exchange->s, exchange->now, exchange->claims.tour, exchange->claims.sub)) {
        return SIG_RATE_LIMITED;
    }
    return patch_restart(exchange, session, ufrag, pwd);
}

static enum sig_code delete_session(struct exchange *exchange) {
    struct session *session = find_resource(exchange);
    if (!session) {
        return SIG_RESOURCE_UNKNOWN;
    }
    if (session->seat) {
        seat_leave(exchange->s, exchange->now, session->seat, "left");
    } else {
        struct tour *t = session->tour;
        session_stop(exchange->s, session, true);
        tour_touch(exchange->s, exchange->now, t);
    }
    respond(exchange, (struct sig_effect){.status = 200}, NULL);
    return SIG_OK;
}

void sig_http(struct sig *s, us_t now, const struct sig_http *h) {
    OWNER_CHECK(&s->owner);
    static enum sig_code (*const methods[])(struct exchange *) = {
        [SIG_POST] = post, [SIG_PATCH] = patch, [SIG_DELETE] = delete_session};
    struct exchange exchange = {.s = s, .now = now, .h = h};
    enum sig_code code = authorise(&exchange);
    code = code == SIG_OK ? methods[h->method](&exchange) : code;
    if (code != SIG_OK) {
        respond_problem(&exchange, code, sig_code_status(code));
    }
}

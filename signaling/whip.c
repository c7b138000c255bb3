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
static void respond(const struct exchange *x, struct sig_effect e, struct shared_text *text) {
    e.type = EFFECT_HTTP;
    e.req = x->h->req;
    e.text = text ? text->p : NULL;
    e.len = text ? text->n : 0;
    e.content_type = text ? e.content_type : NULL;
    effect_text(x->s, e, text);
}

static void respond_problem(const struct exchange *x, enum sig_code code, int status) {
    struct buffer o = {0};
    x->s->stats.errors++;
    problem_write(&o, &(struct problem){.status = status,
                                        .code = sig_code_name(code),
                                        .title = sig_code_message(code),
                                        .detail = *x->why ? x->why : NULL});
    respond(x, (struct sig_effect){.status = (uint16_t)status, .content_type = PROBLEM_TYPE},
            shared_text_of(&o));
}

static enum sig_code authorise(struct exchange *x) {
    const char *token = x->h->token;
    enum sig_code code = verify_token(x->s, token, token ? strlen(token) : 0, &x->claims);
    if (code != SIG_OK) {
        return code;
    }
    if (x->claims.role == ROLE_OPS) {
        return SIG_FORBIDDEN;
    }
    return strcmp(x->claims.tour, x->h->tour) == 0 ? SIG_OK : SIG_TOKEN_TOUR;
}

/* ---- POST ---- */

static enum sig_code created(const struct exchange *x, struct session *session,
                             const struct offer *offer) {
    struct buffer o = {0};
    session_answer(x->s, session, offer, &o);
    struct shared_text *answer = shared_text_of(&o);
    if (!answer) {
        return SIG_INTERNAL;
    }
    session_name(x->s, session, x->h->whep ? "whep" : "whip", x->h->tour);
    respond(x,
            (struct sig_effect){.status = 201,
                                .content_type = "application/sdp",
                                .location = session->location,
                                .etag = session->etag},
            answer);
    return SIG_OK;
}

static enum sig_code post_whip(struct exchange *x) {
    struct admission e = {.claims = &x->claims,
                          .consent = true, /* docs/protocol.md section 2: posting is the consent */
                          .offer = {.use = OFFER_WHIP, .text = x->h->body, .n = x->h->body_len}};
    enum sig_code code = seat_enter(x->s, x->now, &e);
    if (code != SIG_OK) {
        memcpy(x->why, e.offer.why, sizeof(x->why));
        return code;
    }
    code = created(x, e.seat->session, &e.offer);
    if (code != SIG_OK) {
        seat_leave(x->s, x->now, e.seat, "disconnected");
        return code;
    }
    memcpy(e.seat->session->sub, x->claims.sub, sizeof(x->claims.sub));
    tell_entered(x->s, x->now, e.seat, e.took_over);
    return SIG_OK;
}

static enum sig_code check_viewers(const struct exchange *x, const struct tour *t) {
    uint32_t mine = 0;
    LIST_EACH(l, &t->viewers) {
        const struct session *v = LIST_ENTRY(l, struct session, in_viewers);
        mine += strcmp(v->sub, x->claims.sub) == 0;
    }
    bool full = mine >= x->s->config.max_whep_per_token ||
                t->n_seats + t->n_viewers >= x->s->config.max_participants;
    return full ? SIG_TOUR_FULL : SIG_OK;
}

/* What the viewer asks to hear; *ret: the mix. */
static enum sig_code check_audio(const struct exchange *x, const struct tour *t, bool *ret) {
    const char *audio = x->h->audio;
    *ret = audio && strcmp(audio, "mix") == 0;
    if (audio && !*ret) {
        return SIG_BAD_FIELD;
    }
    return *ret ? mix_check(x->s, t, x->claims.sub) : SIG_OK;
}

static bool hears(const struct session *x) {
    for (int i = 0; i < x->params.n_lines; i++) {
        if (x->params.lines[i].slot == SLOT_AUDIO) {
            return true;
        }
    }
    return false;
}

/* A session of a viewer that can be started. */
static enum sig_code make_viewer(struct exchange *x, struct tour *t, struct offer *offer,
                                 struct session **ret) {
    bool mix;
    enum sig_code code = check_viewers(x, t);
    code = code == SIG_OK ? check_audio(x, t, &mix) : code;
    if (code == SIG_OK && !rate_admit(x->s, x->now, x->claims.tour, x->claims.sub)) {
        code = SIG_RATE_LIMITED;
    }
    if (code == SIG_OK && effects_reserve(x->s, 1) != OK) {
        code = SIG_INTERNAL;
    }
    code = code == SIG_OK ? session_make(x->s, t->codec, offer, ret) : code;
    if (code != SIG_OK) {
        return code;
    }
    if (mix && !hears(*ret)) {
        session_drop(*ret);
        return SIG_SDP_UNSUPPORTED; /* it has no line for what it asks for */
    }
    memcpy((*ret)->sub, x->claims.sub, sizeof(x->claims.sub));
    if (mix) {
        mix_choose(t, *ret);
    }
    return SIG_OK;
}

static enum sig_code post_whep(struct exchange *x) {
    struct tour *t;
    struct session *session;
    struct offer offer = {.use = OFFER_WHEP, .text = x->h->body, .n = x->h->body_len};
    enum sig_code code = tour_for(x->s, x->now, &x->claims, &t);
    if (code == SIG_OK && !t) {
        code = SIG_TOUR_UNKNOWN; /* a player does not create what it plays */
    }
    code = code == SIG_OK ? make_viewer(x, t, &offer, &session) : code;
    if (code != SIG_OK) {
        memcpy(x->why, offer.why, sizeof(x->why));
        return code;
    }
    if (!t->id) {
        tour_start(x->s, t);
    }
    session_start(x->s, t, NULL, session);
    tour_touch(x->s, x->now, t);
    code = created(x, session, &offer);
    if (code != SIG_OK) {
        session_stop(x->s, session, true);
    }
    return code;
}

static enum sig_code post(struct exchange *x) {
    if (x->h->resource) {
        return SIG_RESOURCE_UNKNOWN;
    }
    if (!is_type(x->h->content_type, "application/sdp")) {
        return SIG_CONTENT_TYPE;
    }
    return x->h->whep ? post_whep(x) : post_whip(x);
}

/* ---- PATCH and DELETE ---- */

static struct session *find_resource(const struct exchange *x) {
    const char *id = x->h->resource;
    struct session *session = id ? map_get(x->s->resources, key_of(x->s, id)) : NULL;
    bool mine =
        session && strcmp(session->resource, id) == 0 && strcmp(session->sub, x->claims.sub) == 0 &&
        strcmp(session->tour->name, x->claims.tour) == 0 && (session->seat == NULL) == x->h->whep;
    return mine ? session : NULL;
}

/* RFC 9725 section 4.3.3: a restart names the session by its ETag, or any by "*". */
static enum sig_code patch_restart(struct exchange *x, struct session *session, struct span ufrag,
                                   struct span pwd) {
    struct ice_credentials fresh = {0};
    struct buffer o = {0};
    memcpy(fresh.remote_ufrag, ufrag.p, ufrag.n);
    memcpy(fresh.remote_pwd, pwd.p, pwd.n);
    negotiate_credentials(&x->s->config.rng, &fresh);
    session_fragment(x->s, session, &fresh, &o);
    struct shared_text *text = shared_text_of(&o);
    if (!text) {
        return SIG_INTERNAL;
    }
    session_restart(x->s, session, &fresh);
    session_new_etag(x->s, session);
    respond(x,
            (struct sig_effect){.status = 200,
                                .content_type = "application/trickle-ice-sdpfrag",
                                .etag = session->etag},
            text);
    return SIG_OK;
}

static enum sig_code patch(struct exchange *x) {
    struct session *session = find_resource(x);
    struct span ufrag, pwd;
    const char *match = x->h->if_match;
    if (!session) {
        return SIG_RESOURCE_UNKNOWN;
    }
    if (!is_type(x->h->content_type, "application/trickle-ice-sdpfrag")) {
        return SIG_CONTENT_TYPE;
    }
    enum sig_code code = sdp_parse_fragment(x->h->body, x->h->body_len, &ufrag, &pwd);
    if (code != SIG_OK) {
        return code;
    }
    if (match && strcmp(match, "*") != 0 && strcmp(match, session->etag) != 0) {
        return SIG_ETAG_MISMATCH;
    }
    if (ufrag.n == 0 || span_is(ufrag, session->params.ice.remote_ufrag)) {
        respond(x, (struct sig_effect){.status = 204}, NULL);
        return SIG_OK;
    }
    if (!match) {
        respond_problem(x, SIG_ETAG_MISMATCH, 428); /* RFC 6585 section 3 */
        return SIG_OK;
    }
    if (!rate_admit(x->s, x->now, x->claims.tour, x->claims.sub)) {
        return SIG_RATE_LIMITED;
    }
    return patch_restart(x, session, ufrag, pwd);
}

static enum sig_code delete_session(struct exchange *x) {
    struct session *session = find_resource(x);
    if (!session) {
        return SIG_RESOURCE_UNKNOWN;
    }
    if (session->seat) {
        seat_leave(x->s, x->now, session->seat, "left");
    } else {
        struct tour *t = session->tour;
        session_stop(x->s, session, true);
        tour_touch(x->s, x->now, t);
    }
    respond(x, (struct sig_effect){.status = 200}, NULL);
    return SIG_OK;
}

void sig_http(struct sig *s, us_t now, const struct sig_http *h) {
    OWNER_CHECK(&s->owner);
    static enum sig_code (*const methods[])(struct exchange *) = {
        [SIG_POST] = post, [SIG_PATCH] = patch, [SIG_DELETE] = delete_session};
    struct exchange x = {.s = s, .now = now, .h = h};
    enum sig_code code = authorise(&x);
    code = code == SIG_OK ? methods[h->method](&x) : code;
    if (code != SIG_OK) {
        respond_problem(&x, code, sig_code_status(code));
    }
}

#include "server/api/door.h"

#include "server/api/call.h"
#include "server/auth/scopes.h"
#include "server/net/address_rates.h"
#include "server/os/clock.h"
#include "server/rest/operation.h"

#include <stdio.h>
#include <string.h>

#define OF_TOUR "/v1/tours/{tour}" /* what begins so is of one tour */

/* A host has removed him from the tour whose recording it is, and it still runs: he cannot look in
 * by this door either. */
static bool is_removed(const struct request *r, const char *sub) {
    const struct api *a = api_of(r);
    uint64_t tour = r->args.n > 0 ? glue_recorded_tour(a->glue, r->args.v[0]) : 0;
    return tour && signaling_refuses(a->signaling, tour, sub);
}

/* Whoever has the others was given them by somebody we know, or shows none, or comes while keys are
 * changed. These may be guesses. */
static bool is_guess(enum code code) {
    switch (code) {
    case CODE_TOKEN_MALFORMED:
    case CODE_TOKEN_DOUBLED:
    case CODE_TOKEN_TYPE:
    case CODE_TOKEN_ISSUER:
    case CODE_TOKEN_ALGORITHM:
    case CODE_TOKEN_SIGNATURE:
        return true;
    default:
        return false;
    }
}

enum code door_verify(struct api *a, const struct addr *client, struct bytes token,
                      struct claims *ret) {
    struct loop *l = a->loop;
    us_t now = clock_now();
    if (address_rates_wait(l->rates, now, client, ADDRESS_FAILED_TOKENS) > 0) {
        l->counters.refused[REFUSED_FAILED_TOKENS]++;
        return CODE_TOKEN_ATTEMPTS;
    }
    enum code code = auth_verify(a->auth, clock_wall(), (const char *)token.p, token.n, ret);
    if (is_guess(code)) {
        (void)address_rates_take(l->rates, now, client, ADDRESS_FAILED_TOKENS);
    }
    if (code != CODE_OK) {
        audit(a->audit, &(struct audit_act){
                            .what = AUDIT_TOKEN_REFUSE, .code = code_name(code), .from = client});
    }
    return code;
}

static enum code check_scope(const struct request *r, const struct claims *claims) {
    bool other = *claims->tour && strncmp(r->route->pattern, OF_TOUR, strlen(OF_TOUR)) == 0 &&
                 strcmp(claims->tour, r->args.v[0]) != 0;
    return !scopes_allow(claims, r->route->about->scope) ? CODE_FORBIDDEN
           : other                                       ? CODE_TOKEN_TOUR
           : is_removed(r, claims->sub)                  ? CODE_REMOVED
                                                         : CODE_OK;
}

static enum code check_token(struct request *r) {
    const char *token = url_bearer(r->headers[H_AUTHORIZATION]);
    struct claims *claims = &call_of(r)->claims;
    if (!token) {
        return CODE_TOKEN_MISSING;
    }
    if (r->route->needs == DOOR_OFFER) {
        call_of(r)->wait =
            address_rates_take(r->loop->rates, clock_now(), request_client(r), ADDRESS_OFFERS);
        r->loop->counters.refused[REFUSED_OFFER_RATE] += call_of(r)->wait > 0;
    }
    if (call_of(r)->wait > 0) {
        return CODE_RATE_LIMITED;
    }
    enum code code =
        door_verify(api_of(r), request_client(r), bytes_of(token, strlen(token)), claims);
    return code == CODE_OK && r->route->needs >= DOOR_SCOPE ? check_scope(r, claims) : code;
}

static bool taken_back(const struct request *r, const struct auth_ticket *t) {
    return revocations_has(&api_of(r)->revocations, r->args.v[0], t->sub, t->number) ||
           auth_revoked(api_of(r)->auth, t->sub) || is_removed(r, t->sub);
}

/* A ticket stands for the token it was given for: whose it is is known from it. */
static bool has_ticket(struct request *r) {
    struct call *call = call_of(r);
    char text[AUTH_TICKET_MAX];
    struct auth_ticket t;
    if (!url_cookie(r->headers[H_COOKIE], "oriel_play", text, sizeof(text)) ||
        !auth_ticket_read(api_of(r)->ticket_key, r->args.v[0], clock_now(), text, &t) ||
        taken_back(r, &t)) {
        return false;
    }
    call->ticket = t;
    snprintf(call->claims.sub, sizeof(call->claims.sub), "%s", t.sub);
    return true;
}

bool door_still_open(const struct request *r) {
    const struct auth_ticket *t = &call_of(r)->ticket;
    return t->expires == 0 || (clock_now() < t->expires && !taken_back(r, t));
}

bool door_admits(struct request *r) {
    uint8_t needs = r->route->needs;
    bool open = needs <= DOOR_PROBE || (needs == DOOR_PLAYBACK && has_ticket(r));
    call_of(r)->refused = open ? CODE_OK : check_token(r);
    return call_of(r)->refused == CODE_OK;
}

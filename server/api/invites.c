#include "server/api/invites.h"

#include "base/alloc.h"
#include "base/json_write.h"
#include "server/api/body.h"
#include "server/api/call.h"
#include "server/api/keyed.h"
#include "server/api/refuse.h"
#include "server/api/tours_schemas.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/tours/registry.h"

#include <stdio.h>
#include <string.h>

#define TTL_DEFAULT 3600 /* [s] */

/* May somebody be invited to it? Else the request is refused. */
static bool is_open(struct request *r) {
    struct api *a = api_of(r);
    struct signaling_tour_view view;
    const struct tour_record *kept = registry_find(a->tours.registry, r->args.v[0]);
    if (kept && kept->ended_at.us) {
        refuse_code(r, CODE_TOUR_ENDED);
        return false;
    }
    if (signaling_tour_get(a->signaling, clock_now(), r->args.v[0], &view) != OK) {
        refuse_code(r, CODE_TOUR_UNKNOWN);
        return false;
    }
    return true;
}

/* A token is no longer good than the configuration lets tokens be. */
static int64_t lifetime(const struct api *a, const struct invite_body *b) {
    int64_t wanted = b->ttl_s ? b->ttl_s : TTL_DEFAULT, most = a->config->auth_max_lifetime_s;
    return most && wanted > most ? most : wanted;
}

static struct claims claims_of(const struct request *r, const struct invite_body *b) {
    uint8_t random[8];
    char seat[2 * sizeof(random) + 1];
    struct rng rng = clock_rng();
    struct claims c = {.role = b->role == INVITE_AGENT ? ROLE_AGENT : ROLE_BUYER,
                       .expires = {clock_wall().us + lifetime(api_of(r), b) * US_PER_S}};
    rng_fill(&rng, random, sizeof(random));
    hex_encode(seat, random, sizeof(random));
    c.expires.us -= c.expires.us % US_PER_S; /* as a token says it */
    snprintf(c.tour, sizeof(c.tour), "%.64s", r->args.v[0]);
    snprintf(c.name, sizeof(c.name), "%s", b->name ? b->name : "");
    if (b->sub) {
        snprintf(c.sub, sizeof(c.sub), "%s", b->sub);
    } else {
        snprintf(c.sub, sizeof(c.sub), "seat-%s", seat);
    }
    return c;
}

void invite_link(struct buffer *b, const struct api *a, const struct claims *c, const char *token) {
    buffer_printf(b, "%s/%s/%s#%s", a->loop->url, c->role == ROLE_AGENT ? "agent" : "t", c->tour,
                  token);
}

static void put_invite(struct buffer *b, const struct api *a, const struct claims *c,
                       const char *token) {
    char at[WALL_TEXT_MAX];
    struct buffer url = {0};
    invite_link(&url, a, c, token);
    json_open(b, NULL, '{');
    json_put_string(b, "tour", c->tour);
    json_put_string(b, "role", role_name(c->role));
    json_put_string(b, "sub", c->sub);
    json_put_string(b, "token", token);
    json_put_string(b, "url", url.p);
    json_put_string(b, "expires_at", wall_text(c->expires, at));
    json_close(b, '}');
    b->bad = b->bad || url.bad;
    buffer_free(&url);
}

static void answer(struct request *r, uint64_t key, const struct invite_body *invite) {
    struct api *a = api_of(r);
    const struct claims c = claims_of(r, invite);
    char *token = auth_mint(a->auth, clock_wall(), &c);
    if (!token) {
        keyed_drop(a, key);
        respond_problem(r, 409, "signing_off", "There is no secret to sign with.");
        return;
    }
    struct buffer b = {0};
    put_invite(&b, a, &c, token);
    struct idempotency_answer x = {.status = 201, .len = b.n};
    x.body = buffer_take(&b);
    buffer_free(&b);
    mem_free(token);
    if (!x.body) {
        keyed_drop(a, key);
        respond_problem(r, 503, NULL, NULL);
        return;
    }
    LOG(LOG_LEVEL_INFO, "invited", "Somebody was invited.", LOG_STR("tour", c.tour),
        LOG_STR("sub", c.sub), LOG_STR("role", role_name(c.role)),
        LOG_STR("by", call_of(r)->claims.sub), LOG_STR("trace", r->trace.id));
    keyed_answer(a, r, key, &x);
}

void invites_create(struct request *r) {
    const struct json *document;
    struct invite_body b;
    uint64_t key;
    if (!is_open(r) || !body_read(r, &schema_invite_new, false, &b, &document)) {
        return;
    }
    if (keyed_begin(r, &key)) {
        answer(r, key, &b);
    }
    json_free(document);
}

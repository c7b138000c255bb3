/* A host invites somebody: a link by which one more buyer joins this tour, and no other. Who is in
 * may have had a token for minutes only, so it is the seat that says who invites, and no token. */
#include "base/alloc.h"
#include "base/json_write.h"
#include "base/utf8.h"
#include "signaling/requests/call.h"
#include "signaling/requests/moderate.h"
#include "signaling/requests/reply.h"

#include <stdio.h>
#include <string.h>

#define SEAT_DIGITS 16

/* A seat of its own in this tour, as a buyer, for limits.invite_s. */
static struct claims claims_of(const struct call *c, const char *name) {
    char seat[SEAT_DIGITS + 1];
    struct signaling *s = c->s;
    struct claims k = {.role = ROLE_BUYER, .expires = wall_at(s, c->now + s->config.invite_limit)};
    k.expires.us -= k.expires.us % US_PER_S; /* as a token says it */
    random_hex(s, seat, SEAT_DIGITS);
    snprintf(k.tour, sizeof(k.tour), "%s", c->conn->seat->tour->name);
    snprintf(k.sub, sizeof(k.sub), "seat-%s", seat);
    snprintf(k.name, sizeof(k.name), "%s", name ? name : "");
    return k;
}

static void reply_invited(const struct call *c, const struct claims *k, const char *url) {
    char at[WALL_TEXT_MAX];
    struct buffer o = {0};
    reply_open(c, &o, "invited");
    json_put_string(&o, "sub", k->sub);
    json_put_string(&o, "url", url);
    json_put_string(&o, "expires_at", wall_text(k->expires, at));
    reply_send(c, &o);
}

static enum code invite(struct call *c) {
    struct moderator me;
    const char *name = call_string(c, "name", NULL);
    enum code code = moderate_as(c, &me);
    if (code != CODE_OK) {
        return code;
    }
    if (name && !utf8_printable(name)) {
        c->field = "name";
        return CODE_BAD_FIELD;
    }
    if (!c->s->config.invite || !c->s->config.invite_limit) {
        return CODE_SIGNING_OFF;
    }
    struct claims k = claims_of(c, name);
    char *url = NULL;
    code = c->s->config.invite(c->s->config.ctx, &k, &url);
    if (code != CODE_OK) {
        return code;
    }
    snprintf(c->made, sizeof(c->made), "%s", k.sub);
    reply_invited(c, &k, url);
    mem_free(url);
    return CODE_OK;
}

const struct request request_invite = {.type = "invite",
                                       .fields = {{"name", FIELD_STRING, false, NAME_MAX_BYTES}},
                                       .needs_seat = true,
                                       .changes = true,
                                       .act = ACT_INVITE,
                                       .run = invite};

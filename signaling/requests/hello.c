/* A look before joining; creates nothing. */
#include "base/json_write.h"
#include "signaling/requests/call.h"
#include "signaling/requests/ice_servers.h"
#include "signaling/requests/reply.h"
#include "signaling/tell/state_json.h"
#include "signaling/tours/tours.h"

#include <stdio.h>

static void put_you(struct buffer *o, const struct claims *k) {
    json_open(o, "you", '{');
    json_put_string(o, "name", k->name);
    json_put_string(o, "role", role_name(k->role));
    json_put_string(o, "sub", k->sub);
    json_close(o, '}');
}

static void put_consent(struct buffer *o, const struct signaling *s, bool required) {
    json_open(o, "consent", '{');
    json_put_bool(o, "required", required);
    json_put_string(o, "version", s->consent_version);
    json_put_string(o, "text", s->consent_text);
    if (*s->consent_text_de) {
        json_open(o, "texts", '{');
        json_put_string(o, "de", s->consent_text_de);
        json_close(o, '}');
    }
    json_close(o, '}');
}

static enum code hello(struct call *c) {
    struct claims k;
    struct tour *t;
    struct buffer o = {0};
    enum code code = call_token_tour(c, &k);
    code = code == CODE_OK ? tour_for(c->s, c->now, &k, &t) : code;
    if (code != CODE_OK) {
        return code;
    }
    /* What an agent's join would create. */
    struct tour fresh = {.record = c->s->config.default_record,
                         .codec = c->s->config.default_codec,
                         .plan = {.lobby = c->s->config.default_lobby},
                         .began = US_NEVER,
                         .recording = RECORDING_OFF};
    list_init(&fresh.seats);
    if (!t) {
        (void)snprintf(fresh.name, sizeof(fresh.name), "%s", k.tour);
        (void)snprintf(fresh.title, sizeof(fresh.title), "%s", k.tour);
        t = &fresh;
    }
    reply_open(c, &o, "welcome");
    json_put_int(&o, "protocol", 1);
    json_put_string(&o, "server", ORIEL_VERSION);
    put_you(&o, &k);
    json_key(&o, "tour");
    put_tour_outline(&o, c->s, c->now, t);
    put_consent(&o, c->s, t->record != RECORD_OFF && k.role != ROLE_OPS);
    json_open(&o, "limits", '{');
    json_put_int(&o, "max_message", (int64_t)c->s->config.max_message);
    json_close(&o, '}');
    reply_ice_servers(c, &o, k.sub, k.expires);
    reply_send(c, &o);
    return CODE_OK;
}

const struct request request_hello = {
    .type = "hello",
    .fields = {{"token", FIELD_STRING, false, 8192}, {"tour", FIELD_STRING, false, TOUR_NAME_MAX}},
    .run = hello};

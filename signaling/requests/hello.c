/* A look before joining; creates nothing. */
#include "signaling/requests.h"

#include <stdio.h>

static void put_you(struct out *o, const struct claims *k) {
    j_key(o, "you");
    j_open(o, '{');
    j_key(o, "name");
    j_string(o, k->name);
    j_key(o, "role");
    j_string(o, role_name(k->role));
    j_key(o, "sub");
    j_string(o, k->sub);
    j_close(o, '}');
}

static void put_consent(struct out *o, const struct sig *s, bool required) {
    j_key(o, "consent");
    j_open(o, '{');
    j_key(o, "required");
    j_bool(o, required);
    j_key(o, "version");
    j_string(o, s->consent_version);
    j_key(o, "text");
    j_string(o, s->consent_text);
    j_close(o, '}');
}

static void put_limits(struct out *o, const struct sig *s) {
    j_key(o, "limits");
    j_open(o, '{');
    j_key(o, "max_message");
    j_int(o, (int64_t)s->config.max_message);
    j_close(o, '}');
}

static enum sig_code hello(struct call *c) {
    struct claims k;
    struct tour *t;
    struct out o = {NULL, false};
    size_t n;
    const char *token = call_string(c, "token", &n);
    enum sig_code code = verify_token(c->s, token, n, &k);
    code = code == SIG_OK ? tour_for(c->s, c->now, &k, &t) : code;
    if (code != SIG_OK) {
        return code;
    }
    /* What an agent's join would create. */
    struct tour fresh = {.record = c->s->config.default_record,
                         .codec = c->s->config.default_codec,
                         .recording = RECORDING_OFF};
    if (!t) {
        (void)snprintf(fresh.name, sizeof(fresh.name), "%s", k.tour);
        (void)snprintf(fresh.title, sizeof(fresh.title), "%s", k.tour);
        t = &fresh;
    }
    reply_open(c, &o, "welcome");
    j_key(&o, "protocol");
    j_int(&o, 1);
    j_key(&o, "server");
    j_string(&o, ORIEL_VERSION);
    put_you(&o, &k);
    j_key(&o, "tour");
    put_tour(&o, t);
    put_consent(&o, c->s, t->record != RECORD_OFF);
    put_limits(&o, c->s);
    reply_send(c, &o);
    return SIG_OK;
}

const struct request request_hello = {
    .type = "hello", .fields = {{"token", FIELD_STRING, false, 8192}}, .run = hello};

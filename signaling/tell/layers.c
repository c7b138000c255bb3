#include "signaling/tell/layers.h"

#include "base/json_write.h"
#include "signaling/tell/effects.h"

static const struct session_line *line_of(const struct session *session, enum source_kind kind) {
    for (int i = 0; i < session->params.n_lines; i++) {
        const struct session_line *l = &session->params.lines[i];
        if (l->source == kind && l->n_rids > 0) {
            return l;
        }
    }
    return NULL;
}

static void tell(struct signaling *s, const struct session *session, const struct session_line *l) {
    struct buffer o = {0};
    json_open(&o, NULL, '{');
    json_put_string(&o, "type", "layers");
    json_put_string(&o, "source", source_kind_name((enum source_kind)l->source));
    json_open(&o, "active", '[');
    for (int i = 0; i < l->n_rids; i++) {
        if (session->layers[l->source].active & 1u << i) {
            json_put_string(&o, NULL, l->rid[i]);
        }
    }
    json_close(&o, ']');
    json_close(&o, '}');
    send_out(s, session->seat ? session->seat->conn : NULL, &o);
}

void layers_tell(struct signaling *s, struct session *session, enum source_kind kind,
                 uint8_t active) {
    const struct session_line *l = line_of(session, kind);
    if (l) {
        session->layers[kind].told = true;
        session->layers[kind].active = active;
        tell(s, session, l);
    }
}

void layers_again(struct signaling *s, const struct session *session) {
    for (int i = 0; session && i < session->params.n_lines; i++) {
        const struct session_line *l = &session->params.lines[i];
        if (l->source && session->layers[l->source].told) {
            tell(s, session, l);
        }
    }
}

#include "signaling/tell/layers.h"

#include "base/json_write.h"
#include "signaling/tell/effects.h"

static const struct session_line *line_of(const struct session *x, enum source_kind kind) {
    for (int i = 0; i < x->params.n_lines; i++) {
        const struct session_line *l = &x->params.lines[i];
        if (l->source == kind && l->n_rids > 0) {
            return l;
        }
    }
    return NULL;
}

static void tell(struct sig *s, const struct session *x, const struct session_line *l) {
    struct buffer o = {0};
    json_open(&o, NULL, '{');
    json_put_string(&o, "type", "layers");
    json_put_string(&o, "source", source_kind_name((enum source_kind)l->source));
    json_open(&o, "active", '[');
    for (int i = 0; i < l->n_rids; i++) {
        if (x->layers[l->source].active & 1u << i) {
            json_put_string(&o, NULL, l->rid[i]);
        }
    }
    json_close(&o, ']');
    json_close(&o, '}');
    send_out(s, x->seat ? x->seat->conn : NULL, &o);
}

void layers_tell(struct sig *s, struct session *x, enum source_kind kind, uint8_t active) {
    const struct session_line *l = line_of(x, kind);
    if (l) {
        x->layers[kind].told = true;
        x->layers[kind].active = active;
        tell(s, x, l);
    }
}

void layers_again(struct sig *s, const struct session *x) {
    for (int i = 0; x && i < x->params.n_lines; i++) {
        const struct session_line *l = &x->params.lines[i];
        if (l->source && x->layers[l->source].told) {
            tell(s, x, l);
        }
    }
}

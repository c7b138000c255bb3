#include "signaling/sdp/refusal.h"

#include <stdio.h>

static int name_line(const struct sdp *offer, int i, char *out) {
    const struct sdp_media *m = &offer->media[i];
    int shown = m->mid.n < 32 ? (int)m->mid.n : 32;
    return shown > 0 ? snprintf(out, REFUSAL_MAX, "m-line %d (mid %.*s): ", i + 1, shown, m->mid.p)
                     : snprintf(out, REFUSAL_MAX, "m-line %d: ", i + 1);
}

void negotiate_explain(const struct sdp *offer, const struct negotiation *n,
                       char out[REFUSAL_MAX]) {
    int line = n ? n->refused : offer->n_media - 1, at = 0;
    const char *why = n ? n->why : line >= 0 ? "what it says is malformed or beyond a limit" : NULL;
    out[0] = '\0';
    if (!why) {
        return;
    }
    if (line >= 0) {
        at = name_line(offer, line, out);
    }
    snprintf(out + at, REFUSAL_MAX - (size_t)at, "%s.", why);
}

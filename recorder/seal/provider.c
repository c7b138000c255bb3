#include "recorder/seal/provider.h"

#include "base/check.h"

#include <string.h>

#define CONTEXT "oriel-wrap/2"

void provider_context(const struct key_context *c, uint8_t out[KEY_CONTEXT_LEN]) {
    struct wr w = wr_of(out, KEY_CONTEXT_LEN);
    wr_bytes(&w, CONTEXT, sizeof(CONTEXT) - 1);
    wr_bytes(&w, c->recording.b, ID_LEN);
    wr_u64(&w, c->subject);
    CHECK(!w.bad && wr_left(&w) == 0);
}

void provider_close(struct key_provider *p) {
    if (p->close) {
        p->close(p->ctx);
    }
    memset(p, 0, sizeof(*p));
}

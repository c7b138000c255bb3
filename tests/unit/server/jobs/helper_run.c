#include "tests/unit/server/jobs/helper_run.h"

#include "server/os/clock.h"
#include "tests/unit/test.h"

#include <poll.h>

static enum err read_input(void *ctx, uint32_t input, uint64_t at, uint8_t *out, uint32_t n) {
    const struct helper_run *r = ctx;
    if (r->fail != OK) {
        return r->fail;
    }
    if (input >= HELPER_RUN_INPUTS || at > r->input[input].n || n > r->input[input].n - at) {
        return ERR_RANGE;
    }
    memcpy(out, r->input[input].p + at, n);
    return OK;
}

static void tell_wave(struct helper_run *r, const struct message *m) {
    for (size_t i = 0; i < m->data.n; i += 2) {
        int8_t low = (int8_t)m->data.p[i], high = (int8_t)m->data.p[i + 1];
        r->low = low < r->low ? low : r->low;
        r->high = high > r->high ? high : r->high;
    }
    r->windows += m->data.n / 2;
}

static enum err tell(void *ctx, const struct message *m) {
    struct helper_run *r = ctx;
    switch (m->type) {
    case MESSAGE_PROBE:
        r->probes++;
        r->probe = m->n;
        break;
    case MESSAGE_PROGRESS:
        r->progress++;
        break;
    case MESSAGE_WAVE:
        tell_wave(r, m);
        break;
    case MESSAGE_THUMBNAIL:
        r->pictures++;
        r->width = m->width;
        r->height = m->height;
        buffer_cut(&r->picture, 0);
        buffer_put(&r->picture, m->data.p, m->data.n);
        break;
    case MESSAGE_HEAD_SIZE:
        r->head_size = m->size;
        break;
    case MESSAGE_HEAD_DATA:
        buffer_put(&r->head, m->data.p, m->data.n);
        break;
    case MESSAGE_BODY:
        buffer_put(&r->body, m->data.p, m->data.n);
        break;
    default:
        return ERR_FORMAT;
    }
    return OK;
}

enum err helper_run(const struct helper_config *c, const struct task *t, struct helper_run *r) {
    struct helper_calls calls = {read_input, tell, r};
    struct helper *h = NULL;
    enum err e = helper_start(c, t, &calls, &h, r->why);
    if (e != OK) {
        return e;
    }
    us_t now = clock_now();
    while ((e = helper_step(h, now, r->why)) == ERR_AGAIN) {
        struct pollfd p = {.fd = helper_fd(h), .events = helper_events(h)};
        us_t left = helper_deadline(h) - now;
        CHECK(poll(&p, 1, left > 0 ? (int)(left / US_PER_MS) + 1 : 0) >= 0);
        now = clock_now();
    }
    helper_free(h);
    return e;
}

void helper_run_free(struct helper_run *r) {
    buffer_free(&r->head);
    buffer_free(&r->body);
    buffer_free(&r->picture);
}

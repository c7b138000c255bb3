#include "server/recording/verifications.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/json_write.h"

#include <stdio.h>
#include <string.h>

void verifications_clear(struct verifications *v) {
    for (size_t i = 0; i < VERIFICATIONS_KEPT; i++) {
        v->of[i].findings = mem_free(v->of[i].findings);
    }
    *v = (struct verifications){0};
}

static bool is_under_way(const struct verification *v) {
    return v->state == VERIFICATION_WAITS || v->state == VERIFICATION_RUNS;
}

static struct verification *find(const struct verifications *v, const char *recording) {
    for (size_t i = 0; i < VERIFICATIONS_KEPT; i++) {
        const struct verification *at = &v->of[i];
        if (at->state != VERIFICATION_NONE && strcmp(at->recording, recording) == 0) {
            return (struct verification *)at;
        }
    }
    return NULL;
}

static struct verification *numbered(struct verifications *v, uint64_t number) {
    for (size_t i = 0; i < VERIFICATIONS_KEPT; i++) {
        if (is_under_way(&v->of[i]) && v->of[i].number == number) {
            return &v->of[i];
        }
    }
    return NULL;
}

/* A free place, or that of the oldest result. There is one: fewer are under way. */
static struct verification *place(struct verifications *v) {
    struct verification *best = NULL;
    for (size_t i = 0; i < VERIFICATIONS_KEPT; i++) {
        struct verification *at = &v->of[i];
        if (at->state == VERIFICATION_NONE) {
            return at;
        }
        if (at->state == VERIFICATION_ENDED && (!best || at->number < best->number)) {
            best = at;
        }
    }
    CHECK(best);
    return best;
}

uint32_t verifications_under_way(const struct verifications *v) {
    uint32_t n = 0;
    for (size_t i = 0; i < VERIFICATIONS_KEPT; i++) {
        n += is_under_way(&v->of[i]);
    }
    return n;
}

const struct verification *verifications_order(struct verifications *v, const char *recording,
                                               const char *who, wall_t now, bool *ret_new) {
    struct verification *at = find(v, recording);
    *ret_new = false;
    if (at && is_under_way(at)) {
        return at;
    }
    if (verifications_under_way(v) == VERIFICATIONS_UNDER_WAY) {
        return NULL;
    }
    at = at ? at : place(v);
    mem_free(at->findings);
    *at =
        (struct verification){.number = ++v->numbers, .state = VERIFICATION_WAITS, .ordered = now};
    snprintf(at->recording, sizeof(at->recording), "%s", recording);
    snprintf(at->who, sizeof(at->who), "%s", who);
    *ret_new = true;
    return at;
}

void verifications_run(struct verifications *v, uint64_t number, uint16_t permille) {
    struct verification *at = numbered(v, number);
    if (at) {
        at->state = VERIFICATION_RUNS;
        at->permille = permille;
    }
}

const struct verification *verifications_end(struct verifications *v,
                                             const struct verification *e) {
    struct verification *at = numbered(v, e->number);
    if (at) {
        at->state = VERIFICATION_ENDED;
        at->ended = e->ended;
        at->end = e->end;
        at->findings = e->findings;
        at->findings_len = e->findings_len;
        at->n_findings = e->n_findings;
        at->left_out = e->left_out;
    }
    return at;
}

const struct verification *verifications_find(const struct verifications *v,
                                              const char *recording) {
    return find(v, recording);
}

static const char *state_name(const struct verification *v) {
    static const char *const names[] = {[VERIFICATION_NONE] = "none",
                                        [VERIFICATION_WAITS] = "waiting",
                                        [VERIFICATION_RUNS] = "running",
                                        [VERIFICATION_ENDED] = "done"};
    bool failed = v->state == VERIFICATION_ENDED && v->end.result == VERIFICATION_FAILED;
    return failed ? "failed" : names[v->state];
}

static void put_time(struct buffer *b, const char *key, wall_t at) {
    char text[WALL_TEXT_MAX];
    json_put_string(b, key, at.us ? wall_text(at, text) : NULL);
}

void verification_put(struct buffer *b, const struct verification *v) {
    static const struct verification none;
    v = v ? v : &none;
    bool ended = v->state == VERIFICATION_ENDED;
    bool told = ended && v->end.result != VERIFICATION_FAILED;
    json_open(b, NULL, '{');
    json_put_string(b, "state", state_name(v));
    json_put_uint(b, "permille", ended ? 1000 : v->permille);
    put_time(b, "ordered", v->ordered);
    put_time(b, "ended", v->ended);
    json_put_string(b, "result", told ? verification_result_name(v->end.result) : NULL);
    json_put_bool(b, "opened", told && v->end.opened);
    if (ended && v->end.error != OK) {
        json_put_string(b, "error", err_name(v->end.error));
    }
    json_open(b, "findings", '[');
    buffer_put(b, v->findings, v->findings_len);
    json_close(b, ']');
    json_put_uint(b, "findings_left_out", v->left_out);
    json_close(b, '}');
}

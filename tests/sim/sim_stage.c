#include "tests/sim/sim_stage.h"

bool stage_may_show(const struct browser *b, const struct browser *x, enum source_kind kind) {
    const struct publish *p = x ? x->pubs[kind] : NULL;
    bool flows = p && p->on && !p->muted && !x->removed && x->phase == BROWSER_CONNECTED;
    return flows && x != b && !b->barred[kind];
}

/* Who may be meant by one line of the rule: several, where age or voice decides between them. */
enum whom { SPOTLIT, LEAD, PINNED, HOSTS, ANYBODY };

static bool is_one_of(const struct world *w, const struct browser *b, const struct browser *x,
                      enum whom whom) {
    uint64_t who = x->params.participant;
    return whom == SPOTLIT  ? who == w->spotlight
           : whom == LEAD   ? who == w->lead
           : whom == PINNED ? who == b->pinned
           : whom == HOSTS  ? x->params.host
                            : true;
}

static const struct line {
    enum whom whom;
    enum source_kind kind;
} rule[] = {{SPOTLIT, SOURCE_SCREEN}, {SPOTLIT, SOURCE_CAMERA}, {LEAD, SOURCE_SCREEN},
            {HOSTS, SOURCE_SCREEN},   {ANYBODY, SOURCE_SCREEN}, {PINNED, SOURCE_CAMERA},
            {LEAD, SOURCE_CAMERA},    {HOSTS, SOURCE_CAMERA},   {ANYBODY, SOURCE_CAMERA}};

/* The first line that holds for somebody; NULL: nothing is to be shown. */
static const struct line *line_for(const struct world *w, const struct browser *b) {
    for (unsigned k = 0; k < sizeof(rule) / sizeof(rule[0]); k++) {
        for (unsigned i = 0; i < w->n_browsers; i++) {
            const struct browser *x = w->browsers[i];
            if (is_one_of(w, b, x, rule[k].whom) && stage_may_show(b, x, rule[k].kind)) {
                return &rule[k];
            }
        }
    }
    return NULL;
}

static void expect_stage(struct world *w, struct browser *b) {
    const struct play *p = browser_slot(b, SLOT_STAGE, 0);
    const struct line *l = line_for(w, b);
    const struct browser *x = p->told ? world_participant(w, (uint16_t)p->told) : NULL;
    bool right = l ? x && p->told_kind == l->kind && is_one_of(w, b, x, l->whom) &&
                         stage_may_show(b, x, l->kind)
                   : !x;
    if (!right) {
        world_fail(w, "browser %u has %s of %llu on the stage, and line %d of the rule holds",
                   b->number, source_kind_name((enum source_kind)p->told_kind),
                   (unsigned long long)p->told, l ? (int)(l - rule) : -1);
    }
    const struct play *voice = browser_slot(b, SLOT_AUDIO, 0);
    bool speaks = x && !b->o.loudest_audio && stage_may_show(b, x, SOURCE_MICROPHONE);
    if (speaks && voice->told != p->told) {
        world_fail(w, "browser %u has %llu on the stage, and hears %llu with it", b->number,
                   (unsigned long long)p->told, (unsigned long long)voice->told);
    }
}

static bool hears(const struct browser *b, const struct browser *x) {
    for (unsigned i = 0; i < b->n_plays; i++) {
        const struct play *p = b->plays[i];
        if (p->line->slot == SLOT_AUDIO && p->told == x->params.participant) {
            return true;
        }
    }
    return false;
}

/* What it is told to be shown it may be shown, and who holds the stage is heard. */
static void expect_rights(struct world *w, const struct browser *b) {
    for (unsigned i = 0; i < b->n_plays; i++) {
        const struct play *p = b->plays[i];
        const struct browser *x = p->told ? world_participant(w, (uint16_t)p->told) : NULL;
        if (x && !stage_may_show(b, x, (enum source_kind)p->told_kind)) {
            world_fail(w, "browser %u mid %s is shown %s of %llu", b->number, p->line->mid,
                       source_kind_name((enum source_kind)p->told_kind),
                       (unsigned long long)p->told);
        }
    }
    for (unsigned i = 0; i < w->n_browsers; i++) {
        const struct browser *x = w->browsers[i];
        bool holds = is_one_of(w, b, x, SPOTLIT) || is_one_of(w, b, x, LEAD);
        if (holds && stage_may_show(b, x, SOURCE_MICROPHONE) && !hears(b, x)) {
            world_fail(w, "browser %u does not hear %u, who holds the stage", b->number, i);
        }
    }
}

void expect_stages(struct world *w) {
    for (unsigned i = 0; i < w->n_browsers && !w->failed; i++) {
        struct browser *b = w->browsers[i];
        if (!b->removed && b->phase == BROWSER_CONNECTED && browser_slot(b, SLOT_STAGE, 0)) {
            expect_stage(w, b);
            expect_rights(w, b);
        }
    }
}

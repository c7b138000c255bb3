/* Two tours, and in one of them somebody who means harm: what do all others feel of each attack,
 * and of all at once, and who is named for it? */
#include "base/alloc.h"
#include "base/check.h"
#include "bench/load/entry.h"
#include "bench/load/hostile.h"
#include "bench/load/oriel.h"
#include "bench/load/scenarios.h"
#include "server/os/clock.h"

#include <stdio.h>

#define WARM (US_PER_S / 2)
#define SECONDS 3
#define SETTLE (3 * US_PER_S) /* who has fallen silent leaves the stage */
#define OFFENDERS "oriel_media_offender_seconds_total"

struct siege {
    struct entry entry;
    struct hostile hostile;
    us_t length;
};

/* Figures are named after the phase; delays are those of all others' packets, rtx and media are the
 * packets that the attacker's viewer got. */
#define FIGURES(phase)                                                                        \
    {                                                                                         \
        phase "_lost", phase "_delay_p50_ms", phase "_delay_p99_ms", phase "_server_cpu",     \
            phase "_generator_cpu", phase "_sent_per_s", phase "_behind_per_s", phase "_rtx", \
            phase "_media", phase "_named_s"                                                  \
    }

static const struct phase {
    unsigned attacks;
    const char *name, *figures[10];
} phases[] = {{0, "nobody attacks", FIGURES("calm")},
              {ATTACK_BYE, "BYE flapping", FIGURES("bye")},
              {ATTACK_LOUD, "BYE flapping of the loudest voice", FIGURES("loud")},
              {ATTACK_NACK, "a flood of NACKs", FIGURES("nack")},
              {ATTACK_SSRC, "a flood of SSRCs", FIGURES("ssrc")},
              {ATTACK_RATE, "100 Mbit/s", FIGURES("rate")},
              {ATTACK_ALL, "all of them at once", FIGURES("all")}};

/* What the clients of the attacker are named for. The agent came first, so that the seat beside it
 * is the second; a viewer by WHEP is named after its resource, as all others there are. */
static double named(struct siege *s) {
    struct target *t = &s->entry.target;
    const char *resource = strrchr(s->hostile.crowd.viewers[0].client.resource, '/');
    char viewer[64];
    snprintf(viewer, sizeof(viewer), "tour=\"room-0\",participant=\"whep-%.8s\"}",
             resource ? resource + 1 : "");
    return oriel_metric_of(t, OFFENDERS, "tour=\"room-0\",participant=\"p2\"}") +
           oriel_metric_of(t, OFFENDERS, viewer);
}

/* False when the user has asked to end. */
static bool one_phase(struct siege *s, const struct phase *p) {
    struct entry *e = &s->entry;
    struct audience *a = &e->crowd.audience, *his = &s->hostile.crowd.audience;
    struct measured m;
    double before = named(s);
    us_t begun = clock_now();
    a->delay = (struct histogram){0};
    s->hostile.sent = s->hostile.behind = his->rtx = his->media = 0;
    hostile_attack(&s->hostile, p->attacks);
    bool go_on = measure_window(&e->target, &e->crowd, WARM, s->length, &m);
    hostile_attack(&s->hostile, 0);
    double seconds = (double)(clock_now() - begun) / (double)US_PER_S;
    if (!go_on) {
        return false;
    }
    go_on = load_run(e->target.load, clock_now() + SETTLE);
    double values[] = {(double)m.missing,
                       histogram_ms(&a->delay, 0.5),
                       histogram_ms(&a->delay, 0.99),
                       (double)m.cpu_ns / m.seconds / 1e9,
                       (double)m.generator_ns / m.seconds / 1e9,
                       (double)s->hostile.sent / seconds,
                       (double)s->hostile.behind / seconds,
                       (double)his->rtx,
                       (double)his->media,
                       named(s) - before};
    for (unsigned i = 0; i < ARRAY_LEN(values); i++) {
        result_extra(&e->result, p->figures[i], values[i]);
    }
    result_add(&e->result, &m);
    return go_on;
}

static void besiege(struct siege *s) {
    struct entry *e = &s->entry;
    bool ok = entry_publish(e);
    if (ok && !hostile_join(&s->hostile, &e->target, 0)) {
        result_invalid(&e->result, "the attacker cannot join: %s", crowd_why(&s->hostile.crowd));
        return;
    }
    ok = ok && entry_view(e, 0, e->crowd.n_viewers);
    crowd_play(&e->crowd, false);
    for (unsigned i = 0; ok && i < ARRAY_LEN(phases); i++) {
        entry_say(e, phases[i].name);
        ok = one_phase(s, &phases[i]);
    }
    result_extra(&e->result, "others_named_s", oriel_metric(&e->target, OFFENDERS) - named(s));
    result_finish(&e->result, &e->crowd);
}

void hostile_run(const struct scenario *sc, struct load *l, const struct options *o,
                 struct scenario_result *ret) {
    struct siege *s = mem_zalloc(1, sizeof(*s));
    struct target_config config = {.program = o->oriel, .workers = o->workers, .rooms = sc->rooms};
    CHECK(s);
    s->length = (o->seconds ? o->seconds : SECONDS) * US_PER_S;
    s->entry.result.scenario = sc->name;
    if (entry_open(&s->entry, &target_oriel, l, &config, sc->viewers)) {
        hostile_open(&s->hostile, l);
        entry_say(&s->entry, "joins");
        besiege(s);
    }
    scenario_keep(ret, &s->entry.result);
    entry_close(&s->entry);
    hostile_close(&s->hostile);
    mem_free(s);
}

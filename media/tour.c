#include "media/tour.h"

#include "base/alloc.h"
#include "base/check.h"
#include "media/peer.h"

enum err tour_new(struct engine *e, uint64_t handle) {
    struct tour *t = mem_zalloc(1, sizeof(*t));
    if (!t) {
        return ERR_NOMEM;
    }
    enum err err = speaker_init(&t->voices, TOUR_VOICES_MAX);
    if (err == OK) {
        err = map_put(e->tours, handle, t);
    }
    if (err != OK) {
        speaker_free(&t->voices);
        mem_free(t);
        return err;
    }
    t->timer.timer.at = US_NEVER;
    t->timer.of_tour = true;
    t->engine = e;
    t->handle = handle;
    list_init(&t->changed);
    list_push(&e->all_tours, &t->in_engine);
    list_init(&t->peers);
    list_init(&t->live);
    return OK;
}

struct tour *tour_find(const struct engine *e, uint64_t handle) {
    return map_get(e->tours, handle);
}

void tour_remove(struct tour *t, us_t now) {
    t->removing = true;
    while (!list_empty(&t->peers)) {
        peer_leave(LIST_ENTRY(t->peers.next, struct peer, in_tour), now, true);
    }
    CHECK(list_empty(&t->live));
    list_remove(&t->in_engine);
    timers_clear(&t->engine->timers, &t->timer.timer);
    map_take(t->engine->tours, t->handle);
    list_remove(&t->changed);
    speaker_free(&t->voices);
    mem_free(t);
}

void tour_changed(struct tour *t) {
    if (list_empty(&t->changed)) {
        list_push(&t->engine->changed, &t->changed);
    }
}

void tour_reschedule(struct tour *t) {
    us_t at = speaker_deadline(&t->voices);
    if (t->settle_until > 0) {
        at = us_min(at, t->settle_until);
    }
    if (at != t->timer.timer.at) {
        timers_set(&t->engine->timers, &t->timer.timer, at);
    }
}

void tour_spoke(struct tour *t, uint64_t participant) {
    unsigned i = 0;
    while (i < TOUR_SPEAKERS_MAX - 1 && t->speakers[i] != participant) {
        i++;
    }
    memmove(t->speakers + 1, t->speakers, i * sizeof(t->speakers[0]));
    t->speakers[0] = participant;
}

static void voices_changed(struct tour *t, unsigned bits) {
    if (bits & SPEAKER_CHANGED) {
        uint64_t who = t->voices.speaker;
        if (who) {
            tour_spoke(t, who);
        }
        if (!t->removing) {
            struct media_event *ev = event_push(t->engine, MEDIA_SPEAKER);
            ev->tour = t->handle;
            ev->participant = who;
        }
    }
    if (bits) {
        tour_changed(t);
    }
    tour_reschedule(t);
}

void tour_voice_add(struct tour *t, struct source *s) {
    s->voice = speaker_add(&t->voices, s->peer->participant);
}

void tour_voice_level(struct tour *t, struct source *s, us_t now, uint8_t level) {
    if (s->voice >= 0) {
        speaker_level(&t->voices, now, s->voice, level);
        tour_reschedule(t);
    }
}

void tour_voice_remove(struct tour *t, struct source *s) {
    if (s->voice >= 0) {
        s->voice = -1;
        voices_changed(t, speaker_remove(&t->voices, s->peer->participant));
    }
}

static void settle(struct tour *t) {
    t->settle_until = 0;
    LIST_EACH(l, &t->peers) {
        struct peer *p = LIST_ENTRY(l, struct peer, in_tour);
        for (unsigned i = 0; i < p->n_slots; i++) {
            p->slots[i].resume = 0;
        }
    }
    tour_changed(t);
}

void tour_on_timer(struct tour *t, us_t now) {
    if (t->settle_until > 0 && t->settle_until <= now) {
        settle(t);
    }
    voices_changed(t, speaker_tick(&t->voices, now));
}

struct source *tour_source(const struct tour *t, uint64_t participant, enum source_kind kind) {
    LIST_EACH(l, &t->live) {
        struct source *s = LIST_ENTRY(l, struct source, in_live);
        if (s->peer->participant == participant && s->line->s.source == kind) {
            return s;
        }
    }
    return NULL;
}

#include "media/engine/session.h"

#include "base/alloc.h"
#include "base/check.h"
#include "media/engine/estimate.h"
#include "media/engine/event.h"
#include "media/engine/keep.h"
#include "media/engine/params.h"
#include "media/engine/schedule.h"
#include "media/engine/source.h"
#include "media/transport/lifecycle.h"

struct session *session_find(const struct engine *e, uint64_t handle) {
    return map_get(e->peers, handle);
}

static void add_slot(struct session *s, const struct session_line *line) {
    struct slot *slot = &s->slots[s->n_slots++];
    slot->line = *line;
    stream_init(&slot->stream, &s->transport, &slot->line, &s->engine->c.rng);
    room_viewer_slot(&s->viewer, line);
}

static void add_lines(struct session *s, const struct session_params *p) {
    room_viewer_init(&s->viewer, p->participant, p->loudest_audio);
    s->viewer.mix = p->mix;
    s->viewer.without = p->without;
    for (unsigned i = 0; i < p->n_lines; i++) {
        if (p->lines[i].slot) {
            add_slot(s, &p->lines[i]);
        } else {
            inbound_line_init(&s->lines[s->n_lines++], &p->lines[i]);
        }
    }
    s->rtcp_ssrc = s->n_slots > 0 ? s->slots[0].line.ssrc : 1;
}

static struct session *session_new(struct engine *e, const struct session_params *p) {
    unsigned slots = 0;
    for (unsigned i = 0; i < p->n_lines; i++) {
        slots += p->lines[i].slot != SLOT_NONE;
    }
    struct session *s = mem_zalloc(1, sizeof(*s) + slots * sizeof(struct slot));
    if (!s) {
        return NULL;
    }
    s->timer.timer.at = US_NEVER;
    s->engine = e;
    list_init(&s->in_tour);
    list_init(&s->ready);
    list_init(&s->news);
    queue_init(&s->queue, &s->transport);
    s->tour_handle = p->tour;
    s->handle = p->peer;
    s->participant = p->participant;
    s->host = p->host;
    s->record_consent = p->record_consent;
    s->obeys_layers = p->obeys_layers;
    memcpy(s->cname, p->cname, sizeof(s->cname));
    add_lines(s, p);
    return s;
}

enum err session_create(struct engine *e, us_t now, const struct session_params *p,
                        struct session **ret) {
    enum err err = params_check(p);
    struct tour *t = tour_find(e, p->tour);
    if (err == OK && !t) {
        err = ERR_UNKNOWN;
    }
    if (err == OK && session_find(e, p->peer)) {
        err = ERR_EXISTS;
    }
    if (err == OK && map_len(e->peers) >= e->c.max_peers) {
        err = ERR_FULL;
    }
    if (err != OK) {
        return err;
    }
    struct session *s = session_new(e, p);
    if (!s) {
        return ERR_NOMEM;
    }
    err = estimate_begin(s);
    if (err == OK) {
        err = transport_init(&s->transport, &e->transports, now, p);
    }
    if (err != OK) {
        estimate_end(s);
        mem_free(s);
        return err;
    }
    CHECK(map_put(e->peers, s->handle, s) == OK);
    s->tour = t;
    s->allot_at = now;
    list_push(&t->peers, &s->in_tour);
    room_viewer_enter(&t->room, &s->viewer);
    *ret = s;
    return OK;
}

void session_destroy(struct session *s) {
    list_remove(&s->in_tour);
    list_remove(&s->ready);
    list_remove(&s->news);
    transport_free(&s->transport);
    estimate_end(s);
    mem_free(s->twcc);
    mem_free(s->receive);
    mem_free(s);
}

void session_release(struct session *s) {
    if (s->transport.state == TRANSPORT_CLOSED && list_empty(&s->ready) && list_empty(&s->news)) {
        session_destroy(s);
    }
}

void session_connected(struct session *s, us_t now) {
    s->report_at = now;
    s->allot_at = now;
    s->viewer.present = true;
    event_session(s);
    tour_changed(s->tour);
    transport_changed(&s->transport);
}

void session_leave(struct session *s, us_t now, bool bye) {
    struct engine *e = s->engine;
    s->end = s->end == SESSION_GOES_ON ? SESSION_REMOVED : s->end;
    s->quiet = s->tour->removing;
    keep_end(s);
    queue_free(&s->queue);
    for (unsigned i = 0; i < s->n_lines; i++) {
        source_free(s->sources[i], now);
        inbound_line_free(&s->lines[i]);
    }
    for (unsigned i = 0; i < s->n_slots; i++) {
        (void)stream_show(&s->slots[i].stream, NULL);
    }
    room_viewer_leave(&s->viewer);
    map_take(e->peers, s->handle);
    timers_clear(&e->timers, &s->timer.timer);
    list_remove(&s->in_tour);
    list_push(&e->leaving, &s->in_tour);
    tour_changed(s->tour);
    s->tour = NULL;
    s->say_bye = bye && s->transport.state == TRANSPORT_UP && !s->handed_over;
    s->says_farewell = s->say_bye;
    transport_close(&s->transport);
    schedule_output(s);
    event_session(s);
    if (s->quiet) {
        list_remove(&s->news);
    }
}

void session_fail(struct session *s, us_t now, enum err reason) {
    s->end = reason == OK ? SESSION_GONE : SESSION_FAILED;
    s->reason = (uint8_t)reason;
    session_leave(s, now, false);
}

#include "media/engine/flow.h"

#include "media/engine/event.h"
#include "media/engine/relay_out.h"

#define CACHE_SHARE_MIN 32 /* packets: a few frames, however many sources there are */

/* Half of the pool is for retransmission: what each source that flows may keep. */
static uint32_t cache_share(const struct engine *e) {
    uint32_t most = e->c.cache_packets;
    if (e->c.pool_packets && e->n_live) {
        uint32_t share = e->c.pool_packets / 2 / e->n_live;
        share = share > CACHE_SHARE_MIN ? share : CACHE_SHARE_MIN;
        most = share < most ? share : most;
    }
    return most;
}

enum err flow_init(struct flow *f, struct tour *t, const struct session_line *line) {
    struct engine *e = t->engine;
    enum err err = feed_init(&f->feed, line, e->c.cache_packets, &e->wants);
    if (err != OK) {
        return err;
    }
    f->tour = t;
    f->place.voice = -1;
    list_init(&f->place.in_live);
    list_init(&f->in_engine);
    list_push(&e->flows, &f->in_engine);
    return OK;
}

/* Nobody shows it any more. */
static void forget(struct flow *f) {
    room_source_forget(&f->tour->room, &f->place);
    fanout_forget(&f->tour->engine->fanout, &f->feed);
    stream_forget_all(&f->feed);
}

void flow_free(struct flow *f, us_t now) {
    flow_off(f, now);
    forget(f);
    list_remove(&f->in_engine);
    feed_free(&f->feed);
}

void flow_restart(struct flow *f, us_t now) {
    flow_off(f, now);
    forget(f);
    f->tap_id = 0; /* other numbers are another source to the recorder */
    feed_restart(&f->feed);
}

void flow_on(struct flow *f, us_t now) {
    f->feed.live = true;
    f->tour->engine->n_live++;
    room_source_on(&f->tour->room, &f->place, now);
    flow_tap_update(f, now);
    tour_changed(f->tour);
}

void flow_off(struct flow *f, us_t now) {
    struct tour *t = f->tour;
    if (!f->feed.live) {
        return;
    }
    f->feed.live = false;
    t->engine->n_live--;
    if (room_source_off(&t->room, &f->place) != 0) {
        tour_voices_changed(t);
    }
    tour_reschedule(t);
    flow_tap_update(f, now);
    feed_pause(&f->feed);
    tour_changed(t);
}

static void to_tap(struct flow *f, const struct media_packet *p) {
    struct tap t = flow_tap(f, TAP_RTP, p->at);
    t.audio_level = p->audio_level;
    t.seq = p->seq;
    t.rtp_ts = p->ts;
    t.payload_at = p->payload_at;
    t.payload_len = p->payload_len;
    t.marker = p->marker;
    t.packet = p->packet;
    tap_push(f->tour->engine, &t);
}

void flow_packet(struct flow *f, us_t now, struct media_packet *p, bool keep) {
    struct tour *t = f->tour;
    f->feed.cache.limit = cache_share(t->engine);
    feed_packet(&f->feed, p, keep);
    if (p->has_level && f->place.voice >= 0) {
        room_level(&t->room, now, &f->place, p->audio_level);
        tour_reschedule(t);
    }
    if (f->tapped && keep) {
        to_tap(f, p);
    }
    fanout_packet(&t->engine->fanout, &f->feed, p);
}

void flow_report(struct flow *f, us_t now, uint64_t ntp, uint32_t rtp_ts) {
    recv_clock_sr(&f->feed.clock, now, ntp, rtp_ts);
    if (f->tapped) {
        struct tap t = flow_tap(f, TAP_SR, now);
        t.ntp = ntp;
        t.rtp_ts = rtp_ts;
        tap_push(f->tour->engine, &t);
    }
}

struct tap flow_tap(const struct flow *f, enum tap_type type, us_t now) {
    return (struct tap){.type = (uint8_t)type,
                        .kind = f->place.kind,
                        .codec = f->place.codec,
                        .audio_level = 127,
                        .source = f->tap_id,
                        .tour = f->tour->handle,
                        .participant = f->place.participant,
                        .now = now};
}

/* Key frames while it is recorded: asked for where it is received. */
static void periodic(struct flow *f, us_t now, bool on) {
    us_t interval = on ? f->tour->engine->c.keyframe_interval : 0;
    if (flow_is_local(f)) {
        recv_keyframe_periodic(&f->feed.keyframe, now, interval);
    } else {
        relay_to_origin(f, RELAY_TAPPED, on);
    }
    if (on) {
        feed_need_keyframe(&f->feed);
    }
}

void flow_tap_update(struct flow *f, us_t now) {
    struct tour *t = f->tour;
    bool on = f->feed.live && t->tapped && tour_is_home(t) && f->consent;
    if (on == f->tapped) {
        return;
    }
    f->tapped = on;
    f->tap_id = f->tap_id ? f->tap_id : ++t->engine->next_tap;
    struct tap tap = flow_tap(f, on ? TAP_SOURCE_ON : TAP_SOURCE_OFF, now);
    tap_push(t->engine, &tap);
    if (feed_is_video(&f->feed)) {
        periodic(f, now, on);
    }
}

/* A session goes on from a snapshot (snapshot.h). Sources and slots find each other again by ssrc,
 * whichever of their sessions is adopted first.
 *
 * DESIGN. From a final snapshot a session goes on as if nothing had happened. From one that was
 * kept in a slot (session.rebuilt) it goes on behind all that may have happened since: indices at
 * the limits of their leases; pictures at a key frame, which is asked for; timestamps by the
 * source's own clock, or ours; losses are counted from the first packet that comes. And since
 * nobody knows who heard of what the other engine had to tell, everything is told once more. */
#include "media/engine/bind.h"
#include "media/engine/event.h"
#include "media/engine/keep.h"
#include "media/engine/need.h"
#include "media/engine/reception.h"
#include "media/engine/schedule.h"
#include "media/engine/source.h"
#include "media/engine/turn.h"
#include "media/transport/lifecycle.h"

/* [us] how old a snapshot is taken to be whose time is not of this clock */
#define AGE_ASSUMED (2 * US_PER_S)
/* commands by FIR that may have been sent since a snapshot that is not final: far more than that,
 * and far from those before it */
#define FIR_SENT_MAX 128

/* When it was taken, by our clock. */
static us_t taken_at(const struct session_snapshot *s, us_t now) {
    return s->taken >= 0 && s->taken <= now ? s->taken : now - AGE_ASSUMED;
}

static void load_line(const struct snapshot_line *l, uint32_t ssrc, uint32_t rtx_ssrc,
                      struct session_line *ret) {
    *ret = (struct session_line){.source = l->kind & 3,
                                 .slot = l->kind >> 2 & 3,
                                 .slot_index = l->codec >> 4,
                                 .codec = l->codec & 0x0f,
                                 .pt = l->pt,
                                 .rtx_pt = l->rtx_pt,
                                 .nack = l->flags & SNAPSHOT_NACK,
                                 .pli = l->flags & SNAPSHOT_PLI,
                                 .twcc = l->flags & SNAPSHOT_TWCC,
                                 .remb = l->flags & SNAPSHOT_REMB,
                                 .fir = l->flags & SNAPSHOT_FIR,
                                 .ssrc = ssrc,
                                 .rtx_ssrc = rtx_ssrc};
    memcpy(ret->mid, l->mid, sizeof(l->mid));
    *(ret->codec == CODEC_OPUS ? &ret->red_pt : &ret->fec_pt) = l->more_pt;
    for (unsigned i = 0; i < RTP_EXT_ACCEPTED; i++) {
        ret->ext.id[i] = l->ext[i / 2] >> 4 * (i % 2) & 0x0f;
    }
}

/* Indices that RTP and RTCP can have; at the end of their range nothing more is sealed. */
static bool indices_ok(const struct session_snapshot *s) {
    bool ok = s->srtcp_index <= SRTCP_INDEX_END && s->fec_index <= LEASE_END_MAX;
    for (unsigned i = 0; i < s->n_slots; i++) {
        ok = ok && s->slots[i].rewrite.index <= LEASE_END_MAX &&
             s->slots[i].rtx_index <= LEASE_END_MAX;
    }
    return ok;
}

static bool load_sources(const struct session_snapshot *s, struct session_line *ret) {
    unsigned n = 0;
    for (unsigned i = 0; i < s->n_sources; i++) {
        const struct snapshot_source *src = &s->sources[i];
        const struct snapshot_stream *stream = &s->streams[n];
        n += src->n_rids > 0 ? src->n_rids : 1;
        if (src->n_rids > SESSION_LAYERS_MAX || n > SESSION_STREAMS_MAX) {
            return false;
        }
        bool one = src->n_rids == 0; /* ssrcs are announced for one stream only */
        load_line(&src->line, one ? stream->ssrc : 0, one ? stream->rtx_ssrc : 0, &ret[i]);
        ret[i].n_rids = src->n_rids;
        for (unsigned j = 0; j < src->n_rids; j++) {
            memcpy(ret[i].rid[j], stream[j].rid, sizeof(stream[j].rid));
        }
        if (ret[i].slot) {
            return false;
        }
    }
    return true;
}

/* What of the mids did not fit in their lines. */
static bool load_tails(const struct session_snapshot *s, struct session_params *ret) {
    const char *from = s->mid_tails, *end = from + sizeof(s->mid_tails);
    for (unsigned i = 0; i < ret->n_lines; i++) {
        char *mid = ret->lines[i].mid;
        if (strlen(mid) < MID_SHORT) {
            continue;
        }
        size_t left = (size_t)(end - from), n = strnlen(from, left);
        if (n == left || n > MID_MAX - MID_SHORT) {
            return false;
        }
        memcpy(mid + MID_SHORT, from, n + 1);
        from += n + 1;
    }
    return true;
}

/* The snapshot as the offer and answer it came from. */
static enum err load_params(const struct session_snapshot *s, struct session_params *ret) {
    if (s->version != SNAPSHOT_VERSION || s->n_slots > SESSION_SLOTS_MAX ||
        !srtp_profile_known(s->keys.profile) || s->n_sources > SESSION_SOURCES_MAX ||
        !indices_ok(s)) {
        return ERR_FORMAT;
    }
    *ret = (struct session_params){.peer = s->peer,
                                   .participant = s->participant,
                                   .tour = s->tour,
                                   .host = s->flags & SNAPSHOT_HOST,
                                   .loudest_audio = s->flags & SNAPSHOT_LOUDEST_AUDIO,
                                   .mix = s->flags & SNAPSHOT_MIX,
                                   .obeys_layers = s->flags & SNAPSHOT_OBEYS_LAYERS,
                                   .without = s->flags & SNAPSHOT_MIX ? s->pinned : 0,
                                   .record_consent = s->flags & SNAPSHOT_RECORD_CONSENT,
                                   .n_lines = (uint8_t)(s->n_sources + s->n_slots)};
    memcpy(ret->ice.local_ufrag, s->ice.local_ufrag, sizeof(s->ice.local_ufrag));
    memcpy(ret->ice.local_pwd, s->ice.local_pwd, sizeof(s->ice.local_pwd));
    memcpy(ret->ice.remote_ufrag, s->ice.remote_ufrag, sizeof(s->ice.remote_ufrag));
    memcpy(ret->ice.remote_pwd, s->ice.remote_pwd, sizeof(s->ice.remote_pwd));
    memcpy(ret->cname, s->cname, sizeof(s->cname));
    memcpy(ret->fingerprint, s->fingerprint, sizeof(ret->fingerprint));
    if (!load_sources(s, ret->lines)) {
        return ERR_FORMAT;
    }
    for (unsigned i = 0; i < s->n_slots; i++) {
        const struct snapshot_slot *slot = &s->slots[i];
        struct session_line *l = &ret->lines[s->n_sources + i];
        load_line(&slot->line, slot->ssrc, slot->rtx_ssrc, l);
        l->fec_ssrc = l->fec_pt ? s->fec_ssrc : 0;
        if (!l->slot) {
            return ERR_FORMAT;
        }
    }
    return load_tails(s, ret) ? OK : ERR_FORMAT;
}

static enum err load_stream(struct session *s, struct inbound *in, us_t now,
                            const struct snapshot_stream *from) {
    struct srtp_opener *opener = s->transport.opener;
    if (from->rtx_high) {
        in->rtx_ssrc = from->rtx_ssrc;
        in->rtx_seq = (uint16_t)from->rtx_high;
        enum err err = srtp_opener_adopt(opener, from->rtx_ssrc, from->rtx_high - (1u << 16));
        if (err != OK) {
            return err;
        }
    }
    if (from->ssrc == 0 || from->high < 1u << 16) {
        return OK;
    }
    if (from->ssrc == from->rtx_ssrc) {
        return ERR_FORMAT;
    }
    struct layer *l =
        source_make(s, (unsigned)(in->line - s->lines), (unsigned)(in - in->line->streams));
    enum err err = l ? srtp_opener_adopt(opener, from->ssrc, from->high - (1u << 16)) : ERR_NOMEM;
    if (err != OK) {
        return err;
    }
    in->ssrc = from->ssrc;
    l->ssrc = from->ssrc;
    if (s->rebuilt) {
        recv_stats_rejoin(&in->books->stats, from->high);
    } else {
        recv_stats_resume(&in->books->stats, from->high);
        recv_nack_resume(&in->books->nack, from->high);
        layer_reader_resume(&in->books->layers);
    }
    recv_clock_sr(&l->feed.clock, now, from->sr_ntp, from->sr_rtp_ts);
    l->feed.keyframe.command = (uint8_t)(from->fir + (s->rebuilt ? FIR_SENT_MAX : 0));
    l->tap_id = from->id;
    if (from->id > s->engine->next_tap) {
        s->engine->next_tap = from->id;
    }
    return OK;
}

static enum err load_streams(struct session *s, us_t now, const struct session_snapshot *from) {
    const struct snapshot_stream *stream = from->streams;
    enum err err = OK;
    for (unsigned i = 0; i < s->n_lines; i++) {
        s->lines[i].muted = from->sources[i].line.flags & SNAPSHOT_MUTED;
        for (unsigned j = 0; err == OK && j < inbound_layers(&s->lines[i]); j++) {
            s->lines[i].streams[j].cut = !s->rebuilt && (from->sources[i].cut & 1u << j);
            err = load_stream(s, &s->lines[i].streams[j], now, stream++);
        }
    }
    return err;
}

/* What flowed goes on. */
static void enter_sources(struct session *s, us_t now, const struct session_snapshot *from) {
    EACH_LAYER(l, s) {
        unsigned line = (unsigned)(inbound_of(l)->line - s->lines);
        if (from->sources[line].live & 1u << l->number) {
            source_enter(l, now);
            s->told_live[line] = !s->rebuilt;
        }
    }
}

/* Slot i of the session waits for this layer: it goes on with it. */
static void meet(struct session *s, unsigned i, struct layer *l) {
    struct slot *slot = &s->slots[i];
    struct room *r = &s->tour->room;
    struct room_source *place = &l->flow->place;
    if (slot->resume == 0 || slot->resume != layer_key(l) || slot->line.codec != place->codec ||
        s->participant == place->participant) {
        return;
    }
    slot->resume = 0;
    rewrite_known_as(&slot->stream.rewrite, l->feed.id);
    room_slot_resume(&s->viewer.slots[i], place);
    if (!s->rebuilt) {
        slot->told = place->participant;
        slot->told_kind = place->kind;
    }
    if (!slot->anew) {
        stream_resume(&slot->stream, &l->feed);
    }
    if (slot->anew || l != l->flow->shown) {
        bind_slot(&s->viewer.slots[i], s->engine->now);
    }
    /* Whose camera is on the stage spoke last: ranking then agrees with what is shown. */
    if (slot->line.slot == SLOT_STAGE && place->kind == SOURCE_CAMERA && !r->speakers[0]) {
        room_spoke(r, place->participant);
    }
}

static void meet_source(struct session *s, unsigned i, struct flow *f) {
    FLOW_EACH_LAYER(l, f, flow_live(f)) {
        meet(s, i, l);
    }
}

static void meet_all(struct tour *t) {
    LIST_EACH(pl, &t->peers) {
        struct session *s = LIST_ENTRY(pl, struct session, in_tour);
        for (unsigned i = 0; i < s->n_slots; i++) {
            if (!s->viewer.slots[i].awaiting) {
                s->slots[i].resume = 0; /* settled meanwhile */
            }
            LIST_EACH(l, &t->room.live) {
                meet_source(s, i, flow_of(LIST_ENTRY(l, struct room_source, in_live)));
            }
        }
    }
}

static void load_dependency(const struct session *s, struct rewrite_dependency *ret,
                            const struct rewrite_dependency *from) {
    *ret = *from;
    if (s->rebuilt) {
        rewrite_dependency_rejoin(ret, from);
    }
}

/* It is not known of every slot what was told of it. */
static bool tells_again(const struct session *s, const struct session_snapshot *from) {
    return s->rebuilt || (from->flags & SNAPSHOT_TOLD_AHEAD);
}

static void load_slot(struct session *s, unsigned i, us_t taken,
                      const struct session_snapshot *all) {
    const struct snapshot_slot *from = &all->slots[i];
    struct slot *slot = &s->slots[i];
    (s->rebuilt ? rewrite_rejoin : rewrite_import)(&slot->stream.rewrite, taken, &from->rewrite);
    if (slot->line.codec == CODEC_AV1) {
        load_dependency(s, &slot->stream.dependency, &from->dependency);
    } else {
        (s->rebuilt ? rewrite_vp8_rejoin : rewrite_vp8_import)(&slot->stream.vp8, &from->vp8);
    }
    choice_resume(&slot->stream.layers, from->line.kind >> 4);
    slot->stream.unnumbered = from->line.flags & SNAPSHOT_UNNUMBERED;
    slot->stream.rtx.next = from->rtx_index;
    slot->stream.packets = from->packets;
    slot->stream.octets = from->octets;
    slot->resume = from->rewrite.source;
    slot->anew = s->rebuilt || (from->line.flags & SNAPSHOT_BEHIND);
    /* Who that was is told when nobody comes. */
    slot->told = slot->resume || tells_again(s, all) ? SLOT_TOLD_BEFORE : 0;
    s->viewer.slots[i].awaiting = slot->resume != 0;
}

static void load_transport(struct session *s, us_t now, const struct session_snapshot *from) {
    struct transport *t = &s->transport;
    t->srtcp_index = from->srtcp_index;
    t->twcc_next = (uint16_t)(from->twcc_next + (s->rebuilt ? LEASE_STEP : 0));
    t->flight_len = from->last_flight_len;
    memcpy(t->flight, from->last_flight, sizeof(from->last_flight));
    struct packet_addrs where = {from->remote, from->local};
    transport_resume(t, now, from->remote.port ? &where : NULL);
}

static enum err load(struct session *s, us_t now, const struct session_snapshot *from) {
    s->rebuilt = !(from->flags & SNAPSHOT_FINAL);
    s->transport.keys = from->keys;
    enum err err = transport_set_keys(&s->transport);
    err = err == OK ? load_streams(s, now, from) : err;
    if (err != OK) {
        return err;
    }
    for (unsigned i = 0; i < s->n_slots; i++) {
        struct protect *x = s->slots[i].stream.protect;
        load_slot(s, i, taken_at(from, now), from);
        if (x) {
            x->next = from->fec_index;
        }
    }
    load_transport(s, now, from);
    s->viewer.pinned = s->viewer.mix ? 0 : from->pinned;
    s->viewer.receives = from->receives;
    clock_offset_load(&s->offset, now, from->clock_offset);
    s->viewer.present = true;
    s->told_up = !s->rebuilt;
    s->reception.is = s->reception.told = RECEPTION_COUNT;
    s->report_at = now;
    enter_sources(s, now, from);
    need_adopted(s);
    if (tells_again(s, from)) {
        event_session(s);
    }
    return OK;
}

enum err engine_adopt(struct engine *e, us_t now, const struct session_snapshot *from) {
    struct session_params params;
    struct session *s = NULL;
    turn_begin(e, now);
    enum err err = load_params(from, &params);
    if (err == OK) {
        err = session_create(e, now, &params, &s);
        err = err == ERR_RANGE ? ERR_FORMAT : err;
    }
    if (err != OK) {
        return err;
    }
    struct tour *t = s->tour;
    err = load(s, now, from);
    if (err != OK) {
        session_leave(s, now, false);
        turn_end(e);
        return err;
    }
    t->room.settle_until = now + ROOM_SETTLE;
    tour_reschedule(t);
    meet_all(t);
    tour_changed(t);
    keep_new(s, now); /* before anything can go out */
    schedule(s, now);
    turn_end(e);
    return OK;
}

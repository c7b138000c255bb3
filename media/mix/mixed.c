#include "media/mix/mixed.h"

#include "base/alloc.h"
#include "media/mix/places.h"
#include "media/recv/clock.h"

#include <string.h>

#define BEAT_EVERY (1 * US_PER_S) /* [us] as engines do (engine/replica.c) */
#define STALLED (1 * US_PER_S)    /* [us] nobody called: this much is not made up for */
/* [us] How much later than it was said a sound is placed: at its arrival, which is a packet of 20
 * ms later. Reports say so, and pictures wait for it. */
#define BEHIND (20 * US_PER_MS)
#define INPUTS(voices) (2 * (voices)) /* of the mixer: who gave up a place fades */
#define INPUT_AHEAD (2 * US_PER_S)
#define BITRATE_MAX 510              /* [bit/ms] of Opus (RFC 6716 section 2) */
#define SHORTEST (US_PER_MS * 5 / 2) /* [us] of its packets */
#define INPUT_SLACK (20 * US_PER_MS) /* [us] the thread comes so late */

/* What waits in the mixer of one voice, which came early by all that jitter.h allows and is encoded
 * with the most bits or the shortest packets. */
static struct mixer_config mixer_for(const struct mixes_config *c) {
    us_t waits = c->delay + JITTER_ASTRAY + MIXER_FRAME + MIXER_LOOK_AHEAD + INPUT_SLACK;
    return (struct mixer_config){.inputs = INPUTS(c->voices),
                                 .outputs = c->per_tour + 1, /* one changes */
                                 .bitrate = c->bitrate,
                                 .ahead = INPUT_AHEAD,
                                 .queue_bytes = (uint32_t)(waits / US_PER_MS * BITRATE_MAX / 8) +
                                                2 * PACKET_CAP,
                                 .queue_packets = (uint32_t)(waits / SHORTEST) + 2};
}

struct mixed *mixed_new(struct mixed_common *common, us_t now, uint64_t tour) {
    struct mixed *t = mem_zalloc(1, sizeof(*t));
    if (!t) {
        return NULL;
    }
    list_init(&t->in_mixes);
    list_init(&t->outputs);
    list_init(&t->listeners);
    t->common = common;
    t->tour = tour;
    t->beat_at = now + BEAT_EVERY;
    t->voices = mem_zalloc(common->c.voices, sizeof(*t->voices));
    t->unheard = mem_zalloc(PLACES_UNHEARD(common->c.voices), sizeof(*t->unheard));
    struct mixer_config mc = mixer_for(&common->c);
    t->mixer = mixer_new(&mc);
    if (!t->voices || !t->unheard || !t->mixer) {
        return mixed_free(t);
    }
    mixer_skip(t->mixer, us_max(now - common->c.delay, 0), NULL); /* begins: nothing comes out */
    common->n.tours++;
    return t;
}

/* ---- outputs ---- */

static void tell_gone(struct mixed *t, const struct output *o, uint64_t workers) {
    struct relay *m = outbox_push(&t->common->out, RELAY_GONE, workers);
    if (m) { /* else nothing more is said of it, which is as much */
        m->tour = t->tour;
        m->id = o->id;
    }
}

static void tell_state(struct mixed *t, const struct output *o, uint64_t workers) {
    struct relay *m = outbox_push(&t->common->out, RELAY_STATE, workers);
    if (m) {
        m->tour = t->tour;
        m->id = o->id;
        m->source.participant = o->without;
        m->source.order = o->id; /* of two that say the same the later is heard */
        m->source.kind = SOURCE_MICROPHONE;
        m->source.codec = CODEC_OPUS;
        m->source.flows = 1;
        m->source.ssrc[0] = o->id;
    }
}

static uint32_t ts_of(us_t t) {
    return (uint32_t)(t / US_PER_MS * 48 + t % US_PER_MS * 48 / US_PER_MS);
}

/* Our clock is the engines', so any NTP time will do as long as the offset belongs to it. */
static void tell_report(struct mixed *t, const struct output *o) {
    struct relay *m = outbox_push(&t->common->out, RELAY_REPORT, o->workers);
    if (m) {
        m->tour = t->tour;
        m->id = o->id;
        struct clock_offset offset = {0};
        m->report.ntp = ntp_from_wall((wall_t){t->now});
        clock_offset_sr(&offset, t->now, m->report.ntp);
        m->report.offset = clock_offset_save(&offset);
        m->report.rtp_ts = ts_of(t->now + BEHIND);
    }
}

static struct output *find_output(struct mixed *t, uint64_t without) {
    LIST_EACH(l, &t->outputs) {
        struct output *o = LIST_ENTRY(l, struct output, in_tour);
        if (o->without == without) {
            return o;
        }
    }
    return NULL;
}

static enum err make_output(struct mixed *t, uint64_t without, struct output **ret) {
    struct output *o = mem_zalloc(1, sizeof(*o));
    if (!o) {
        return ERR_NOMEM;
    }
    o->id = ++t->common->last_id;
    o->without = without;
    o->input = without ? places_input(t, without) : 0;
    o->seq = 1u << 16; /* extended ones begin with a rollover counter of 1 */
    enum err err = mixer_output(t->mixer, o->id, o->input);
    if (err != OK) {
        mem_free(o);
        return err;
    }
    list_push(&t->outputs, &o->in_tour);
    t->common->n.outputs++;
    *ret = o;
    return OK;
}

static void free_output(struct mixed *t, struct output *o) {
    mixer_output_remove(t->mixer, o->id);
    list_remove(&o->in_tour);
    t->common->n.outputs--;
    mem_free(o);
}

/* Engines that have a listener of it from now on, or none any more, are told; an output that nobody
 * hears is gone. */
static void output_changed(struct mixed *t, struct output *o) {
    uint64_t workers = 0;
    LIST_EACH(l, &t->listeners) {
        const struct listener *x = LIST_ENTRY(l, struct listener, in_tour);
        workers |= x->output == o ? 1ull << x->worker : 0;
    }
    tell_gone(t, o, o->workers & ~workers);
    tell_state(t, o, workers & ~o->workers);
    bool begins = workers & ~o->workers;
    o->workers = workers;
    if (begins) {
        tell_report(t, o);
    }
    if (!workers) {
        free_output(t, o);
    }
}

/* ---- listeners ---- */

static struct listener *find_listener(struct mixed *t, uint64_t peer) {
    LIST_EACH(l, &t->listeners) {
        struct listener *x = LIST_ENTRY(l, struct listener, in_tour);
        if (x->peer == peer) {
            return x;
        }
    }
    return NULL;
}

bool mixed_hears(struct mixed *t, uint64_t peer) {
    return find_listener(t, peer) != NULL;
}

/* NULL without memory. */
static struct listener *make_listener(struct mixed *t, const struct mix_order *o) {
    struct listener *x = mem_zalloc(1, sizeof(*x));
    if (x) {
        x->peer = o->peer;
        x->worker = o->worker;
        list_push(&t->listeners, &x->in_tour);
        t->common->n.listeners++;
    }
    return x;
}

static void free_listener(struct mixed *t, struct listener *x) {
    list_remove(&x->in_tour);
    t->common->n.listeners--;
    mem_free(x);
}

enum err mixed_listen(struct mixed *t, us_t now, const struct mix_order *o) {
    t->now = now;
    struct output *to = find_output(t, o->without);
    enum err err = to ? OK : make_output(t, o->without, &to);
    if (err != OK) {
        return err;
    }
    struct listener *x = find_listener(t, o->peer);
    x = x ? x : make_listener(t, o);
    if (!x) {
        output_changed(t, to);
        return ERR_NOMEM;
    }
    struct output *was = x->output;
    if (was && was->without != to->without) {
        places_left(t, was->without); /* he has left, which his engine has not told yet */
    }
    x->output = to;
    x->worker = o->worker;
    output_changed(t, to);
    if (was && was != to) {
        output_changed(t, was);
    }
    return OK;
}

bool mixed_unlisten(struct mixed *t, uint64_t peer) {
    struct listener *x = find_listener(t, peer);
    if (!x) {
        return false;
    }
    struct output *was = x->output;
    free_listener(t, x);
    output_changed(t, was);
    return true;
}

struct mixed *mixed_free(struct mixed *t) {
    for (uint32_t i = 0; t->voices && t->mixer && i < t->common->c.voices; i++) {
        if (t->voices[i].participant) {
            places_end(t, &t->voices[i]);
        }
    }
    LIST_EACH(l, &t->listeners) {
        free_listener(t, LIST_ENTRY(l, struct listener, in_tour));
    }
    LIST_EACH(l, &t->outputs) {
        output_changed(t, LIST_ENTRY(l, struct output, in_tour));
    }
    t->common->n.tours -= t->voices && t->unheard && t->mixer;
    list_remove(&t->in_mixes);
    mixer_free(t->mixer);
    mem_free(t->unheard);
    mem_free(t->voices);
    return mem_free(t);
}

/* ---- what engines tell ---- */

/* An engine has the tour from now on: it may have refused what was said of it before. */
static void introduce(struct mixed *t, uint64_t worker) {
    LIST_EACH(l, &t->outputs) {
        struct output *o = LIST_ENTRY(l, struct output, in_tour);
        tell_state(t, o, o->workers & worker);
    }
}

void mixed_input(struct mixed *t, us_t now, const struct relay *m) {
    t->now = now;
    switch ((enum relay_type)m->type) {
    case RELAY_HELLO:
        introduce(t, 1ull << m->from);
        break;
    case RELAY_STATE:
        places_state(t, m);
        break;
    case RELAY_GONE:
        places_gone(t, m);
        break;
    case RELAY_PACKET:
        places_packet(t, m);
        break;
    default:
        break; /* of no use to a mix */
    }
}

/* ---- time ---- */

/* Is this frame sent? Of silence only one packet now and then. */
static bool is_sent(struct output *o, us_t t, bool silence) {
    bool sent = !silence || !o->silent || t - o->sent_at >= MIX_SILENCE_EVERY;
    o->silent = silence;
    return sent;
}

static void give(struct mixed *t, struct output *o, us_t at, struct bytes opus) {
    struct mixed_common *c = t->common;
    struct packet *k = packet_take(c->c.pool);
    struct relay *m = k ? outbox_push(&c->out, RELAY_PACKET, o->workers) : NULL;
    if (!m) {
        packet_unref(k);
        c->n.lost++;
        return;
    }
    memcpy(k->data, opus.p, opus.n);
    k->len = (uint16_t)opus.n;
    k->arrival = t->now;
    m->tour = t->tour;
    m->id = o->id;
    m->on = true;
    m->packet = (struct media_packet){.packet = k,
                                      .seq = ++o->seq,
                                      .at = t->now,
                                      .ts = ts_of(at),
                                      .payload_len = (uint16_t)opus.n,
                                      .audio_level = 127,
                                      .layers = layers_none(),
                                      .marker = o->rests && !o->silent};
    c->n.sent++;
}

static void on_packet(void *ctx, uint32_t id, us_t at, struct bytes opus) {
    struct mixed *t = ctx;
    LIST_EACH(l, &t->outputs) {
        struct output *o = LIST_ENTRY(l, struct output, in_tour);
        if (o->id != id) {
            continue;
        }
        bool silence = mixer_is_silence(opus);
        t->common->n.frames++;
        bool sent = is_sent(o, at, silence);
        if (sent) {
            give(t, o, at, opus);
            o->sent_at = at;
        }
        o->rests = silence && (o->rests || !sent);
        return;
    }
}

/* When the next frame is due. */
static us_t frame_at(const struct mixed *t) {
    return mixer_at(t->mixer) + MIXER_FRAME + MIXER_LOOK_AHEAD + t->common->c.delay;
}

/* The process stood still. What is late by that much is dropped rather than played after it. */
static void skip(struct mixed *t, const struct mixer_sink *sink) {
    struct voice_work w = places_work(t);
    for (uint32_t i = 0; i < t->common->c.voices; i++) {
        if (t->voices[i].participant) {
            voice_restart(&t->voices[i], &w);
        }
    }
    us_t before = mixer_at(t->mixer);
    mixer_skip(t->mixer, t->now - t->common->c.delay, sink);
    t->common->n.skipped += (uint64_t)(mixer_at(t->mixer) - before);
}

static void take_frame(struct mixed *t) {
    struct mixer_sink sink = {t, on_packet, NULL};
    us_t due = frame_at(t);
    if (t->now - due > STALLED) {
        skip(t, &sink);
        due = frame_at(t);
    }
    if (t->now < due) {
        return;
    }
    struct voice_work w = places_work(t);
    w.taken = due - t->common->c.delay;
    for (uint32_t i = 0; i < t->common->c.voices; i++) {
        if (t->voices[i].participant) {
            voice_release(&t->voices[i], &w);
        }
    }
    mixer_take(t->mixer, w.taken, &sink);
}

static void beat(struct mixed *t) {
    t->beat_at = t->now + BEAT_EVERY;
    places_beat(t);
    LIST_EACH(l, &t->outputs) {
        struct output *o = LIST_ENTRY(l, struct output, in_tour);
        tell_state(t, o, o->workers);
        tell_report(t, o);
    }
}

us_t mixed_deadline(const struct mixed *t) {
    return us_min(frame_at(t), t->beat_at);
}

void mixed_timeout(struct mixed *t, us_t now) {
    t->now = now;
    take_frame(t);
    if (t->beat_at <= now) {
        beat(t);
    }
}

#include "media/mix/voice.h"

#include <string.h>

static void drop_waiting(struct voice *v) {
    for (uint32_t i = 0; i < v->n; i++) {
        packet_unref(v->waiting[i].packet);
    }
    v->n = 0;
}

void voice_restart(struct voice *v, const struct voice_work *w) {
    drop_waiting(v);
    v->jitter = (struct jitter){0};
    v->began = false;
    mixer_input_cut(w->mixer, v->input);
}

static void put(struct voice *v, const struct voice_packet *p, const struct voice_work *w) {
    struct bytes opus = bytes_of(p->packet->data + p->at, p->len);
    enum mixer_verdict verdict = MIXER_FULL;
    if (mixer_input(w->mixer, v->input) == OK) {
        verdict = mixer_put_level(w->mixer, v->input, p->t, opus, p->level);
    }
    w->counters->late += verdict == MIXER_LATE;
    w->counters->refused += verdict != MIXER_LATE && verdict != MIXER_TAKEN;
    v->began = true;
    v->last = p->seq;
    v->last_t = p->t;
}

static void put_first(struct voice *v, const struct voice_work *w) {
    struct voice_packet p = v->waiting[0];
    v->n--;
    memmove(v->waiting, v->waiting + 1, v->n * sizeof(v->waiting[0]));
    if (p.seq > v->last) { /* else it came once more, and that one did not wait */
        put(v, &p, w);
    }
    packet_unref(p.packet);
}

/* When what is missing before the first that waits is needed: packets are taken to be of one
 * length. */
static us_t hole_at(const struct voice *v) {
    const struct voice_packet *p = &v->waiting[0];
    if (p->seq <= v->last) {
        return v->last_t;
    }
    us_t length = (p->t - v->last_t) / (us_t)(p->seq - v->last);
    return v->last_t + us_max(length, 0);
}

void voice_release(struct voice *v, const struct voice_work *w) {
    while (v->n > 0 && (v->waiting[0].seq == v->last + 1 || hole_at(v) <= w->taken)) {
        put_first(v, w);
    }
}

/* In order of sequence numbers. False: it is there already. */
static bool insert(struct voice *v, const struct voice_packet *p) {
    uint32_t i = v->n;
    while (i > 0 && v->waiting[i - 1].seq > p->seq) {
        i--;
    }
    if (i > 0 && v->waiting[i - 1].seq == p->seq) {
        return false;
    }
    memmove(v->waiting + i + 1, v->waiting + i, (v->n - i) * sizeof(v->waiting[0]));
    v->waiting[i] = *p;
    packet_ref(p->packet);
    v->n++;
    return true;
}

/* False: it is not heard. */
static bool place(struct voice *v, const struct media_packet *p, const struct voice_work *w,
                  us_t *ret) {
    if (v->began && p->seq <= v->last) {
        w->counters->late++;
        return false;
    }
    if (v->jitter.any && p->seq <= v->newest) {
        *ret = jitter_place_old(&v->jitter, p->ts);
        return true;
    }
    bool was = v->jitter.any;
    switch (jitter_place(&v->jitter, p->at, p->ts, w->patience, ret)) {
    case JITTER_BEGINS:
        if (was) {
            drop_waiting(v);
            v->began = false;
            mixer_input_cut(w->mixer, v->input);
        }
        break;
    case JITTER_PLACED:
        break;
    case JITTER_REFUSED:
        w->counters->refused++;
        return false;
    }
    v->newest = p->seq;
    return true;
}

/* As its sender says (RFC 6464 section 3), so that what nobody hears is not decoded (mixer.h):
 * browsers go on sending while somebody is muted in them. */
static uint8_t level_of(const struct media_packet *p) {
    return media_packet_says_level(p) ? p->audio_level : MIXER_LEVEL_NONE;
}

bool voice_sounds(const struct media_packet *p) {
    uint8_t level = level_of(p);
    return p->payload_len > OPUS_DTX_MAX && (level == MIXER_LEVEL_NONE || level < MIXER_INAUDIBLE);
}

void voice_packet(struct voice *v, const struct media_packet *p, bool keep,
                  const struct voice_work *w) {
    struct voice_packet x = {.seq = p->seq,
                             .at = p->payload_at,
                             .len = p->payload_len,
                             .level = level_of(p),
                             .packet = p->packet};
    w->counters->packets++;
    if (!place(v, p, w, &x.t)) {
        return;
    }
    while (v->n > 0 && (!keep || v->n == VOICE_WAITING) && v->waiting[0].seq < x.seq) {
        put_first(v, w);
    }
    if (!v->began || !keep || x.seq == v->last + 1 || v->n == VOICE_WAITING) {
        put(v, &x, w);
    } else {
        w->counters->refused += !insert(v, &x);
    }
    voice_release(v, w);
}

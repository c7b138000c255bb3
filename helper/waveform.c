/* The lowest and highest sample of each window of every input, told a piece at a time. */
#include "recorder/derived/waveform.h"
#include "helper/channel.h"
#include "helper/sound.h"
#include "helper/tasks.h"

#define PAIRS 4096 /* windows in one message */

struct windows {
    uint32_t input;
    uint64_t first; /* window of pairs[0] */
    size_t n;
    int8_t pairs[PAIRS][2];
};

static void say(struct windows *w) {
    struct message m = {.type = MESSAGE_WAVE,
                        .index = w->input,
                        .at = w->first,
                        .data = bytes_of(w->pairs, 2 * w->n)};
    if (w->n) {
        channel_say(&m);
    }
    w->n = 0;
}

static int8_t byte_of(float v) {
    float scaled = v * 128.0f;
    return (int8_t)(scaled <= -128.0f ? -128 : scaled >= 127.0f ? 127 : (int)scaled);
}

/* The window of a sample; silence lies between it and the one before. */
static int8_t *window(struct windows *w, uint64_t at) {
    if (w->n && (at < w->first || at - w->first >= PAIRS)) {
        say(w);
    }
    if (w->n == 0) {
        w->first = at;
    }
    for (; w->first + w->n <= at; w->n++) {
        w->pairs[w->n][0] = w->pairs[w->n][1] = 0;
    }
    return w->pairs[at - w->first];
}

static void take(struct windows *w, const struct sound_piece *p) {
    for (int i = 0; i < p->n; i++) {
        us_t t = p->at + (us_t)i * US_PER_S / SOUND_RATE;
        int8_t *pair = window(w, (uint64_t)(us_max(t, 0) / WAVEFORM_WINDOW));
        int8_t left = byte_of(p->left[i]), right = byte_of(p->right[i]);
        int8_t low = left < right ? left : right, high = left < right ? right : left;
        pair[0] = low < pair[0] ? low : pair[0];
        pair[1] = high > pair[1] ? high : pair[1];
    }
}

void task_waveform(const struct task *t) {
    static struct windows w;
    for (uint32_t i = 0; i < t->n_inputs; i++) {
        struct sound *s = sound_open(t, i);
        struct sound_piece p;
        us_t told = 0;
        w.input = i;
        while (s && sound_next(s, &p)) {
            take(&w, &p);
            if (p.at - told > 60 * US_PER_S) {
                told = p.at;
                tasks_progress(i, t->n_inputs);
            }
        }
        say(&w);
        sound_close(s);
        tasks_progress(i + 1, t->n_inputs);
    }
}

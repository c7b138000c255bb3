#include "recorder/derived/waveform.h"

#include "base/alloc.h"
#include "base/check.h"

uint32_t waveform_windows(us_t duration) {
    us_t whole = us_max(duration, 0);
    us_t n = whole / WAVEFORM_WINDOW + (whole % WAVEFORM_WINDOW != 0);
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

enum err waveform_new(us_t duration, struct waveform *ret) {
    uint32_t windows = waveform_windows(duration);
    if (windows > WAVEFORM_WINDOWS_MAX) {
        return ERR_LONG;
    }
    size_t n = WAVEFORM_HEAD + 2 * (size_t)windows;
    uint8_t *b = mem_zalloc(n, 1);
    if (!b) {
        return ERR_NOMEM;
    }
    struct wr w = wr_of(b, n);
    wr_bytes(&w, "ORWF", 4);
    wr_u8(&w, 1);
    wr_u8(&w, 0);
    wr_u16(&w, WAVEFORM_WINDOW / US_PER_MS);
    wr_u32(&w, windows);
    wr_u64(&w, (uint64_t)duration);
    CHECK(!w.bad && wr_len(&w) == WAVEFORM_HEAD);
    *ret = (struct waveform){b, n};
    return OK;
}

void waveform_add(struct waveform *w, uint64_t at, struct bytes pairs) {
    uint64_t windows = (w->n - WAVEFORM_HEAD) / 2;
    for (size_t i = 0; i + 1 < pairs.n && at < windows; i += 2, at++) {
        int8_t *have = (int8_t *)w->b + WAVEFORM_HEAD + 2 * at;
        int8_t low = (int8_t)pairs.p[i], high = (int8_t)pairs.p[i + 1];
        have[0] = low < have[0] ? low : have[0];
        have[1] = high > have[1] ? high : have[1];
    }
}

void waveform_free(struct waveform *w) {
    mem_free(w->b);
    *w = (struct waveform){0};
}

#include "recorder/derived/layout.h"

static uint16_t even(uint32_t v) {
    return (uint16_t)(v & ~1u);
}

static uint32_t at_least_2(uint32_t v) {
    return v < 2 ? 2 : v;
}

struct layout layout_of(uint16_t width, uint16_t height, bool faces) {
    struct layout l = {.stage = {0, 0, width, height}};
    if (!faces) {
        return l;
    }
    uint16_t w = (uint16_t)at_least_2(even(width / LAYOUT_FACES));
    uint16_t h = (uint16_t)at_least_2(even(height / LAYOUT_FACES));
    l.faces = LAYOUT_FACES;
    for (unsigned i = 0; i < LAYOUT_FACES; i++) {
        l.face[i] = (struct layout_box){(uint16_t)(width - w), (uint16_t)(i * h), w, h};
    }
    l.stage.w = (uint16_t)(width - w);
    return l;
}

struct layout_box layout_fit(const struct layout_box *box, uint32_t w, uint32_t h) {
    struct layout_box b = *box;
    if ((uint64_t)w * box->h > (uint64_t)h * box->w) {
        b.h = even((uint32_t)at_least_2((uint32_t)((uint64_t)h * box->w / w)));
    } else {
        b.w = even((uint32_t)at_least_2((uint32_t)((uint64_t)w * box->h / h)));
    }
    b.x = (uint16_t)(box->x + even((uint32_t)(box->w - b.w) / 2));
    b.y = (uint16_t)(box->y + even((uint32_t)(box->h - b.h) / 2));
    return b;
}

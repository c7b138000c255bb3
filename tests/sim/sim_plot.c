#include "tests/sim/sim_plot.h"

#include "base/alloc.h"
#include "base/check.h"

#include <stdio.h>

#define SAMPLES_MAX 4000
#define EVERY (100 * US_PER_MS) /* one point for each of this */
#define OVER (500 * US_PER_MS)  /* rates are means over so long */
#define BACK (OVER / EVERY)

/* The picture, in its own units. */
#define WIDTH 760
#define LEFT 60
#define RIGHT 740
#define PANEL 150
#define GAP 45
#define TOP 40

struct sample {
    us_t at;
    uint64_t capacity, estimate, rate; /* [bit/s] */
    double wait;                       /* [ms] in the queue */
    double fps;
    int layer; /* shown; -1: nothing */
    uint64_t bytes, frames;
};

struct plot {
    const struct browser *of; /* the viewer that is drawn, the first one noted */
    unsigned n;
    struct sample v[SAMPLES_MAX];
};

struct panel {
    const char *title;
    double most; /* value at the top */
    int y;       /* of the bottom */
};

struct line {
    const char *name, *colour;
    double (*value)(const struct sample *s);
};

struct plot *plot_new(void) {
    struct plot *p = mem_zalloc(1, sizeof(*p));
    CHECK(p);
    return p;
}

struct plot *plot_free(struct plot *p) {
    return mem_free(p);
}

void plot_sample(struct world *w, struct browser *b, uint64_t estimate) {
    struct plot *p = w->plot;
    if (!p || p->n == SAMPLES_MAX || (p->of && p->of != b) ||
        (p->n > 0 && w->now - p->v[p->n - 1].at < EVERY)) {
        return;
    }
    const struct play *stage = browser_slot(b, SLOT_STAGE, 0);
    struct sample *s = &p->v[p->n++];
    p->of = b;
    *s = (struct sample){.at = w->now,
                         .capacity = b->way->c.rate,
                         .estimate = estimate,
                         .bytes = b->bytes,
                         .frames = stage->frames};
    s->wait = b->way->free_at > w->now ? (double)(b->way->free_at - w->now) / US_PER_MS : 0;
    if (p->n > BACK) {
        const struct sample *was = s - BACK;
        double span = (double)(s->at - was->at) / US_PER_S;
        s->rate = (uint64_t)((double)(s->bytes - was->bytes) * 8 / span);
        s->fps = (double)(s->frames - was->frames) / span;
    }
    bool shown = stage->frames > 0 && w->now - stage->last_frame < US_PER_S;
    s->layer = shown ? stage->last.content.layer : -1;
}

static double capacity(const struct sample *s) {
    return (double)s->capacity / 1e6;
}

static double estimated(const struct sample *s) {
    return (double)s->estimate / 1e6;
}

static double received(const struct sample *s) {
    return (double)s->rate / 1e6;
}

static double wait(const struct sample *s) {
    return s->wait;
}

static double fps(const struct sample *s) {
    return s->fps;
}

static double size(const struct sample *s) {
    return s->layer < 0 ? 0 : 30.0 / (1 << s->layer);
}

static double highest(const struct plot *p, const struct line *l, double at_least) {
    for (unsigned i = 0; i < p->n; i++) {
        double v = l->value(&p->v[i]);
        at_least = v > at_least ? v : at_least;
    }
    return at_least;
}

static double x_of(const struct plot *p, us_t at) {
    double all = (double)(p->v[p->n - 1].at - p->v[0].at);
    return LEFT + (RIGHT - LEFT) * (double)(at - p->v[0].at) / (all > 0 ? all : 1);
}

/* Points that are on a line between their neighbours are left out: the file stays small. */
static void draw_line(FILE *f, const struct plot *p, const struct panel *q, const struct line *l,
                      unsigned number) {
    double last = -1;
    bool flat = false;
    fprintf(f, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"", l->colour);
    for (unsigned i = 0; i < p->n; i++) {
        double v = l->value(&p->v[i]), y = q->y - PANEL * (v < q->most ? v : q->most) / q->most;
        double change = y - last;
        bool same = change < 0.05 && change > -0.05;
        if (same && i + 1 < p->n) {
            flat = true;
            continue;
        }
        if (flat) { /* where the flat part ends */
            fprintf(f, "%.1f,%.1f ", x_of(p, p->v[i - 1].at), last);
        }
        fprintf(f, "%.1f,%.1f ", x_of(p, p->v[i].at), y);
        flat = false;
        last = y;
    }
    fprintf(f, "\"/>\n<text x=\"%d\" y=\"%d\" fill=\"%s\" text-anchor=\"end\">%s</text>\n",
            RIGHT - 4, q->y - PANEL + 14 + 15 * (int)number, l->colour, l->name);
}

static void draw_panel(FILE *f, const struct plot *p, const struct panel *q) {
    us_t begin = p->v[0].at, end = p->v[p->n - 1].at;
    fprintf(f, "<text x=\"%d\" y=\"%d\">%s</text>\n", LEFT, q->y - PANEL - 6, q->title);
    for (int i = 0; i <= 2; i++) {
        int y = q->y - PANEL * i / 2;
        fprintf(f, "<path d=\"M%d %dH%d\" stroke=\"#ddd\"/>\n", LEFT, y, RIGHT);
        fprintf(f, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.4g</text>\n", LEFT - 6, y + 4,
                q->most * i / 2);
    }
    for (us_t t = 0; t <= end - begin; t += 5 * US_PER_S) {
        fprintf(f, "<text x=\"%.0f\" y=\"%d\" text-anchor=\"middle\">%lld s</text>\n",
                x_of(p, begin + t), q->y + 16, (long long)(t / US_PER_S));
    }
}

bool plot_write(const struct plot *p, const char *file, const char *title) {
    static const struct line lines[] = {
        {"link", "#999", capacity},       {"estimate", "#c33", estimated},
        {"received", "#36c", received},   {"queue", "#c80", wait},
        {"frames a second", "#36c", fps}, {"size: full, half, quarter", "#393", size}};
    static const unsigned of_panel[] = {3, 1, 2};
    struct panel panels[] = {
        {"Mbit/s", 0.1, 0}, {"waiting in the queue [ms]", 50, 0}, {"shown", 30, 0}};
    FILE *f = p->n > BACK ? fopen(file, "w") : NULL;
    if (!f) {
        return false;
    }
    int height = TOP + 3 * (PANEL + GAP);
    fprintf(f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-size=\"11\" "
            "font-family=\"sans-serif\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
            "<text x=\"%d\" y=\"16\" font-size=\"13\">%s</text>\n",
            WIDTH, height, LEFT, title);
    for (unsigned i = 0, first = 0; i < 3; first += of_panel[i++]) {
        struct panel *q = &panels[i];
        q->y = TOP + (int)i * (PANEL + GAP) + PANEL;
        for (unsigned k = first; k < first + of_panel[i]; k++) {
            q->most = highest(p, &lines[k], q->most);
        }
        draw_panel(f, p, q);
        for (unsigned k = first; k < first + of_panel[i]; k++) {
            draw_line(f, p, q, &lines[k], k - first);
        }
    }
    fprintf(f, "</svg>\n");
    bool bad = ferror(f);
    return fclose(f) == 0 && !bad;
}

#include "recorder/library/sweep_marks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE "%020" PRId64 " %020" PRId64 "\n"
#define LINE_LEN (20 + 1 + 20 + 1)

void sweep_marks_between(const struct sweep_marks *s, int64_t place, wall_t now, wall_t *from,
                         wall_t *to) {
    size_t i = 0, end = s->n;
    while (i < end) { /* the first mark that is not before it */
        size_t mid = i + (end - i) / 2;
        i = s->m[mid].last < place ? mid + 1 : i;
        end = s->m[mid].last < place ? end : mid;
    }
    from->us = i > 0 ? s->m[i - 1].at.us : 0;
    to->us = i < s->n ? us_min(s->m[i].at.us, now.us) : now.us;
}

/* Every second one is forgotten. */
static void thin(struct sweep_marks *s) {
    for (size_t i = 0; i < s->n / 2; i++) {
        s->m[i] = s->m[2 * i + 1];
    }
    s->n /= 2;
}

bool sweep_marks_add(struct sweep_marks *s, const struct sweep_mark *m) {
    const size_t before = s->n;
    /* Places are used again when the last ones were shredded. */
    while (s->n && (s->m[s->n - 1].at.us > m->at.us || s->m[s->n - 1].last > m->last)) {
        s->n--;
    }
    if (s->n && m->at.us < s->m[s->n - 1].at.us + SWEEP_MARK_EVERY) {
        return s->n != before;
    }
    if (s->n == SWEEP_MARKS_MAX) {
        thin(s);
    }
    s->m[s->n++] = *m;
    return true;
}

void sweep_marks_read(struct sweep_marks *s, int fd, off_t offset) {
    char line[LINE_LEN + 1] = "", again[LINE_LEN + 1];
    struct sweep_mark m = {0};
    s->n = 0;
    while (s->n < SWEEP_MARKS_MAX &&
           pread(fd, line, LINE_LEN, offset + (off_t)(s->n * LINE_LEN)) == LINE_LEN &&
           sscanf(line, "%" SCNd64 " %" SCNd64, &m.last, &m.at.us) == 2) {
        const struct sweep_mark *last = s->n ? &s->m[s->n - 1] : &(struct sweep_mark){0};
        snprintf(again, sizeof(again), LINE, m.last, m.at.us);
        if (memcmp(again, line, LINE_LEN) != 0 || m.last < last->last || m.at.us <= last->at.us) {
            return;
        }
        s->m[s->n++] = m;
    }
}

enum err sweep_marks_write(const struct sweep_marks *s, int fd, off_t offset) {
    char text[SWEEP_MARKS_MAX * LINE_LEN + 1];
    for (size_t i = 0; i < s->n; i++) {
        snprintf(text + i * LINE_LEN, LINE_LEN + 1, LINE, s->m[i].last, s->m[i].at.us);
    }
    ssize_t len = (ssize_t)(s->n * LINE_LEN);
    return pwrite(fd, text, (size_t)len, offset) == len && ftruncate(fd, offset + len) == 0
               ? OK
               : ERR_IO;
}

#include "server/glue/glue_failing.h"

#include "base/alloc.h"
#include "base/buffer.h"

#include <string.h>

static struct failing *find(const struct glue *g, const char *recording) {
    LIST_EACH(l, &g->failing) {
        struct failing *f = LIST_ENTRY(l, struct failing, in_glue);
        if (strcmp(f->recording, recording) == 0) {
            return f;
        }
    }
    return NULL;
}

static void forget(struct failing *f) {
    list_remove(&f->in_glue);
    mem_free(f);
}

/* One for which there is no memory is not shown: the tour, the log and the alarm say it all the
 * same. */
static void add(struct glue *g, const char *recording) {
    struct failing *f = mem_zalloc(1, sizeof(*f));
    if (f) {
        glue_copy(f->recording, sizeof(f->recording), recording);
        list_push(&g->failing, &f->in_glue);
    }
}

void glue_failing_note(struct glue *g, const struct recorder_event *e) {
    struct failing *f = *e->recording ? find(g, e->recording) : NULL;
    if (f && (e->type == RECORDER_RECOVERED || e->type == RECORDER_STOPPED)) {
        forget(f);
    } else if (!f && *e->recording && e->type == RECORDER_FAILING) {
        add(g, e->recording);
    }
}

char *glue_failing(const struct glue *g) {
    struct buffer b = {0};
    LIST_EACH(l, &g->failing) {
        buffer_str(&b, LIST_ENTRY(l, struct failing, in_glue)->recording);
    }
    char *ids = b.n ? buffer_take(&b) : NULL;
    buffer_free(&b);
    return ids;
}

void glue_failing_free(struct glue *g) {
    LIST_EACH(l, &g->failing) {
        forget(LIST_ENTRY(l, struct failing, in_glue));
    }
}

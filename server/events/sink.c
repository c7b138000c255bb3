#include "server/events/sink.h"

void sink_maker_free(struct sink_maker *m) {
    if (m->free) {
        m->free(m->settings);
    }
    *m = (struct sink_maker){.settings = NULL};
}

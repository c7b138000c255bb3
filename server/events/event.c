#include "server/events/event.h"

#include "base/alloc.h"
#include "base/json_write.h"

#include <string.h>

#define SERVICE "oriel"
#define VERSION "1.0" /* of the envelope */

struct event *event_new(enum event_type type, const char *data, size_t n) {
    struct event *e = n <= EVENT_DATA_MAX ? mem_zalloc(1, sizeof(*e) + n + 1) : NULL;
    if (e) {
        e->type = (uint8_t)type;
        e->n = n;
        if (n > 0) {
            memcpy(e->data, data, n);
        }
    }
    return e;
}

static void put_metadata(struct buffer *b, const struct event *e) {
    json_open(b, "metadata", '{');
    json_put_string(b, "correlationId", *e->correlation ? e->correlation : e->session);
    json_put_string(b, "userId", *e->user && !e->erased ? e->user : NULL);
    json_put_string(b, "sessionId", *e->session ? e->session : NULL);
    json_close(b, '}');
}

void event_write(struct buffer *b, const struct event *e, uint64_t seq) {
    char at[WALL_TEXT_MAX];
    json_open(b, NULL, '{');
    json_put_string(b, "id", e->id);
    json_put_string(b, "timestamp", wall_text(e->at, at));
    json_put_string(b, "eventType", event_type_name((enum event_type)e->type));
    json_put_string(b, "service", SERVICE);
    json_put_string(b, "version", VERSION);
    json_open(b, "data", '{');
    json_put_string(b, "tour", e->tour);
    json_put_uint(b, "seq", seq);
    if (e->erased) {
        json_put_bool(b, "erased", true);
    } else if (e->n > 0) {
        buffer_str(b, ",");
        buffer_put(b, e->data, e->n);
        b->comma = true; /* a member ends here, as json_write.h has it */
    }
    json_close(b, '}');
    put_metadata(b, e);
    json_close(b, '}');
}

#include "base/problem.h"

#include "base/json_write.h"

void problem_write(struct buffer *b, const struct problem *p) {
    json_open(b, NULL, '{');
    json_put_string(b, "type", "about:blank");
    json_put_string(b, "title", p->title);
    json_put_int(b, "status", p->status);
    json_put_string(b, "code", p->code);
    if (p->detail) {
        json_put_string(b, "detail", p->detail);
    }
    if (p->more) {
        buffer_str(b, ",");
        buffer_str(b, p->more);
    }
    json_close(b, '}');
}

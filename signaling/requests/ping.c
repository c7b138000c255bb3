/* Is anybody there? Also keeps a connection from looking idle to middle boxes. */
#include "signaling/requests/reply.h"

static enum code ping(struct call *c) {
    struct buffer o = {0};
    reply_open(c, &o, "pong");
    reply_send(c, &o);
    return CODE_OK;
}

const struct request request_ping = {.type = "ping", .run = ping};

/* A reaction, of the moment. */
#include "signaling/requests/call.h"
#include "signaling/requests/say.h"

static enum code react(struct call *c) {
    struct speaker me = say_as(c);
    return say_done(c, &me, say_react(&me, call_string(c, "reaction", NULL)));
}

const struct request request_react = {.type = "react",
                                      .fields = {{"reaction", FIELD_STRING, true, 16}},
                                      .needs_seat = true,
                                      .run = react};

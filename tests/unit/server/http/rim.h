/* The loop of the control thread with its connections, and in place of all that answers the test.
 * One thread: a test turns the loop until what it waits for has happened, and lets deadlines pass
 * when it wants to. */
#ifndef ORIEL_TESTS_UNIT_SERVER_HTTP_RIM_H
#define ORIEL_TESTS_UNIT_SERVER_HTTP_RIM_H

#include "server/http/request.h"
#include "server/http/ws.h"
#include "server/os/clock.h"
#include "tests/unit/server/http/client.h"
#include "tests/unit/test.h"

#define RIM_PATIENCE (5 * US_PER_S) /* a limit, far above anything that happens */

/* A body that comes as the test wants. */
struct rim_source {
    size_t ready; /* [bytes] may be given */
    size_t given, piece;
    bool fails; /* when they are */
    unsigned taken;
};

struct rim {
    struct config config;
    char address[16], empty[1]; /* of it */
    struct loop loop;
    struct http_service http; /* the test's own, unless one is given before rim_start */
    struct ws_service ws;
    bool refuse_begin, refuse_admit;
    unsigned begun, admitted, answered, ended; /* requests */
    struct request *last;                      /* the one answered last, until it ends */
    struct rim_source source;
    size_t stream; /* [bytes] of what /stream answers */
    bool refuse_ws;
    unsigned woken;
    unsigned ws_opened, ws_closed, messages, settled;
    uint64_t conn;         /* the WebSocket opened last */
    size_t message_len;    /* [bytes] of the last message */
    char message[64];      /* its beginning */
    bool close_at_message; /* the service closes it from within */
};

/* Limits and deadlines of an ordinary server, which a test may change before rim_start. */
void rim_init(struct rim *r);
/* Listens at 127.0.0.1. False: memory is out. In either case call rim_stop. */
bool rim_start(struct rim *r);
/* Ends all connections; who began has ended then. */
void rim_stop(struct rim *r);
/* One turn of the loop, which takes a millisecond at most. */
void rim_turn(struct rim *r);
/* Turns that it takes until a moment has passed in which nothing happens: few, unless something
 * keeps the loop from waiting. */
unsigned rim_idle_turns(struct rim *r);
/* So much time passes for deadlines [us]. */
void rim_later(struct rim *r, us_t after);

/* Turn the loop until this is so; the test fails when that takes too long. */
#define UNTIL(r, cond)                                                       \
    do {                                                                     \
        us_t until_ = clock_now() + RIM_PATIENCE;                            \
        bool is_ = (cond);                                                   \
        while (!is_ && clock_now() < until_) {                               \
            rim_turn(r);                                                     \
            is_ = (cond);                                                    \
        }                                                                    \
        if (!is_) {                                                          \
            test_fail(__FILE__, __LINE__, "waited in vain until %s", #cond); \
        }                                                                    \
    } while (0)

#endif

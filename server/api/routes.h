/* What the server answers, as a constant table of method, path pattern, what it needs and the
 * function that does it. docs/api.md is this table in prose. */
#ifndef ORIEL_SERVER_API_ROUTES_H
#define ORIEL_SERVER_API_ROUTES_H

#include "server/http/http.h"

enum route_auth {
    ROUTE_PUBLIC,
    ROUTE_SIGNALING, /* a valid Bearer token; signaling checks its role and tour */
    ROUTE_OPS,       /* Bearer token with role ops */
    ROUTE_PLAYBACK   /* as ROUTE_OPS, or the playback cookie of this recording */
};

struct route {
    enum http_method method; /* HTTP_GET rows answer HEAD too */
    const char *pattern;
    enum route_auth auth;
    bool cors; /* bearer endpoints: any origin, no cookies */
    void (*handle)(struct control *c, struct request *r);
};

/* Sets route and args, or early (404, 405) when there is none. */
void routes_find(struct request *r, const char *path);
/* Add the Allow header of a 405. */
void routes_allow(struct request *r);
/* Check the token if the route needs one, before any body is read. False: routes_dispatch will
 * refuse. */
bool routes_authorise(struct request *r);
/* May a request that has begun go on? Not when the ticket that let it in is over or was taken
 * back. */
bool routes_may_go_on(const struct request *r);
/* Call the handler, or refuse. Afterwards there is an answer, or one comes. */
void routes_dispatch(struct request *r);

/* The handlers, a file each: pages.c, status.c, whip.c, recordings.c, keys.c, keeper.c,
 * derived.c, orders.c, tail.c. */
void page_index(struct control *c, struct request *r);
void page_tour(struct control *c, struct request *r);
void page_agent(struct control *c, struct request *r);
void page_ops(struct control *c, struct request *r);
void page_asset(struct control *c, struct request *r);
void status_health(struct control *c, struct request *r);
void status_ready(struct control *c, struct request *r);
void status_metrics(struct control *c, struct request *r);
void status_upgrade(struct control *c, struct request *r);
void whip_request(struct control *c, struct request *r);
void recordings_keys(struct control *c, struct request *r);
void recordings_status(struct control *c, struct request *r);
void recordings_list(struct control *c, struct request *r);
void recordings_one(struct control *c, struct request *r);
void recordings_ticket(struct control *c, struct request *r);
void recordings_revoke(struct control *c, struct request *r);
void recordings_media(struct control *c, struct request *r);
void tail_segments(struct control *c, struct request *r);
void tail_init(struct control *c, struct request *r);
void tail_segment(struct control *c, struct request *r);
void derived_thumbnails(struct control *c, struct request *r);
void derived_thumbnail(struct control *c, struct request *r);
void derived_waveform(struct control *c, struct request *r);
void derived_exports(struct control *c, struct request *r);
void derived_export_start(struct control *c, struct request *r);
void derived_export(struct control *c, struct request *r);
void derived_export_media(struct control *c, struct request *r);
void orders_shred(struct control *c, struct request *r);
void orders_shred_person(struct control *c, struct request *r);
void orders_hold(struct control *c, struct request *r);
void orders_release(struct control *c, struct request *r);
void orders_held(struct control *c, struct request *r);

/* Link headers (RFC 9725 section 4.6) with the STUN and TURN servers for who has the request's
 * token; nothing when it has none that is valid for the tour. */
void whip_ice_servers(struct request *r);
/* An answer of signaling to whip_request. */
void whip_answer(struct control *c, const struct sig_effect *e);
/* A reply of the reader thread; takes over its data. */
void recordings_reply(struct control *c, struct read_reply *reply);
/* What a request for bytes of a thumbnail, waveform or export reads; false: there is no such. */
bool derived_read_request(const struct request *r, struct read_request *q);
/* Ask the reader thread; what it gives is the answer. */
void recordings_ask(struct request *r, const struct read_request *q);
/* Answer that the key provider does not let this server open the recording: nothing of who asks. */
void recordings_key_denied(struct request *r);
/* Answer what the jobs thread says of any recording that it cannot work on; false: nothing of that.
 */
bool derived_answer_error(struct request *r, enum err e);
/* What a request for a segment reads; false: there can be no such. */
bool tail_read_request(const struct request *r, struct read_request *q);
/* Answer what is wrong with a request of tail.c; false: it is none, or nothing of its own. */
bool tail_answer_error(struct request *r, enum err e);
/* Ask the jobs thread about the recording of the request, or refuse; the answer comes by
 * derived_reply. */
void derived_ask(struct request *r, struct job_request *q);
/* Answer an order; may take over its data. */
void orders_answer(struct request *r, struct job_reply *reply);
/* A reply of the jobs thread; takes over its data. */
void derived_reply(struct control *c, struct job_reply *reply);
/* The client can take more of a recording, and no chunk is in hand. False: give up. */
bool recordings_next(struct request *r);
/* The chunk in hand is written: the one that was read meanwhile takes its place. */
void recordings_taken(struct request *r);
/* The request ends, whatever it was: give back what a playback has. */
void recordings_gone(struct request *r);

#endif

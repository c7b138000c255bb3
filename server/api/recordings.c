/* /v1/recordings: lists, details and tickets. Every answer waits for the reader thread. */
#include "server/api/recordings.h"

#include "server/api/playback.h"
#include "server/api/query.h"
#include "server/api/reading.h"
#include "server/api/refuse.h"
#include "server/config/units.h"
#include "server/http/respond.h"
#include "server/os/clock.h"
#include "server/os/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "12.webm" or "12.mp4" */
static bool parse_file(const char *file, uint32_t *epoch) {
    size_t n = strspn(file, "0123456789");
    if (n == 0 || n > 9 || (strcmp(file + n, ".webm") != 0 && strcmp(file + n, ".mp4") != 0)) {
        return false;
    }
    *epoch = (uint32_t)strtoul(file, NULL, 10);
    return true;
}

void recordings_list(struct request *r) {
    struct read_request q = {.type = READ_LIST};
    if (!query_list(r, &q.list)) {
        respond_problem(r, 400, NULL, "The query is not understood.");
        return;
    }
    if (*call_of(r)->claims.tour) {
        if (*q.list.tour && strcmp(q.list.tour, call_of(r)->claims.tour) != 0) {
            refuse_code(r, CODE_TOKEN_TOUR);
            return;
        }
        snprintf(q.list.tour, sizeof(q.list.tour), "%s", call_of(r)->claims.tour);
    }
    (void)reading_ask(r, &q, reading_answer);
}

void recordings_one(struct request *r) {
    struct read_request q = {.type = READ_RECORDING};
    (void)reading_ask(r, &q, reading_answer);
}

static void put_cookie(struct request *r, const char *ticket, int64_t age_s) {
    char cookie[AUTH_TICKET_MAX + 160];
    snprintf(cookie, sizeof(cookie),
             "oriel_play=%s; HttpOnly; SameSite=Strict; Path=/v1/recordings/%.32s; Max-Age=%" PRId64
             "%s",
             ticket, r->args.v[0], age_s, r->loop->https ? "; Secure" : "");
    respond_header(r, "set-cookie:", cookie);
    respond_header(r, "cache-control:", "no-store");
}

/* The recording may be seen: here is the ticket. */
static void answer_ticket(struct request *r, struct read_reply *reply) {
    struct api *a = api_of(r);
    if (reply->error != OK) {
        reading_refuse(r, (enum err)reply->error);
        return;
    }
    char ticket[AUTH_TICKET_MAX];
    struct buffer b = {0};
    struct auth_ticket t = {.number = ++a->tickets,
                            .expires =
                                clock_now() + us_of_s(a->config->timeouts_playback_ticket_s)};
    snprintf(t.sub, sizeof(t.sub), "%s", call_of(r)->claims.sub);
    auth_ticket_make(a->ticket_key, r->args.v[0], &t, ticket);
    LOG(LOG_LEVEL_INFO, "playback_ticket", "A recording was opened.", LOG_STR("conn", r->label),
        LOG_STR("recording", r->args.v[0]), LOG_STR("sub", call_of(r)->claims.sub));
    put_cookie(r, ticket, a->config->timeouts_playback_ticket_s);
    buffer_printf(&b, "{\"expires_s\":%" PRId64 "}", a->config->timeouts_playback_ticket_s);
    respond_buffer(r, 200, "application/json", &b);
}

void recordings_ticket(struct request *r) {
    struct read_request q = {.type = READ_ALLOWED};
    (void)reading_ask(r, &q, answer_ticket);
}

void recordings_revoke(struct request *r) {
    struct api *a = api_of(r);
    const struct claims *claims = &call_of(r)->claims;
    char sub[SUB_MAX + 1];
    if (!query_text(r, "sub", sub, sizeof(sub))) {
        respond_problem(r, 400, NULL, NULL);
        return;
    }
    if (!call_names_recording(r->args.v[0])) {
        refuse_recording_unknown(r);
        return;
    }
    if (!*sub) {
        snprintf(sub, sizeof(sub), "%s", claims->sub);
    }
    bool all = strcmp(sub, "*") == 0;
    if (*claims->tour && (all || strcmp(sub, claims->sub) != 0)) {
        refuse_code(r, CODE_FORBIDDEN); /* others' tickets: only for who may see every tour */
        return;
    }
    struct revocation_time t = {a->tickets, clock_now(),
                                us_of_s(a->config->timeouts_playback_ticket_s)};
    revocations_add(&a->revocations, r->args.v[0], all ? "" : sub, &t);
    LOG(LOG_LEVEL_INFO, "playback_revoked", "Playback tickets were taken back.",
        LOG_STR("conn", r->label), LOG_STR("recording", r->args.v[0]), LOG_STR("sub", sub),
        LOG_STR("by", claims->sub));
    put_cookie(r, "", 0);
    respond_status(r, 204);
}

void recordings_media(struct request *r) {
    struct read_request q = {.type = READ_MEDIA};
    snprintf(q.track, sizeof(q.track), "%.32s", r->args.v[1]);
    if (strlen(r->args.v[1]) > RECORDING_ID_LEN || !parse_file(r->args.v[2], &q.epoch)) {
        respond_problem(r, 404, NULL, NULL);
        return;
    }
    playback_start(r, &q, NULL);
}

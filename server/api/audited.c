#include "server/api/audited.h"

#include "server/api/audited_acts.h"
#include "server/http/respond.h"
#include "signaling/platform.h"
#include "signaling/words/acts.h"

#include <stdio.h>
#include <string.h>

bool audited_refuses(struct request *r) {
    const struct api *a = api_of(r);
    const struct audited_act *act = audited_act_of(r);
    if (!a->config->audit_mandatory || audit_works(a->audit) || !act ||
        !audit_is_required(act->what)) {
        return false;
    }
    respond_header(r, "retry-after:", "5");
    respond_problem(r, 503, "audit_unavailable",
                    "It cannot be recorded now who asks for this, and must be.");
    return true;
}

/* What the path names {name}, or NULL. */
static const char *named(const struct request *r, const char *name) {
    unsigned n = 0;
    for (const char *p = strchr(r->route->pattern, '{'); p; p = strchr(p + 1, '{')) {
        if (strncmp(p, name, strlen(name)) == 0) {
            return n < r->args.n ? r->args.v[n] : NULL;
        }
        n++;
    }
    return NULL;
}

static void note_whom(struct request *r, const char *id) {
    const char *tour = named(r, "{tour}");
    const char *sub = tour && id ? signaling_person_sub(api_of(r)->signaling, tour, id) : NULL;
    if (sub) {
        snprintf(call_of(r)->whom, sizeof(call_of(r)->whom), "%s", sub);
    }
}

void audited_begin(struct request *r) {
    note_whom(r, named(r, "{participant}"));
}

/* Only of moderation: what others say may be long, or a secret. */
void audited_body(struct request *r, const struct json *body) {
    const struct audited_act *act = audited_act_of(r);
    struct call *call = call_of(r);
    struct buffer b = {0};
    if (!act || audit_kind_of(act->what) != AUDIT_MODERATION) {
        return;
    }
    signaling_act_says(&b, body);
    snprintf(call->detail, sizeof(call->detail), "%s%s%s", act->detail ? act->detail : "",
             act->detail && b.n > 0 ? " " : "", b.n > 0 && !b.bad ? b.p : "");
    buffer_free(&b);
    if (json_get_text(json_member(body, "participant"), call->participant,
                      sizeof(call->participant))) {
        note_whom(r, call->participant);
    }
}

/* NULL: it was done, in the end or as far as the client wanted it. */
static const char *why_not(const struct request *r, char text[16]) {
    const struct response *a = &r->response;
    if (call_of(r)->refused != CODE_OK) {
        return code_name(call_of(r)->refused);
    }
    if (a->status >= 200 && a->status < 400) {
        return NULL;
    }
    snprintf(text, 16, "http_%d", a->status);
    return a->status == 0 ? "unanswered" : a->problem ? a->problem : text;
}

/* What else there is to say: of a file that is played in pieces only the track is told. */
static const char *detail_of(const struct request *r, const struct audited_act *act) {
    const char *track = named(r, "{track}"), *number = named(r, "{number}");
    const char *receiver = named(r, "{receiver}");
    bool piece = act->what == AUDIT_RECORDING_PLAY || act->what == AUDIT_RECORDING_THUMBNAILS;
    const char *more = track || piece ? track : number ? number : named(r, "{seq}");
    const char *own = call_of(r)->detail;
    return receiver ? receiver : *own ? own : act->detail ? act->detail : more;
}

void audited_note(struct request *r) {
    struct call *call = call_of(r);
    const struct audited_act *act = call ? audited_act_of(r) : NULL;
    char code[16];
    if (!act || call->noted || (call->refused != CODE_OK && !*call->claims.sub)) {
        return;
    }
    call->noted = true;
    audit(api_of(r)->audit,
          &(struct audit_act){.what = act->what,
                              .code = why_not(r, code),
                              .who = &call->claims,
                              .role = call->claims.scopes ? "service" : NULL,
                              .from = call->has_client ? &call->client : NULL,
                              .tour = named(r, "{tour}"),
                              .recording = named(r, "{recording}"),
                              .participant = *call->participant ? call->participant
                                                                : named(r, "{participant}"),
                              .whom = call->whom,
                              .detail = detail_of(r, act),
                              .trace = r->trace.id});
}

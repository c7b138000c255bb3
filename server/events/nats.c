#include "server/events/nats.h"

#include "base/alloc.h"
#include "server/config/event_topic.h"
#include "server/events/broker_secret.h"
#include "server/events/nats_ack.h"
#include "server/events/nats_pipe.h"
#include "server/net/dial.h"
#include "server/os/clock.h"
#include "server/os/files.h"

#include <limits.h>
#include <nats/nats.h>
#include <stdio.h>
#include <string.h>

#define CONNECT_TIMEOUT (5 * US_PER_S) /* [us] of one server, with TLS, when its name is known */
#define SLICE_MS 100                   /* after so long it looks whether it is to stop */
#define PORT "4222"                    /* where the URL says none */
#define URL_MAX 1100
#define INBOX_MAX 128

/* What a maker has. */
struct settings {
    struct nats_config c;
    char *password, *token;
};

struct nats {
    const struct settings *settings;
    struct sink_run run;
    struct lookups *lookups;
    size_t at;              /* of the urls: that which was tried last */
    struct nats_pipe *pipe; /* below nc */
    natsConnection *nc;     /* NULL: there is none */
    natsSubscription *answers;
    char inbox[INBOX_MAX];
    uint64_t asked; /* the last one's answer comes to INBOX.asked */
};

static bool given(const char *text) {
    return text && *text;
}

/* The library would write to standard error. What is wrong comes back as a status, too. */
static void quiet(natsConnection *nc, natsSubscription *sub, natsStatus s, void *closure) {
    (void)nc;
    (void)sub;
    (void)s;
    (void)closure;
}

static int64_t ms_of(us_t t) {
    return t / US_PER_MS;
}

static bool is_tls(const char *url) {
    return strncmp(url, "tls://", 6) == 0;
}

/* The host and the port within "tls://host:port". */
static void split(const char *url, char host[URL_MAX], char port[8]) {
    const char *p = strstr(url, "://") + 3;
    bool v6 = *p == '[';
    size_t n = v6 ? strcspn(++p, "]") : strcspn(p, ":");
    snprintf(host, URL_MAX, "%.*s", (int)n, p);
    p += n + v6;
    snprintf(port, 8, "%s", *p == ':' ? p + 1 : PORT);
}

static natsStatus use_tls(natsOptions *o, const struct nats_config *c, const char *host) {
    char ca[PATH_MAX], cert[PATH_MAX], key[PATH_MAX];
    natsStatus s = natsOptions_SetSecure(o, true);
    s = s == NATS_OK ? natsOptions_SetExpectedHostname(o, host) : s;
    if (s == NATS_OK && given(c->ca_file)) {
        s = natsOptions_LoadCATrustedCertificates(o, files_credential(c->ca_file, ca));
    }
    if (s == NATS_OK && given(c->cert_file)) {
        s = natsOptions_LoadCertificatesChain(o, files_credential(c->cert_file, cert),
                                              files_credential(c->key_file, key));
    }
    return s;
}

static natsStatus identify(natsOptions *o, const struct settings *x) {
    char creds[PATH_MAX];
    if (given(x->c.user)) {
        return natsOptions_SetUserInfo(o, x->c.user, x->password);
    }
    if (given(x->token)) {
        return natsOptions_SetToken(o, x->token);
    }
    if (given(x->c.creds_file)) {
        return natsOptions_SetUserCredentialsFromFiles(o, files_credential(x->c.creds_file, creds),
                                                       NULL);
    }
    return NATS_OK;
}

/* It connects once, to the pipe: when and where to try again the courier decides, who hears of a
 * stop. */
static natsStatus set_options(const struct nats *w, natsOptions *o, uint16_t port) {
    char url[40];
    snprintf(url, sizeof(url), "nats://127.0.0.1:%u", port);
    natsStatus s = natsOptions_SetURL(o, url);
    s = s == NATS_OK ? natsOptions_SetName(o, "oriel") : s;
    s = s == NATS_OK ? natsOptions_SetTimeout(o, ms_of(us_min(CONNECT_TIMEOUT, w->run.timeout)))
                     : s;
    s = s == NATS_OK ? natsOptions_SetWriteDeadline(o, ms_of(CONNECT_TIMEOUT)) : s;
    s = s == NATS_OK ? natsOptions_SetAllowReconnect(o, false) : s;
    s = s == NATS_OK ? natsOptions_SetIgnoreDiscoveredServers(o, true) : s;
    s = s == NATS_OK ? natsOptions_SetSendAsap(o, true) : s;
    s = s == NATS_OK ? natsOptions_SetErrorHandler(o, quiet, NULL) : s;
    return s == NATS_OK ? identify(o, w->settings) : s;
}

static void disconnect(struct nats *w) {
    natsSubscription_Destroy(w->answers);
    natsConnection_Destroy(w->nc);
    w->answers = NULL;
    w->nc = NULL;
    w->pipe = nats_pipe_close(w->pipe);
}

static natsStatus listen_for_answers(struct nats *w) {
    natsInbox *inbox = NULL;
    char all[INBOX_MAX + 2];
    natsStatus s = natsInbox_Create(&inbox);
    if (s == NATS_OK) {
        snprintf(w->inbox, sizeof(w->inbox), "%s", (const char *)inbox);
        snprintf(all, sizeof(all), "%s.*", w->inbox);
        s = natsConnection_SubscribeSync(&w->answers, w->nc, all);
    }
    natsInbox_Destroy(inbox);
    return s;
}

/* What a status means, and what else is known of it. */
static void explain(const char *url, natsStatus s, const char *more, char why[EVENT_WHY_MAX]) {
    const char *place = more ? strstr(more, "): ") : NULL; /* "(conn.c:12): what" */
    const char *text = natsStatus_GetText(s);
    more = place ? place + 3 : more;
    if (s == NATS_PROTOCOL_ERROR && given(more) && strstr(more, "got ''")) {
        /* With TLS 1.3 it judges our certificate behind the handshake; the alert is lost in
         * libnats. */
        more = "it hung up, and says why in its log (perhaps it does not take our certificate)";
    }
    bool known = !given(more) || strcmp(more, text) == 0;
    snprintf(why, EVENT_WHY_MAX, "%.80s: %s%s%.90s", url, text, known ? "" : ": ",
             known ? "" : more);
}

/* A way to the server on which nothing is said yet: its port here; 0, with why: there is none. */
static uint16_t open_pipe(struct nats *w, const char *url, const char *host, const char *port,
                          char why[EVENT_WHY_MAX]) {
    char more[WHY_MAX];
    uint16_t here = 0;
    us_t each = us_min(CONNECT_TIMEOUT, w->run.timeout);
    const struct dial d = {.host = host,
                           .service = port,
                           .here = !is_tls(url),
                           .lookup = w->run.timeout,
                           .connect = each,
                           .stop = w->run.stop,
                           .ctx = w->run.stop_ctx};
    int fd = dial_tcp(w->lookups, &d, more);
    const struct patience p = {clock_now() + each, d.stop, d.ctx};
    if (fd < 0 || nats_pipe_open(fd, &p, &w->pipe, &here, more) != OK) {
        snprintf(why, EVENT_WHY_MAX, "%.80s: %.110s", url, more);
        return 0;
    }
    return here;
}

static natsStatus connect_through(struct nats *w, natsOptions *o, const char *url,
                                  char why[EVENT_WHY_MAX]) {
    char host[URL_MAX], port[8];
    split(url, host, port);
    uint16_t here = open_pipe(w, url, host, port, why);
    if (here == 0) {
        return NATS_NO_SERVER;
    }
    natsStatus s = set_options(w, o, here);
    s = s == NATS_OK && is_tls(url) ? use_tls(o, &w->settings->c, host) : s;
    s = s == NATS_OK ? natsConnection_Connect(&w->nc, o) : s;
    s = s == NATS_OK ? listen_for_answers(w) : s;
    if (s != NATS_OK) {
        explain(url, s, nats_pipe_was_cut(w->pipe) ? "no answer in time" : nats_GetLastError(NULL),
                why);
    }
    return s;
}

static natsStatus connect_to(struct nats *w, const char *url, char why[EVENT_WHY_MAX]) {
    natsOptions *o = NULL;
    natsStatus s = natsOptions_Create(&o);
    if (s == NATS_OK) {
        s = connect_through(w, o, url, why);
    } else {
        explain(url, s, NULL, why);
    }
    natsOptions_Destroy(o);
    if (s == NATS_OK) {
        nats_pipe_keep(w->pipe);
    } else {
        disconnect(w);
    }
    return s;
}

/* To any of them, beginning with the one that answered last. */
static bool is_connected(struct nats *w, char why[EVENT_WHY_MAX]) {
    const struct nats_config *c = &w->settings->c;
    if (w->nc && natsConnection_Status(w->nc) == NATS_CONN_STATUS_CONNECTED) {
        return true;
    }
    disconnect(w);
    for (size_t i = 0; i < c->n_urls && !w->run.stop(w->run.stop_ctx); i++) {
        size_t k = (w->at + i) % c->n_urls;
        if (connect_to(w, c->urls[k], why) == NATS_OK) {
            w->at = k;
            return true;
        }
    }
    return false;
}

static natsStatus publish(struct nats *w, const struct event_row *r, const char *subject) {
    const struct nats_config *c = &w->settings->c;
    char reply[INBOX_MAX + 24];
    natsMsg *m = NULL;
    snprintf(reply, sizeof(reply), "%s.%llu", w->inbox, (unsigned long long)++w->asked);
    natsStatus s = natsMsg_Create(&m, subject, reply, r->body, (int)strlen(r->body));
    s = s == NATS_OK ? natsMsgHeader_Set(m, "Nats-Msg-Id", r->id) : s;
    if (s == NATS_OK && given(c->stream)) {
        s = natsMsgHeader_Set(m, "Nats-Expected-Stream", c->stream);
    }
    s = s == NATS_OK ? natsConnection_PublishMsg(w->nc, m) : s;
    natsMsg_Destroy(m);
    return s;
}

/* An answer to the last one: *ret, to be destroyed. NATS_TIMEOUT: none came, or it is to stop. */
static natsStatus await(struct nats *w, natsMsg **ret) {
    char reply[INBOX_MAX + 24];
    us_t by = clock_now() + w->run.timeout;
    natsStatus s = NATS_TIMEOUT;
    snprintf(reply, sizeof(reply), "%s.%llu", w->inbox, (unsigned long long)w->asked);
    while (s == NATS_TIMEOUT && clock_now() < by && !w->run.stop(w->run.stop_ctx)) {
        natsMsg *m = NULL;
        s = natsSubscription_NextMsg(&m, w->answers, SLICE_MS);
        if (s == NATS_OK && strcmp(natsMsg_GetSubject(m), reply) != 0) {
            s = NATS_TIMEOUT; /* to one before, which was given up */
        }
        if (s == NATS_OK) {
            *ret = m;
        } else {
            natsMsg_Destroy(m);
        }
    }
    return s;
}

static enum sink_verdict judge(natsMsg *m, char why[EVENT_WHY_MAX]) {
    const struct bytes answer = {(const uint8_t *)natsMsg_GetData(m),
                                 (size_t)natsMsg_GetDataLength(m)};
    enum sink_verdict v = nats_ack_read(answer, why);
    natsMsg_Destroy(m);
    return v;
}

/* Of a connection that stays only if the server has answered, if not as it should. */
static enum sink_verdict failed(struct nats *w, natsStatus s, const char *subject,
                                char why[EVENT_WHY_MAX]) {
    const char *more = NULL;
    if (s == NATS_MAX_PAYLOAD) {
        snprintf(why, EVENT_WHY_MAX, "it is larger than the server's max_payload");
        return SINK_REFUSED;
    }
    if (s == NATS_NO_RESPONDERS) {
        snprintf(why, EVENT_WHY_MAX, "no stream of JetStream takes the subject %.140s", subject);
        return SINK_DOWN;
    }
    /* Such as that it does not permit it. */
    (void)natsConnection_GetLastError(w->nc, &more);
    explain(w->settings->c.urls[w->at], s,
            s == NATS_TIMEOUT && !given(more) ? "no acknowledgement of JetStream" : more, why);
    disconnect(w);
    return SINK_DOWN;
}

static enum sink_verdict send_event(void *ctx, const struct event_row *r, wall_t wall,
                                    struct sink_answer *ret) {
    struct nats *w = ctx;
    char subject[EVENT_TOPIC_MAX];
    natsMsg *answer = NULL;
    (void)wall;
    event_topic_write(w->settings->c.subject, r->type, r->tour, subject);
    if (!is_connected(w, ret->why)) {
        return SINK_DOWN;
    }
    natsStatus s = publish(w, r, subject);
    s = s == NATS_OK ? await(w, &answer) : s;
    return s == NATS_OK ? judge(answer, ret->why) : failed(w, s, subject, ret->why);
}

static void close_nats(void *ctx) {
    struct nats *w = ctx;
    disconnect(w);
    lookups_free(w->lookups);
    mem_free(w);
    nats_ReleaseThreadMemory();
}

static enum err open_nats(const void *settings, const struct sink_run *run, struct sink *ret,
                          char why[WHY_MAX]) {
    struct nats *w = mem_zalloc(1, sizeof(*w));
    struct lookups *lookups = w ? lookups_new(NULL) : NULL;
    if (!lookups) {
        mem_free(w);
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    w->settings = settings;
    w->run = *run;
    w->lookups = lookups;
    *ret = (struct sink){.ctx = w, .send = send_event, .close = close_nats};
    return OK;
}

static void settings_free(void *settings) {
    struct settings *x = settings;
    broker_secret_free(x->password);
    broker_secret_free(x->token);
    mem_free(x);
}

enum err nats_maker(const struct nats_config *c, struct sink_maker *ret) {
    struct settings *x = mem_zalloc(1, sizeof(*x));
    if (!x || nats_Open(-1) != NATS_OK) {
        mem_free(x);
        return ERR_NOMEM;
    }
    x->c = *c;
    x->password = given(c->password) ? mem_strdup(c->password) : NULL;
    x->token = given(c->token) ? mem_strdup(c->token) : NULL;
    if ((given(c->password) && !x->password) || (given(c->token) && !x->token)) {
        settings_free(x);
        return ERR_NOMEM;
    }
    *ret = (struct sink_maker){x, open_nats, settings_free};
    return OK;
}

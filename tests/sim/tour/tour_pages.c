/* What a client says: its requests as text, its offers, and the browser behind them. */
#include "base/check.h"
#include "base/json_write.h"
#include "tests/sim/scenarios/scenarios.h"
#include "tests/sim/sim_identities.h"
#include "tests/sim/tour/tour_sim.h"

#include <stdio.h>

static const char *const fields[TOUR_FIELDS] = {"audio", "camera", "screen", "chat", "point"};

/* ---- offers ---- */

static void put_session(struct buffer *o, const struct page *p, unsigned identity) {
    const uint8_t *print = dtls_identity_fingerprint(sim_identity(identity));
    buffer_str(o, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
                  "a=group:BUNDLE 0 1 2 3 4 5 6\r\na=fingerprint:sha-256 ");
    for (unsigned i = 0; i < FINGERPRINT_LEN; i++) {
        buffer_printf(o, "%s%02X", i ? ":" : "", print[i]);
    }
    buffer_printf(o,
                  "\r\na=ice-ufrag:u%03u%05u\r\na=ice-pwd:0123456789abcdefgh%06u\r\n"
                  "a=setup:actpass\r\n",
                  p->number, p->offers, p->offers);
}

static void put_line(struct buffer *o, unsigned mid, bool audio, const char *direction) {
    buffer_printf(o, "m=%s 9 UDP/TLS/RTP/SAVPF %s\r\na=mid:%u\r\na=%s\r\na=rtcp-mux\r\n",
                  audio ? "audio" : "video", audio ? "111" : "96 97", mid, direction);
    buffer_str(o, "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
                  "a=extmap:3 http://www.ietf.org/id/"
                  "draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n");
    buffer_str(o, audio ? "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
                          "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n"
                        : "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"
                          "a=rtcp-fb:96 transport-cc\r\na=rtpmap:97 rtx/90000\r\n"
                          "a=fmtp:97 apt=96\r\n");
}

void tour_offer(struct buffer *o, struct tour_sim *t, const struct page *p, unsigned identity) {
    (void)t;
    put_session(o, p, identity);
    put_line(o, 0, true, "sendonly");
    put_line(o, 1, false, "sendonly");
    put_line(o, 2, false, "sendonly");
    put_line(o, 3, false, "recvonly");
    put_line(o, 4, false, "recvonly");
    put_line(o, 5, true, "recvonly");
    put_line(o, 6, true, "recvonly");
}

static void put_offer(struct tour_sim *t, const struct page *p, const struct request *r,
                      struct buffer *o) {
    static const char *const sources[] = {"microphone", "camera", "screen"};
    static const char *const slots[] = {"stage", "gallery", "audio", "audio"};
    struct buffer sdp = {0};
    if (r->offer == OFFER_NONE) {
        return;
    }
    tour_offer(&sdp, t, p, r->identity);
    json_put_string_n(o, "offer", sdp.p, sdp.n);
    buffer_free(&sdp);
    if (r->what == ASK_RESTART || r->offer == OFFER_SAME) {
        return;
    }
    for (unsigned list = 0; list < 2; list++) {
        json_open(o, list ? "slots" : "sources", '[');
        for (unsigned i = 0; i < (list ? 4U : 3U); i++) {
            char mid[4];
            snprintf(mid, sizeof(mid), "%u", list ? 3 + i : i);
            json_open(o, NULL, '{');
            json_put_string(o, "mid", mid);
            json_put_string(o, "kind", list ? slots[i] : sources[i]);
            json_close(o, '}');
        }
        json_close(o, ']');
    }
}

/* ---- requests ---- */

static void put_who(struct buffer *o, const struct request *r) {
    json_put_string(o, "participant", *r->who ? r->who : NULL);
}

static void put_list(struct buffer *o, const char *key, const struct request *r) {
    json_open(o, key, '[');
    for (unsigned i = 0; i < r->n_list; i++) {
        json_put_string(o, NULL, r->list[i]);
    }
    json_close(o, ']');
}

static void put_allow(struct buffer *o, const struct request *r) {
    static const char *const directions[] = {"none", "send", "receive", "both"};
    put_list(o, r->all ? "except" : "participants", r);
    json_open(o, "can", '{');
    if (r->field < 3) {
        json_put_string(o, fields[r->field], directions[r->value]);
    } else {
        json_put_bool(o, fields[r->field], r->value != 0);
    }
    json_close(o, '}');
}

static void put_mute(struct buffer *o, const struct request *r) {
    json_put_string(o, "kind", source_kind_name(r->kind));
    if (r->what == ASK_MUTE_ALL) {
        put_list(o, "except", r);
        return;
    }
    json_put_bool(o, "muted", r->on);
    if (*r->who) {
        put_who(o, r);
    }
}

static void put_said(struct buffer *o, const struct request *r) {
    char text[32];
    snprintf(text, sizeof(text), "text %u", r->nonce);
    if (r->what == ASK_CHAPTER) {
        json_put_string(o, "title", text);
    } else if (r->what == ASK_REACT) {
        json_put_string(o, "reaction", "clap");
    } else if (r->what == ASK_FOLLOW) {
        json_open(o, "view", '{');
        json_put_int(o, "room", r->nonce);
        json_close(o, '}');
    } else if (r->what == ASK_POINT && r->on) {
        json_put_raw(o, "x", "0.25");
        json_put_raw(o, "y", "0.5");
    } else if (r->what != ASK_POINT) {
        json_put_string(o, "text", text);
    }
    if (r->for_hosts && r->what == ASK_CHAT) {
        json_put_string(o, "to", "hosts");
    }
    if (r->what == ASK_ANSWER) {
        snprintf(text, sizeof(text), "q%u", r->number);
        json_put_string(o, "question", text);
        json_put_string(o, "state", r->on ? "answered" : "dismissed");
    }
}

static void put_join(struct tour_sim *t, const struct page *p, const struct request *r,
                     struct buffer *o) {
    static const char *const choices[] = {"ask", "take_over", "beside"};
    if (!r->no_token) {
        json_put_string(o, "token", p->person->sub);
        json_put_string(o, "seat", choices[r->choice]);
    }
    json_open(o, "consent", '{');
    json_put_bool(o, "recording", true);
    json_put_string(o, "version", "v1");
    json_close(o, '}');
    put_offer(t, p, r, o);
}

static void put_door(struct tour_sim *t, const struct page *p, const struct request *r,
                     struct buffer *o) {
    switch (r->what) {
    case ASK_HELLO:
        json_put_string(o, "tour", TOUR_NAME);
        json_put_string(o, "token", p->person->sub);
        break;
    case ASK_RENEW:
        json_put_string(o, "token", p->person->sub);
        break;
    case ASK_JOIN:
        put_join(t, p, r, o);
        break;
    case ASK_RESUME:
        json_put_string(o, "resume", r->secret);
        json_put_int(o, "seen", r->seq);
        put_offer(t, p, r, o);
        break;
    default:
        put_offer(t, p, r, o);
        break;
    }
}

static void put_fields(struct tour_sim *t, const struct page *p, const struct request *r,
                       struct buffer *o) {
    switch (r->what) {
    case ASK_MUTE:
    case ASK_MUTE_ALL:
        put_mute(o, r);
        break;
    case ASK_ALLOW:
        put_allow(o, r);
        break;
    case ASK_PIN:
    case ASK_SPOTLIGHT:
    case ASK_REMOVE:
    case ASK_HAND_OVER:
        put_who(o, r);
        break;
    case ASK_HOST:
        put_who(o, r);
        json_put_bool(o, "host", r->on);
        break;
    case ASK_LOCK:
    case ASK_LOBBY:
        json_put_bool(o, "on", r->on);
        break;
    case ASK_ADMIT:
        if (!r->all) {
            put_list(o, "participants", r);
        }
        break;
    case ASK_CONSENT:
        json_put_bool(o, "recording", r->on);
        break;
    case ASK_HAND:
        json_put_bool(o, "up", r->on);
        break;
    case ASK_RETRACT:
        json_put_int(o, "seq", r->seq);
        break;
    default:
        r->what <= ASK_RESTART ? put_door(t, p, r, o) : put_said(o, r);
        break;
    }
}

void request_put(struct tour_sim *t, const struct page *p, const struct request *r,
                 struct buffer *o) {
#define X(sym, name, open, host) name,
    static const char *const types[] = {ASKS(X)};
#undef X
    json_open(o, NULL, '{');
    json_put_string(o, "type", types[r->what]);
    json_put_uint(o, "id", r->id);
    put_fields(t, p, r, o);
    json_close(o, '}');
}

void page_ask(struct tour_sim *t, struct page *p, struct request r) {
    struct buffer o = {0};
    if (!p->wire) {
        return;
    }
    if (r.offer != OFFER_NONE) {
        p->offers++;
        if (r.offer == OFFER_NEW) {
            p->identity = 1 + (p->number + p->offers) % SIM_BROWSERS;
        }
        r.identity = p->identity;
    }
    if (r.what == ASK_JOIN || r.what == ASK_HELLO || r.what == ASK_RENEW) {
        r.number = (unsigned)(p->person - t->people);
        r.no_token = r.what == ASK_JOIN && p->phase == PAGE_ADMITTED;
    }
    r.id = ++p->next_id;
    request_put(t, p, &r, &o);
    CHECK(!o.bad);
    uint64_t bit = UINT64_C(1) << r.id % 64;
    p->leaves = r.what == ASK_LEAVE ? p->leaves | bit : p->leaves & ~bit;
    p->resumes = r.what == ASK_RESUME ? p->resumes | bit : p->resumes & ~bit;
    wire_send(t, p->wire, &r, &o);
}

void page_resume(struct tour_sim *t, struct page *p, enum offered offer) {
    struct request r = {.what = ASK_RESUME, .offer = offer, .seq = p->view.seq};
    snprintf(r.secret, sizeof(r.secret), "%s", p->secret);
    page_ask(t, p, r);
}

void page_reconnect(struct tour_sim *t, struct page *p, enum offered offer) {
    if (p->wire) {
        wire_break(t, p->wire);
    }
    (void)wire_open(t, p);
    page_resume(t, p, offer);
}

/* ---- what is behind them ---- */

void page_session(struct tour_sim *t, struct page *p, const struct session_params *s) {
    struct world *w = t->w;
    struct browser_options o = {.receives = true,
                                .feedback = true,
                                .n_gallery = 1,
                                .far = false,
                                .up = link_clean(w),
                                .down = link_clean(w)};
    CHECK(w->n_browsers < SIM_BROWSERS_MAX);
    struct browser *b = browser_of_session(w, w->n_browsers, &o, s);
    w->browsers[w->n_browsers++] = b;
    for (unsigned i = 1; i <= SIM_BROWSERS; i++) {
        const uint8_t *print = dtls_identity_fingerprint(sim_identity(i));
        if (memcmp(print, s->fingerprint, FINGERPRINT_LEN) == 0) {
            b->identity = sim_identity(i);
        }
    }
    if (p->browser) {
        p->browser->silent = true; /* its peer connection is closed for the new one */
    }
    p->browser = b;
}

/* libs: signaling */
/* A script of lines against a whole signaling engine. The first byte of a line says what it is:
 *   '0'..'5'  a message of that connection     'c' DIGIT  that connection closes
 *   't' BYTE  time passes                       'r' ...    a report of media or the recorder
 *   'w' BYTE  the wall clock is set              'u' BYTE   the tour "shut" is declared otherwise
 * The tour "shut" has a lobby, little room, and ends soon. Promises checked: effects drain, texts
 * are UTF-8 JSON objects, seats are never more than connections that were, and after time has
 * passed nothing is left behind. In a message "@" stands for a small valid offer, so that mutations
 * reach beyond the parser. */
#include "base/bytes.h"
#include "tests/fuzz/fuzz_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_PROBED (2 * 4) /* transports of probes, which are nobody's in a tour */

static const char offer[] =
    "v=0\\r\\na=group:BUNDLE 0 1\\r\\na=fingerprint:sha-256 "
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\\r\\n"
    "a=ice-ufrag:abcd\\r\\na=ice-pwd:0123456789012345678901\\r\\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\\r\\na=mid:0\\r\\na=rtcp-mux\\r\\n"
    "a=rtpmap:111 opus/48000/2\\r\\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\\r\\na=mid:1\\r\\na=rtcp-mux\\r\\na=rtpmap:96 VP8/90000\\r\\n";

static void message(struct signaling *s, us_t now, uint64_t conn, struct bytes text) {
    struct buffer o = {0};
    for (size_t i = 0; i < text.n && i < 4096; i++) {
        if (text.p[i] == '@') {
            buffer_str(&o, offer);
        } else {
            buffer_put(&o, (const char *)text.p + i, 1);
        }
    }
    struct shared_text *t = shared_text_of(&o);
    enum err e = signaling_open(s, now, conn);
    CHECK(e == OK || e == ERR_EXISTS);
    signaling_message(s, now, conn, t ? t->p : "", t ? t->n : 0);
    shared_text_unref(t);
}

static void report(struct signaling *s, us_t now, struct bytes b) {
    uint64_t id = b.n > 1 ? b.p[1] : 0, who = b.n > 2 ? b.p[2] : 0;
    switch (b.n ? b.p[0] % 6 : 0) {
    case 0:
        signaling_peer_connected(s, now, id);
        break;
    case 1:
        signaling_peer_gone(s, now, id);
        break;
    case 2:
        signaling_source(s, now, id, (enum source_kind)(who % 8), b.n & 1);
        signaling_layers(s, id, (enum source_kind)(who % 8), (uint8_t)who);
        break;
    case 3:
        signaling_slot(s, now, id,
                       &(struct signaling_bound){who & 1 ? "0" : "1", who, SOURCE_CAMERA, who & 2});
        break;
    case 4:
        signaling_speaker(s, id, who);
        break;
    default:
        signaling_recording(s, id, (enum signaling_recording_state)(who % 3));
    }
}

static us_t pass(struct signaling *s, us_t now, us_t d) {
    us_t end = now + d;
    while (signaling_deadline(s) <= end) {
        us_t at = us_max(now, signaling_deadline(s));
        signaling_timeout(s, at);
        CHECK(signaling_deadline(s) > at);
        fuzz_drain(s);
    }
    return end;
}

#define WALL (INT64_C(1767323045) * US_PER_S)

static struct signaling_tour shut_tour(uint8_t how) {
    struct capabilities_part guest = {0};
    capabilities_set(&guest, SOURCE_MICROPHONE, how & 128 ? DIRECTION_NONE : DIRECTION_BOTH);
    return (struct signaling_tour){.name = "shut",
                                   .guest = guest,
                                   .record = RECORD_OFF,
                                   .codec = CODEC_VP8,
                                   .lobby = how & 1,
                                   .starts_at = {how & 2 ? WALL + 10 * US_PER_S : 0},
                                   .ends_at = {how & 4 ? WALL + 400 * US_PER_S : 0},
                                   .max_length = how & 8 ? 50 * US_PER_S : 0,
                                   .capacity = how & 16 ? 2 : 0,
                                   .property = how & 32 ? "{\"id\":1}" : NULL};
}

static void redeclare(struct signaling *s, us_t now, uint8_t how) {
    const struct signaling_tour t = shut_tour(how);
    struct signaling_tour_view v;
    CHECK(signaling_tour_get(s, now, "shut", &v) == OK);
    const bool lobby = v.tour.lobby;
    if (how & 64) {
        CHECK(signaling_tour_end(s, now, "shut", false) == OK);
    }
    CHECK(signaling_tour_update(s, now, &t) == OK);
    CHECK(signaling_tour_get(s, now, "shut", &v) == OK);
    CHECK(v.tour.lobby == t.lobby && v.tour.ends_at.us == t.ends_at.us);
    CHECK(lobby == t.lobby || v.lobby_on == t.lobby);
}

static us_t run_line(struct signaling *s, us_t now, struct bytes line) {
    struct bytes rest = bytes_of(line.p + 1, line.n - 1);
    uint8_t what = line.p[0];
    if (what >= '0' && what <= '5') {
        message(s, now, 1u + what - '0', rest);
    } else if (what == 'c' && rest.n) {
        signaling_closed(s, now, 1u + (uint64_t)(rest.p[0] % 6));
    } else if (what == 't' && rest.n) {
        now = pass(s, now, rest.p[0] * US_PER_S / 4);
    } else if (what == 'w' && rest.n) {
        signaling_clock(s, now, (wall_t){WALL + rest.p[0] * 2 * US_PER_S});
    } else if (what == 'u' && rest.n) {
        redeclare(s, now, rest.p[0]);
    } else if (what == 'r') {
        report(s, now, rest);
    }
    CHECK(fuzz_drain(s) == 0);
    struct signaling_stats x = signaling_stats(s);
    CHECK(x.connections <= 6 && x.sessions <= x.participants + FUZZ_PROBED);
    struct signaling_tour_view v;
    CHECK(signaling_tour_get(s, now, "shut", &v) == OK);
    CHECK(v.run || v.participants + v.waiting == 0);
    CHECK(!v.lead || v.participants > 0);
    return now;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct rng_seeded seed;
    struct signaling *s = fuzz_signaling(&seed);
    const struct signaling_tour shut = shut_tour(1 | 4 | 16 | 32);
    us_t now = US_PER_S;
    signaling_clock(s, now, (wall_t){WALL});
    CHECK(signaling_tour_declare(s, &shut) == OK);
    while (size) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t n = end ? (size_t)(end - data) : size;
        if (n) {
            now = run_line(s, now, bytes_of(data, n));
        }
        data += n + (end ? 1 : 0);
        size -= n + (end ? 1 : 0);
    }
    for (uint64_t conn = 1; conn <= 6; conn++) {
        signaling_closed(s, now, conn);
        fuzz_drain(s);
    }
    pass(s, now, 100 * US_PER_S);
    struct signaling_stats x = signaling_stats(s);
    CHECK(x.connections == 0 && x.participants == 0 && x.waiting == 0 && x.sessions == 0 &&
          x.tours == 0);
    signaling_free(s);
    return 0;
}

/* libnice's own STUN client asks, ice_check answers, and libnice reads the answer. */
#include "base/bytes.h"
#include "media/ice/ice.h"
#include "tests/unit/test.h"

#include <netinet/in.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#define PRIORITY 1853693695u
#define TIE 0x1122334455667788u

static const struct ice_credentials credentials = {.local_ufrag = "srvU",
                                                   .local_pwd = "server+password/0123456789",
                                                   .remote_ufrag = "cli+",
                                                   .remote_pwd = "client/password/0123456789"};

struct client {
    StunAgent agent;
    StunMessage request;
    uint8_t buf[1024];
    size_t len;
};

struct ask {
    const char *username, *password;
    bool nominate, controlled, no_fingerprint;
};

static void client_init(struct client *c, bool fingerprint) {
    unsigned flags = STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
                     (fingerprint ? STUN_AGENT_USAGE_USE_FINGERPRINT : 0u);
    memset(c, 0, sizeof(*c));
    stun_agent_init(&c->agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389, flags);
}

static void client_ask(struct client *c, const struct ask *a) {
    const char *user = a->username ? a->username : "srvU:cli+";
    const char *password = a->password ? a->password : credentials.local_pwd;
    client_init(c, !a->no_fingerprint);
    c->len = stun_usage_ice_conncheck_create(
        &c->agent, &c->request, c->buf, sizeof(c->buf), (const uint8_t *)user, strlen(user),
        (const uint8_t *)password, strlen(password), a->nominate, !a->controlled, PRIORITY, TIE,
        NULL, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    EXPECT(c->len > 0);
}

/* Runs ice_check on a heap copy of exactly n bytes, so that ASan sees any read past the end.
 * ERR_NOMEM only when memory is out. */
static enum err check_bytes(struct ice *ice, const uint8_t *p, size_t n, struct wr *reply,
                            struct ice_check *ret) {
    struct addr from = addr_v4(192, 0, 2, 7, 40000);
    uint8_t *copy = mem_alloc(n);
    if (!copy) {
        return ERR_NOMEM;
    }
    memcpy(copy, p, n);
    enum err e =
        ice_check(ice, &credentials, &(struct ice_request){bytes_of(copy, n), &from}, reply, ret);
    mem_free(copy);
    return e;
}

static enum err check_client(struct ice *ice, const struct client *c, struct wr *reply,
                             struct ice_check *ret) {
    return check_bytes(ice, c->buf, c->len, reply, ret);
}

static bool addr_is(const struct sockaddr_storage *s, const struct addr *a) {
    if (addr_is_v4(a)) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)s;
        return s->ss_family == AF_INET && ntohs(v4->sin_port) == a->port &&
               memcmp(&v4->sin_addr, a->ip + 12, 4) == 0;
    }
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)s;
    return s->ss_family == AF_INET6 && ntohs(v6->sin6_port) == a->port &&
           memcmp(&v6->sin6_addr, a->ip, 16) == 0;
}

/* The client accepts the reply and sees itself at from. */
static void expect_mapped(struct client *c, const uint8_t *reply, size_t n,
                          const struct addr *from) {
    StunMessage m;
    struct sockaddr_storage got;
    socklen_t len = sizeof(got);
    EXPECT_EQ(stun_agent_validate(&c->agent, &m, reply, n, NULL, NULL), STUN_VALIDATION_SUCCESS);
    EXPECT(!stun_message_has_attribute(&m, STUN_ATTRIBUTE_USERNAME));
    EXPECT(stun_message_has_attribute(&m, STUN_ATTRIBUTE_MESSAGE_INTEGRITY));
    EXPECT(stun_message_has_attribute(&m, STUN_ATTRIBUTE_FINGERPRINT));
    EXPECT_EQ(
        stun_usage_ice_conncheck_process(&m, &got, &len, STUN_USAGE_ICE_COMPATIBILITY_RFC5245),
        STUN_USAGE_ICE_RETURN_SUCCESS);
    EXPECT(addr_is(&got, from));
}

static void expect_answered(const struct ask *a, const struct addr *from) {
    struct ice *ice = ice_new();
    struct client c;
    uint8_t out[256];
    struct wr w = wr_of(out, sizeof(out));
    struct ice_check k;
    REQUIRE(ice);
    client_ask(&c, a);
    EXPECT_EQ(
        ice_check(ice, &credentials, &(struct ice_request){bytes_of(c.buf, c.len), from}, &w, &k),
        OK);
    EXPECT_EQ(k.nominated, a->nominate);
    EXPECT_EQ(k.priority, PRIORITY);
    EXPECT_EQ(k.reply_len, wr_len(&w));
    EXPECT(k.reply_len <= c.len); /* never an amplifier */
    expect_mapped(&c, out, k.reply_len, from);
    ice_free(ice);
}

TEST(ice_answers_an_authentic_check) {
    struct addr from = addr_v4(203, 0, 113, 9, 65535);
    expect_answered(&(struct ask){0}, &from);
    expect_answered(&(struct ask){.nominate = true}, &from);
}

TEST(ice_answers_over_ipv6) {
    struct addr from = {.ip = {0x20, 1, 0xd, 0xb8, [8] = 0xfe, [15] = 0x42}, .port = 1};
    expect_answered(&(struct ask){.nominate = true}, &from);
}

TEST(ice_accepts_a_check_without_fingerprint) {
    struct addr from = addr_v4(203, 0, 113, 9, 5000);
    expect_answered(&(struct ask){.no_fingerprint = true}, &from);
}

static void expect_silence(const struct ask *a, enum err expected) {
    struct ice *ice = ice_new();
    struct client c;
    uint8_t out[256];
    struct wr w = wr_of(out, sizeof(out));
    struct ice_check k = {.priority = 77, .reply_len = 99};
    REQUIRE(ice);
    client_ask(&c, a);
    EXPECT_EQ(check_client(ice, &c, &w, &k), expected);
    EXPECT_EQ(wr_len(&w), 0);
    EXPECT_EQ(k.priority, 77);
    EXPECT_EQ(k.reply_len, 99);
    ice_free(ice);
}

TEST(ice_is_silent_on_wrong_credentials) {
    expect_silence(&(struct ask){.password = "server+password/0123456780"}, ERR_AUTH);
    expect_silence(&(struct ask){.password = "x"}, ERR_AUTH);
    static const char *const users[] = {"srvU:cli",  "srvU:cli+x",  "srvU:CLI+", "srvV:cli+",
                                        "cli+:srvU", "srvUcli+:",   "srvU",      "srvU:",
                                        ":cli+",     "srvU:cli+:x", "s"};
    for (size_t i = 0; i < ARRAY_LEN(users); i++) {
        expect_silence(&(struct ask){.username = users[i]}, ERR_AUTH);
    }
}

TEST(ice_is_silent_on_anonymous_requests) {
    struct ice *ice = ice_new();
    struct client c;
    struct bytes ufrag = bytes_of("x", 1);
    uint8_t out[256];
    struct wr w = wr_of(out, sizeof(out));
    struct ice_check k;
    REQUIRE(ice);
    /* No USERNAME and no MESSAGE-INTEGRITY: the plain binding request of a scanner. */
    client_init(&c, true);
    stun_agent_init_request(&c.agent, &c.request, c.buf, sizeof(c.buf), STUN_BINDING);
    c.len = stun_agent_finish_message(&c.agent, &c.request, NULL, 0);
    EXPECT_EQ(ice_request_ufrag(bytes_of(c.buf, c.len), &ufrag), ERR_AUTH);
    EXPECT_EQ(check_client(ice, &c, &w, &k), ERR_AUTH);
    /* USERNAME alone. */
    client_init(&c, true);
    stun_agent_init_request(&c.agent, &c.request, c.buf, sizeof(c.buf), STUN_BINDING);
    stun_message_append_string(&c.request, STUN_ATTRIBUTE_USERNAME, "srvU:cli+");
    c.len = stun_agent_finish_message(&c.agent, &c.request, NULL, 0);
    EXPECT_EQ(ice_request_ufrag(bytes_of(c.buf, c.len), &ufrag), ERR_AUTH);
    EXPECT_EQ(check_client(ice, &c, &w, &k), ERR_AUTH);
    EXPECT_EQ(wr_len(&w), 0);
    EXPECT_EQ(ufrag.n, 1); /* untouched */
    ice_free(ice);
}

TEST(ice_refuses_every_truncation) {
    struct ice *ice = ice_new();
    struct client c;
    uint8_t out[256];
    struct wr w = wr_of(out, sizeof(out));
    struct ice_check k;
    struct bytes ufrag;
    REQUIRE(ice);
    client_ask(&c, &(struct ask){.nominate = true});
    for (size_t n = 0; n < c.len; n++) {
        EXPECT_EQ(check_bytes(ice, c.buf, n, &w, &k), ERR_FORMAT);
        EXPECT_EQ(ice_request_ufrag(bytes_of(c.buf, n), &ufrag), ERR_FORMAT);
    }
    /* Cut, with the length in the header made to agree: authentic only as a whole. A request
     * without its FINGERPRINT (8 bytes) is still whole. */
    size_t whole = c.len;
    for (size_t n = 20; n < whole; n += 4) {
        put_be16(c.buf + 2, (uint16_t)(n - 20));
        enum err e = check_bytes(ice, c.buf, n, &w, &k);
        EXPECT(n == whole - 8 ? e == OK : e == ERR_AUTH || e == ERR_FORMAT);
    }
    EXPECT_EQ(wr_len(&w), k.reply_len);
    ice_free(ice);
}

static void expect_no_flip_passes(const struct ask *a) {
    struct ice *ice = ice_new();
    struct client c;
    uint8_t out[256];
    struct wr w = wr_of(out, sizeof(out));
    struct ice_check k;
    REQUIRE(ice);
    client_ask(&c, a);
    for (size_t bit = 0; bit < c.len * 8; bit++) {
        c.buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
        enum err e = check_client(ice, &c, &w, &k);
        EXPECT(e == ERR_AUTH || e == ERR_FORMAT);
        EXPECT_EQ(wr_len(&w), 0);
        c.buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    EXPECT_EQ(check_client(ice, &c, &w, &k), OK);
    ice_free(ice);
}

TEST(ice_refuses_every_flipped_bit) {
    expect_no_flip_passes(&(struct ask){.nominate = true});
    expect_no_flip_passes(&(struct ask){.no_fingerprint = true});
}

/* A binding request with room for more attributes before client_seal. */
static void client_begin(struct client *c) {
    client_init(c, true);
    stun_agent_init_request(&c->agent, &c->request, c->buf, sizeof(c->buf), STUN_BINDING);
    stun_message_append_string(&c->request, STUN_ATTRIBUTE_USERNAME, "srvU:cli+");
    stun_message_append32(&c->request, STUN_ATTRIBUTE_PRIORITY, PRIORITY);
}

static void client_seal(struct client *c) {
    c->len =
        stun_agent_finish_message(&c->agent, &c->request, (const uint8_t *)credentials.local_pwd,
                                  strlen(credentials.local_pwd));
    EXPECT(c->len > 0);
}

/* The client accepts the reply as an error response with this code. */
static void expect_error(struct client *c, const uint8_t *reply, size_t n, int code,
                         StunMessage *ret) {
    int got = 0;
    EXPECT_EQ(stun_agent_validate(&c->agent, ret, reply, n, NULL, NULL), STUN_VALIDATION_SUCCESS);
    EXPECT_EQ(stun_message_get_class(ret), STUN_ERROR);
    EXPECT_EQ(stun_message_find_error(ret, &got), STUN_MESSAGE_RETURN_SUCCESS);
    EXPECT_EQ(got, code);
    EXPECT(stun_message_has_attribute(ret, STUN_ATTRIBUTE_MESSAGE_INTEGRITY));
}

TEST(ice_answers_420_to_unknown_required_attributes) {
    struct ice *ice = ice_new();
    struct client c;
    uint8_t out[256];
    struct wr w = wr_of(out, sizeof(out));
    struct ice_check k;
    StunMessage m;
    uint16_t n = 0;
    REQUIRE(ice);
    client_begin(&c);
    stun_message_append32(&c.request, (StunAttribute)0x7001, 5);
    stun_message_append_flag(&c.request, STUN_ATTRIBUTE_USE_CANDIDATE);
    client_seal(&c);
    EXPECT_EQ(check_client(ice, &c, &w, &k), ERR_UNSUPPORTED);
    EXPECT(!k.nominated);
    EXPECT_EQ(k.reply_len, wr_len(&w));
    expect_error(&c, out, k.reply_len, 420, &m);
    const uint8_t *list = stun_message_find(&m, STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES, &n);
    EXPECT(list && n == 2 && be16(list) == 0x7001);
    /* The same, but forged: no answer. */
    c.buf[c.len - 10] ^= 1;
    w = wr_of(out, sizeof(out));
    EXPECT_EQ(check_client(ice, &c, &w, &k), ERR_AUTH);
    EXPECT_EQ(wr_len(&w), 0);
    ice_free(ice);
}

TEST(ice_ignores_optional_attributes) {
    static const uint16_t optional[] = {0xC057, 0xC001, 0xC05C, 0x8022, 0xFFFF};
    struct ice *ice = ice_new();
    struct client c;
    uint8_t out[256];
    struct wr w = wr_of(out, sizeof(out));
    struct ice_check k;
    struct addr from = addr_v4(192, 0, 2, 7, 40000);
    REQUIRE(ice);
    client_begin(&c);
    for (size_t i = 0; i < ARRAY_LEN(optional); i++) {
        stun_message_append32(&c.request, (StunAttribute)optional[i], 1);
    }
    client_seal(&c);
    EXPECT_EQ(check_client(ice, &c, &w, &k), OK);
    expect_mapped(&c, out, k.reply_len, &from);
    ice_free(ice);
}

TEST(ice_keeps_its_role_in_a_conflict) {
    static const uint64_t ties[] = {0, TIE - 1, TIE, TIE + 1, UINT64_MAX};
    for (size_t i = 0; i < ARRAY_LEN(ties); i++) {
        struct ice *ice = ice_new();
        struct client c;
        uint8_t out[256];
        struct wr w = wr_of(out, sizeof(out));
        struct ice_check k;
        StunMessage m;
        REQUIRE(ice);
        client_ask(&c, &(struct ask){.controlled = true, .nominate = true});
        EXPECT_EQ(check_client(ice, &c, &w, &k), OK);
        EXPECT(!k.nominated);
        expect_error(&c, out, k.reply_len, 487, &m);
        ice_free(ice);
    }
}

/* RFC 5769 section 2.1. */
static const char rfc5769_request[] =
    "000100582112a442b7e7a701bc34d686fa87dfae"
    "802200105354554e207465737420636c69656e74"
    "002400046e0001ff80290008932ff9b151263b36"
    "000600096576746a3a68367659202020"
    "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf";

TEST(ice_reads_the_sample_request_of_rfc5769) {
    static const struct ice_credentials c = {
        .local_ufrag = "evtj", .local_pwd = "VOkJxbRl1RmTxUk/WvJxBt", .remote_ufrag = "h6vY"};
    uint8_t d[108], out[256];
    struct ice *ice = ice_new();
    struct wr w = wr_of(out, sizeof(out));
    struct ice_check k;
    struct bytes ufrag;
    struct addr from = addr_v4(192, 0, 2, 1, 32853);
    REQUIRE(ice);
    EXPECT(hex_decode(d, sizeof(d), rfc5769_request));
    EXPECT_EQ(ice_request_ufrag(bytes_of(d, sizeof(d)), &ufrag), OK);
    EXPECT(bytes_eq(ufrag, bytes_of("evtj", 4)));
    EXPECT_EQ(ice_check(ice, &c, &(struct ice_request){bytes_of(d, sizeof(d)), &from}, &w, &k), OK);
    EXPECT_EQ(k.priority, 0x6e0001ff);
    /* It claims ICE-CONTROLLED, which is our role: 487 with the same transaction id. */
    EXPECT_EQ(be16(out), 0x0111);
    EXPECT(memcmp(out + 4, d + 4, 16) == 0);
    ice_free(ice);
}

TEST(ice_finds_the_ufrag_before_any_cryptography) {
    struct client c;
    struct bytes ufrag;
    client_ask(&c, &(struct ask){.password = "not ours"});
    EXPECT_EQ(ice_request_ufrag(bytes_of(c.buf, c.len), &ufrag), OK);
    EXPECT(bytes_eq(ufrag, bytes_of("srvU", 4)));
    EXPECT(ufrag.p > c.buf && ufrag.p < c.buf + c.len); /* a view, not a copy */
    static const char *const bad[] = {"nocolon", ":cli", "123456789012345678901234567890123:cli"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        client_ask(&c, &(struct ask){.username = bad[i]});
        EXPECT_EQ(ice_request_ufrag(bytes_of(c.buf, c.len), &ufrag), ERR_FORMAT);
    }
    client_ask(&c, &(struct ask){.username = "12345678901234567890123456789012:"});
    EXPECT_EQ(ice_request_ufrag(bytes_of(c.buf, c.len), &ufrag), OK);
    EXPECT_EQ(ufrag.n, ICE_UFRAG_MAX);
}

TEST(ice_refuses_what_is_not_a_binding_request) {
    static const uint16_t types[] = {0x0011, 0x0101, 0x0111, 0x0003, 0x0000, 0x4001, 0x8001};
    struct ice *ice = ice_new();
    struct client c;
    uint8_t out[256];
    struct wr w = wr_of(out, sizeof(out));
    struct ice_check k;
    struct bytes ufrag;
    REQUIRE(ice);
    client_ask(&c, &(struct ask){0});
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        put_be16(c.buf, types[i]);
        EXPECT_EQ(check_client(ice, &c, &w, &k), ERR_FORMAT);
        EXPECT_EQ(ice_request_ufrag(bytes_of(c.buf, c.len), &ufrag), ERR_FORMAT);
    }
    put_be16(c.buf, 1);
    c.len += 4; /* trailing bytes that the header does not count */
    EXPECT_EQ(check_client(ice, &c, &w, &k), ERR_FORMAT);
    ice_free(ice);
}

/* Attributes behind MESSAGE-INTEGRITY are not authentic; two USERNAMEs are ambiguous. */
TEST(ice_refuses_misplaced_attributes) {
    static const char two_fingerprints[] = "8028000400000000"
                                           "80280004e57a3bcf";
    static const char *const tails[] = {"00250000", "80220000", "80280000", two_fingerprints};
    struct ice *ice = ice_new();
    struct client c;
    uint8_t out[256];
    struct wr w = wr_of(out, sizeof(out));
    struct ice_check k;
    REQUIRE(ice);
    for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
        client_ask(&c, &(struct ask){.no_fingerprint = true});
        size_t n = strlen(tails[i]) / 2;
        EXPECT(hex_decode(c.buf + c.len, n, tails[i]));
        c.len += n;
        put_be16(c.buf + 2, (uint16_t)(c.len - 20));
        EXPECT_EQ(check_client(ice, &c, &w, &k), ERR_FORMAT);
    }
    client_begin(&c);
    stun_message_append_string(&c.request, STUN_ATTRIBUTE_USERNAME, "srvU:cli+");
    client_seal(&c);
    EXPECT_EQ(check_client(ice, &c, &w, &k), ERR_FORMAT);
    EXPECT_EQ(wr_len(&w), 0);
    ice_free(ice);
}

/* libnice would read 20 bytes of a shorter MESSAGE-INTEGRITY. */
TEST(ice_refuses_a_short_integrity) {
    struct ice *ice = ice_new();
    struct client c;
    uint8_t out[256];
    struct wr w = wr_of(out, sizeof(out));
    struct ice_check k;
    REQUIRE(ice);
    for (size_t n = 0; n < 20; n += 4) {
        client_ask(&c, &(struct ask){.no_fingerprint = true});
        c.len -= 20 - n;
        put_be16(c.buf + c.len - n - 2, (uint16_t)n);
        put_be16(c.buf + 2, (uint16_t)(c.len - 20));
        EXPECT_EQ(check_client(ice, &c, &w, &k), ERR_FORMAT);
    }
    ice_free(ice);
}

TEST(ice_never_authenticates_with_empty_credentials) {
    static const struct ice_credentials empty[] = {
        {.local_ufrag = "srvU", .remote_ufrag = "cli+"},
        {.local_ufrag = "srvU", .local_pwd = "server+password/0123456789"},
        {.local_pwd = "server+password/0123456789", .remote_ufrag = "cli+"}};
    static const char *const users[] = {"srvU:cli+", "srvU:", ":cli+"};
    struct ice *ice = ice_new();
    struct addr from = addr_v4(192, 0, 2, 7, 40000);
    struct client c;
    uint8_t out[256];
    struct wr w = wr_of(out, sizeof(out));
    struct ice_check k;
    REQUIRE(ice);
    for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
        client_ask(&c, &(struct ask){.username = users[i]});
        EXPECT_EQ(
            ice_check(ice, &empty[i], &(struct ice_request){bytes_of(c.buf, c.len), &from}, &w, &k),
            ERR_AUTH);
    }
    EXPECT_EQ(wr_len(&w), 0);
    ice_free(ice);
}

TEST(ice_stays_inside_the_room_for_the_reply) {
    struct ice *ice = ice_new();
    struct client c;
    struct ice_check k;
    size_t full = 0;
    REQUIRE(ice);
    client_ask(&c, &(struct ask){.nominate = true});
    for (size_t cap = 0; cap <= 128; cap++) {
        uint8_t *out = mem_alloc(cap);
        REQUIRE(out);
        struct wr w = wr_of(out, cap);
        EXPECT_EQ(check_client(ice, &c, &w, &k), OK);
        EXPECT_EQ(wr_len(&w), k.reply_len);
        EXPECT(k.reply_len == 0 || full == 0 || k.reply_len == full);
        EXPECT(!(full && k.reply_len == 0));
        full = k.reply_len;
        mem_free(out);
    }
    EXPECT_EQ(full, 64); /* header 20, XOR-MAPPED-ADDRESS 12, integrity 24, fingerprint 8 */
    ice_free(ice);
}

/* A reply is appended behind what the writer holds already. */
TEST(ice_appends_to_the_writer) {
    struct ice *ice = ice_new();
    struct client c;
    uint8_t out[256];
    struct wr w = wr_of(out, sizeof(out));
    struct ice_check k;
    struct addr from = addr_v4(192, 0, 2, 7, 40000);
    REQUIRE(ice);
    wr_u16(&w, 0xabcd);
    client_ask(&c, &(struct ask){0});
    EXPECT_EQ(check_client(ice, &c, &w, &k), OK);
    EXPECT_EQ(wr_len(&w), 2 + k.reply_len);
    EXPECT_EQ(be16(out), 0xabcd);
    expect_mapped(&c, out + 2, k.reply_len, &from);
    ice_free(ice);
}

TEST_ALLOC(ice_new_survives_lack_of_memory) {
    struct ice *ice = ice_new();
    EXPECT(ice || mem_failed());
    EXPECT(ice_free(ice) == NULL);
    EXPECT(ice_free(NULL) == NULL);
}

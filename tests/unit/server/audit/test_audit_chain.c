/* The chain: whatever is done to a log is found. */
#include "server/audit/audit_chain.h"

#include "tests/unit/test.h"

#include <string.h>

#define RECORDS 6

static struct signing_key key;

static const char *const details[RECORDS] = {"programme", "",  "a \"quoted\" \\ reason",
                                             "",          "ä", ""};

static void make(struct buffer *b, uint64_t from, const uint8_t prev[SHA256_LEN]) {
    static const enum audit_action whats[RECORDS] = {AUDIT_SERVER_START,    AUDIT_RECORDING_PLAY,
                                                     AUDIT_TOKEN_REFUSE,    AUDIT_CHECKPOINT,
                                                     AUDIT_RECORDING_SHRED, AUDIT_CHECKPOINT};
    const uint8_t seed[KEY_LEN] = {7};
    uint8_t last[SHA256_LEN];
    memcpy(last, prev, SHA256_LEN);
    CHECK(keys_signing(seed, &key) == OK);
    for (size_t i = 0; i < RECORDS; i++) {
        struct audit_record r = {.number = from + i};
        bool is_signed = whats[i] == AUDIT_CHECKPOINT;
        const struct claims who = {.role = ROLE_OPS, .sub = "olga", .name = "Olga"};
        const struct addr from_addr = addr_v4(192, 0, 2, 7, 4711);
        const struct audit_act act = {.what = whats[i],
                                      .code = i == 2 ? "token_expired" : NULL,
                                      .who = is_signed ? NULL : &who,
                                      .from = is_signed ? NULL : &from_addr,
                                      .detail = details[i]};
        audit_entry_of(&act, (wall_t){1700000000000000 + (int64_t)i * 1000000}, false, &r.e);
        memcpy(r.prev, last, SHA256_LEN);
        CHECK(audit_record_write(b, &r, is_signed ? &key : NULL) == OK);
        memcpy(last, r.hash, SHA256_LEN);
    }
}

static void start(struct audit_chain *c) {
    *c = (struct audit_chain){.n_keys = 1};
    memcpy(c->keys[0], key.verifying, KEY_LEN);
}

/* All lines, the last of which may lack its newline, as a reader of files takes them. */
static enum audit_fault take_all(struct audit_chain *c, const char *p, size_t n) {
    struct audit_record r;
    while (n > 0) {
        const char *end = memchr(p, '\n', n);
        size_t len = end ? (size_t)(end - p) : n;
        enum audit_fault f = end ? audit_chain_take(c, bytes_of(p, len), &r) : AUDIT_TORN;
        if (f != AUDIT_SOUND) {
            return f;
        }
        p += len + 1;
        n -= len + 1;
    }
    return audit_chain_end(c);
}

static const uint8_t zeros[SHA256_LEN];

TEST(audit_chain_is_sound_as_written) {
    struct buffer b = {0};
    struct audit_chain c;
    make(&b, 1, zeros);
    start(&c);
    EXPECT_EQ(take_all(&c, b.p, b.n), AUDIT_SOUND);
    EXPECT_EQ(c.records, RECORDS);
    EXPECT_EQ(c.signatures, 2);
    EXPECT_EQ(c.signed_upto, RECORDS);
    EXPECT(strstr(b.p,
                  "\"sub\":\"olga\",\"role\":\"ops\",\"name\":\"Olga\",\"address\":\"192.0.2.7\""));
    EXPECT(strstr(b.p, "\"outcome\":\"refused\",\"code\":\"token_expired\""));
    buffer_free(&b);
}

TEST(audit_chain_finds_each_byte_that_is_changed) {
    static const uint8_t flips[] = {0x01, 0x20, 0x80};
    struct buffer b = {0};
    struct audit_chain c;
    make(&b, 1, zeros);
    for (size_t i = 0; i < b.n; i++) {
        for (size_t k = 0; k < sizeof(flips); k++) {
            b.p[i] = (char)(b.p[i] ^ flips[k]);
            start(&c);
            if (take_all(&c, b.p, b.n) == AUDIT_SOUND) {
                test_fail(__FILE__, __LINE__, "byte %zu ^ %02x was not found", i, flips[k]);
            }
            b.p[i] = (char)(b.p[i] ^ flips[k]);
        }
    }
    start(&c);
    EXPECT_EQ(take_all(&c, b.p, b.n), AUDIT_SOUND);
    buffer_free(&b);
}

static size_t line_at(const struct buffer *b, size_t line, size_t *ret_n) {
    size_t at = 0;
    for (size_t i = 0;; i++) {
        size_t n = (size_t)((const char *)memchr(b->p + at, '\n', b->n - at) - (b->p + at)) + 1;
        if (i == line) {
            *ret_n = n;
            return at;
        }
        at += n;
    }
}

TEST(audit_chain_finds_each_line_that_is_removed) {
    static const enum audit_fault says[RECORDS] = {AUDIT_BEHEADED, AUDIT_MISSING, AUDIT_MISSING,
                                                   AUDIT_MISSING,  AUDIT_MISSING, AUDIT_CUT_OFF};
    struct buffer b = {0};
    struct audit_chain c;
    make(&b, 1, zeros);
    start(&c);
    EXPECT_EQ(take_all(&c, b.p, b.n), AUDIT_SOUND);
    const struct audit_known last = c.last;
    for (size_t i = 0; i < RECORDS; i++) {
        struct buffer less = {0};
        size_t n, at = line_at(&b, i, &n);
        buffer_put(&less, b.p, at);
        buffer_put(&less, b.p + at + n, b.n - at - n);
        start(&c);
        c.known[0] = last;
        EXPECT_EQ(take_all(&c, less.p, less.n), says[i]);
        buffer_free(&less);
    }
    buffer_free(&b);
}

TEST(audit_chain_finds_lines_that_are_swapped_or_doubled) {
    struct buffer b = {0};
    make(&b, 1, zeros);
    for (size_t i = 0; i + 1 < RECORDS; i++) {
        struct buffer other = {0};
        struct audit_chain c;
        size_t n, m, at = line_at(&b, i, &n);
        (void)line_at(&b, i + 1, &m);
        buffer_put(&other, b.p, at);
        buffer_put(&other, b.p + at + n, m);
        buffer_put(&other, b.p + at, b.n - at);
        start(&c);
        EXPECT(take_all(&c, other.p, other.n) != AUDIT_SOUND);
        buffer_free(&other);
    }
    buffer_free(&b);
}

TEST(audit_chain_finds_a_tail_that_is_cut_anywhere) {
    struct buffer b = {0};
    make(&b, 1, zeros);
    for (size_t n = 0; n < b.n; n++) {
        struct audit_chain c;
        start(&c);
        c.known[0].number = RECORDS;
        bool whole = n == 0 || b.p[n - 1] == '\n';
        EXPECT_EQ(take_all(&c, b.p, n), whole ? AUDIT_CUT_OFF : AUDIT_TORN);
    }
    buffer_free(&b);
}

/* Who can compute hashes, and has no key, writes it all anew. */
TEST(audit_chain_rewritten_without_the_key_is_forged) {
    const uint8_t seed[KEY_LEN] = {8};
    struct buffer b = {0};
    struct audit_chain c;
    make(&b, 1, zeros);
    struct signing_key ours = key, other;
    CHECK(keys_signing(seed, &other) == OK);
    start(&c);
    memcpy(c.keys[0], other.verifying, KEY_LEN);
    EXPECT_EQ(take_all(&c, b.p, b.n), AUDIT_WRONG_KEY);
    buffer_free(&b);
    /* The right name and another's signature. */
    struct audit_record r = {.number = 1, .e = {.what = AUDIT_CHECKPOINT}};
    memcpy(other.verifying, ours.verifying, KEY_LEN);
    CHECK(audit_record_write(&b, &r, &other) == OK);
    start(&c);
    EXPECT_EQ(take_all(&c, b.p, b.n), AUDIT_FORGED);
    buffer_free(&b);
    /* None at all. */
    CHECK(audit_record_write(&b, &r, NULL) == OK);
    start(&c);
    EXPECT_EQ(take_all(&c, b.p, b.n), AUDIT_UNSIGNED);
    c = (struct audit_chain){.any_key = true};
    EXPECT_EQ(take_all(&c, b.p, b.n), AUDIT_SOUND);
    buffer_free(&b);
}

TEST(audit_chain_knows_what_was_written_down) {
    struct buffer b = {0};
    struct audit_chain c;
    make(&b, 1, zeros);
    start(&c);
    EXPECT_EQ(take_all(&c, b.p, b.n), AUDIT_SOUND);
    struct audit_known last = c.last;
    start(&c);
    c.known[1] = last;
    EXPECT_EQ(take_all(&c, b.p, b.n), AUDIT_SOUND);
    last.hash[0] ^= 1;
    start(&c);
    c.known[1] = last;
    EXPECT_EQ(take_all(&c, b.p, b.n), AUDIT_REWRITTEN);
    buffer_free(&b);
}

/* A log may begin late when a signed record says up to where it was removed. */
TEST(audit_chain_may_begin_after_what_was_removed) {
    uint8_t before[SHA256_LEN] = {1, 2, 3};
    for (int wrong = 0; wrong < 3; wrong++) {
        struct buffer b = {0};
        struct audit_chain c;
        make(&b, 41, before);
        start(&c);
        EXPECT_EQ(take_all(&c, b.p, b.n), AUDIT_BEHEADED);
        struct audit_record r = {
            .number = c.last.number + 1, .e = {.what = AUDIT_PRUNE}, .upto = wrong == 1 ? 39 : 40};
        memcpy(r.prev, c.last.hash, SHA256_LEN);
        memcpy(r.upto_hash, before, SHA256_LEN);
        r.upto_hash[0] ^= wrong == 2;
        CHECK(audit_record_write(&b, &r, &key) == OK);
        start(&c);
        EXPECT_EQ(take_all(&c, b.p, b.n), wrong ? AUDIT_BEHEADED : AUDIT_SOUND);
        buffer_free(&b);
    }
}

TEST(audit_record_reads_what_it_writes) {
    struct buffer b = {0};
    struct audit_record r = {.number = INT64_MAX,
                             .e = {.what = AUDIT_RECORDING_PLAY,
                                   .at = {1700000000123000},
                                   .code = "forbidden",
                                   .count = 12,
                                   .first = {1700000000000000}}},
                        again;
    memset(r.e.sub, 'x', SUB_MAX);
    memset(r.e.name, 1, NAME_MAX_BYTES); /* each is six bytes in JSON */
    memset(r.e.detail, 0x7f, AUDIT_TEXT_MAX);
    memset(r.e.tour, 't', TOUR_NAME_MAX);
    CHECK(audit_record_write(&b, &r, NULL) == OK);
    REQUIRE(b.n <= AUDIT_LINE_MAX);
    EXPECT_EQ(audit_record_read(bytes_of(b.p, b.n - 1), &again), OK);
    EXPECT_EQ(again.number, r.number);
    EXPECT_EQ(again.e.count, 12);
    EXPECT_EQ(again.e.at.us, r.e.at.us);
    EXPECT_EQ(again.e.first.us, r.e.first.us);
    EXPECT(audit_entry_same(&again.e, &r.e));
    EXPECT_EQ(memcmp(again.hash, r.hash, SHA256_LEN), 0);
    buffer_free(&b);
}

TEST(audit_words_are_told_apart) {
    for (int i = AUDIT_NONE + 1; i < AUDIT_ACTION_COUNT; i++) {
        EXPECT_EQ(audit_action_of(audit_word((enum audit_action)i)), i);
        EXPECT(strlen(audit_word((enum audit_action)i)) <= AUDIT_WORD_MAX);
    }
    EXPECT_EQ(audit_action_of("none"), AUDIT_NONE);
}

TEST_ALLOC(audit_record_without_memory) {
    struct buffer b = {0};
    struct audit_record r = {.number = 1, .e = {.what = AUDIT_SERVER_START}}, again;
    enum err e = audit_record_write(&b, &r, NULL);
    EXPECT(mem_failed() || e == OK);
    if (e == OK) {
        e = audit_record_read(bytes_of(b.p, b.n - 1), &again);
        EXPECT(e == OK || (mem_failed() && e == ERR_NOMEM));
    }
    buffer_free(&b);
}

TEST(audit_entry_shortens_addresses) {
    struct audit_entry e;
    struct addr v4 = addr_v4(192, 0, 2, 7, 1),
                v6 = {.ip = {0x20, 1, 0xd, 0xb8, 1, 2, 3, 4, [15] = 9}};
    audit_entry_of(&(struct audit_act){.from = &v4}, (wall_t){0}, true, &e);
    EXPECT_STR(e.address, "192.0.2.0");
    audit_entry_of(&(struct audit_act){.from = &v6}, (wall_t){0}, true, &e);
    EXPECT_STR(e.address, "2001:db8:102::");
    audit_entry_of(&(struct audit_act){.from = &v6}, (wall_t){0}, false, &e);
    EXPECT_STR(e.address, "2001:db8:102:304::9");
}

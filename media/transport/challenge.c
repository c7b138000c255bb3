#include "media/transport/challenge.h"

#include "media/secure/hmac_sha1.h"

#include <string.h>

#define HEADER 20                /* [bytes] RFC 8489 section 5 */
#define COOKIE 0x2112a442u       /* RFC 8489 section 5 */
#define CRC_XOR 0x5354554eu      /* RFC 8489 section 14.7 */
#define PRIORITY_ANY 0x6e0001ffu /* RFC 8445 section 5.1.2: peer reflexive, component 1 */
#define REQUEST 0x0001
#define SUCCESS 0x0101
#define MESSAGE_MAX 512 /* [bytes] a longer answer is none */

enum { /* RFC 8489 section 18.3, RFC 8445 section 20.1 */
       ATTRIBUTE_USERNAME = 0x0006,
       ATTRIBUTE_MESSAGE_INTEGRITY = 0x0008,
       ATTRIBUTE_PRIORITY = 0x0024,
       ATTRIBUTE_FINGERPRINT = 0x8028,
       ATTRIBUTE_ICE_CONTROLLED = 0x8029
};

/* RFC 8489 section 14.7: CRC-32 of ITU V.42. */
static uint32_t crc32(struct bytes b) {
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < b.n; i++) {
        crc ^= b.p[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
        }
    }
    return ~crc;
}

static void attribute(struct wr *w, uint16_t type, const void *p, size_t n) {
    wr_u16(w, type);
    wr_u16(w, (uint16_t)n);
    wr_bytes(w, p, n);
    wr_zero(w, (4 - n % 4) % 4);
}

/* The header's length counts what is there and the attribute that comes next (section 14.5). */
static void set_length(uint8_t *message, size_t len, size_t next) {
    put_be16(message + 2, (uint16_t)(len - HEADER + next));
}

static void integrity(const char *pwd, struct bytes message, uint8_t out[HMAC_SHA1_LEN]) {
    struct hmac_sha1 h;
    hmac_sha1_key(&h, (const uint8_t *)pwd, strlen(pwd));
    hmac_sha1(&h, message, bytes_of(NULL, 0), out);
}

/* RFC 8445 section 7.2.2: the ufrag of whom we ask comes first. */
static void write_username(struct wr *w, const struct ice_credentials *c) {
    uint8_t name[2 * ICE_UFRAG_MAX + 1];
    struct wr n = wr_of(name, sizeof(name));
    wr_bytes(&n, c->remote_ufrag, strlen(c->remote_ufrag));
    wr_u8(&n, ':');
    wr_bytes(&n, c->local_ufrag, strlen(c->local_ufrag));
    attribute(w, ATTRIBUTE_USERNAME, name, wr_len(&n));
}

void challenge_write(struct wr *w, const struct ice_credentials *c,
                     const uint8_t id[CHALLENGE_ID_LEN]) {
    uint8_t message[MESSAGE_MAX], word[4], tag[HMAC_SHA1_LEN];
    struct wr m = wr_of(message, sizeof(message));
    wr_u16(&m, REQUEST);
    wr_u16(&m, 0);
    wr_u32(&m, COOKIE);
    wr_bytes(&m, id, CHALLENGE_ID_LEN);
    write_username(&m, c);
    put_be32(word, PRIORITY_ANY);
    attribute(&m, ATTRIBUTE_PRIORITY, word, sizeof(word));
    attribute(&m, ATTRIBUTE_ICE_CONTROLLED, id, 8); /* the tie-breaker is never used */
    set_length(message, wr_len(&m), 4 + HMAC_SHA1_LEN);
    integrity(c->remote_pwd, bytes_of(message, wr_len(&m)), tag);
    attribute(&m, ATTRIBUTE_MESSAGE_INTEGRITY, tag, sizeof(tag));
    set_length(message, wr_len(&m), 4 + sizeof(word));
    put_be32(word, crc32(bytes_of(message, wr_len(&m))) ^ CRC_XOR);
    attribute(&m, ATTRIBUTE_FINGERPRINT, word, sizeof(word));
    wr_bytes(w, message, wr_len(&m));
}

bool challenge_is_answer(struct bytes d) {
    return d.n >= HEADER && be16(d.p) == SUCCESS && be32(d.p + 4) == COOKIE;
}

/* The attribute at `at` is MESSAGE-INTEGRITY of what precedes it. */
static bool authentic(struct bytes d, size_t at, const char *pwd) {
    uint8_t message[MESSAGE_MAX], tag[HMAC_SHA1_LEN];
    if (at > sizeof(message) || at + 4 + HMAC_SHA1_LEN > d.n) {
        return false;
    }
    memcpy(message, d.p, at);
    set_length(message, at, 4 + HMAC_SHA1_LEN);
    integrity(pwd, bytes_of(message, at), tag);
    return memcmp(tag, d.p + at + 4, sizeof(tag)) == 0;
}

bool challenge_answered(struct bytes d, const struct ice_credentials *c,
                        const uint8_t id[CHALLENGE_ID_LEN]) {
    if (!challenge_is_answer(d) || (size_t)be16(d.p + 2) + HEADER != d.n || !c->remote_pwd[0] ||
        memcmp(d.p + 8, id, CHALLENGE_ID_LEN) != 0) {
        return false;
    }
    struct rd r = rd_of(d.p + HEADER, d.n - HEADER);
    while (rd_left(&r) >= 4) {
        size_t at = (size_t)(r.p - d.p);
        uint16_t type = rd_u16(&r);
        uint16_t n = rd_u16(&r);
        rd_skip(&r, n + (size_t)(4 - n % 4) % 4);
        if (r.bad) {
            return false;
        }
        if (type == ATTRIBUTE_MESSAGE_INTEGRITY) {
            return n == HMAC_SHA1_LEN && authentic(d, at, c->remote_pwd);
        }
    }
    return false;
}

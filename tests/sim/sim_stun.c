#include "tests/sim/sim_stun.h"

#include "media/secure/hmac_sha1.h"

#define HEADER 20
#define COOKIE 0x2112a442U /* RFC 8489 section 5 */

enum { REQUEST = 0x0001, RESPONSE = 0x0101 }; /* RFC 8489 section 5: method Binding */

enum { /* RFC 8489 section 14, RFC 8445 section 16.1 */
       USERNAME = 0x0006,
       MESSAGE_INTEGRITY = 0x0008,
       XOR_MAPPED_ADDRESS = 0x0020,
       PRIORITY = 0x0024,
       USE_CANDIDATE = 0x0025,
       FINGERPRINT = 0x8028,
       ICE_CONTROLLING = 0x802a
};

static void attribute(struct wr *w, uint16_t type, const void *p, size_t n) {
    wr_u16(w, type);
    wr_u16(w, (uint16_t)n);
    wr_bytes(w, p, n);
    wr_zero(w, (4 - n % 4) % 4);
}

/* The header's length field: up to here plus what follows. */
static void set_length(struct wr *w, size_t more) {
    put_be16(w->start + 2, (uint16_t)(wr_len(w) - HEADER + more));
}

static void mac(const char *pwd, struct bytes message, uint8_t out[HMAC_SHA1_LEN]) {
    struct hmac_sha1 h;
    hmac_sha1_key(&h, (const uint8_t *)pwd, strlen(pwd));
    hmac_sha1(&h, message, bytes_of(NULL, 0), out);
}

static uint32_t crc32(struct bytes b) {
    uint32_t crc = 0xffffffffU;
    for (size_t i = 0; i < b.n; i++) {
        crc ^= b.p[i];
        for (int k = 0; k < 8; k++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
        }
    }
    return ~crc;
}

static void write_integrity(struct wr *w, const char *pwd) {
    uint8_t tag[HMAC_SHA1_LEN];
    set_length(w, 4 + HMAC_SHA1_LEN);
    mac(pwd, bytes_of(w->start, wr_len(w)), tag);
    attribute(w, MESSAGE_INTEGRITY, tag, sizeof(tag));
}

static void write_fingerprint(struct wr *w) {
    set_length(w, 8);
    uint32_t fingerprint = crc32(bytes_of(w->start, wr_len(w))) ^ 0x5354554eU;
    wr_u16(w, FINGERPRINT);
    wr_u16(w, 4);
    wr_u32(w, fingerprint);
}

static void write_username(struct wr *w, const struct ice_credentials *c) {
    uint8_t name[2 * ICE_UFRAG_MAX + 1];
    struct wr n = wr_of(name, sizeof(name));
    wr_bytes(&n, c->local_ufrag, strlen(c->local_ufrag));
    wr_u8(&n, ':');
    wr_bytes(&n, c->remote_ufrag, strlen(c->remote_ufrag));
    attribute(w, USERNAME, name, wr_len(&n));
}

void stun_write_check(struct wr *w, const struct stun_check *k) {
    wr_u16(w, REQUEST);
    wr_u16(w, 0);
    wr_u32(w, COOKIE);
    wr_bytes(w, k->id, STUN_ID_LEN);
    if (!k->bare) {
        write_username(w, k->c);
    }
    wr_u16(w, ICE_CONTROLLING);
    wr_u16(w, 8);
    wr_u64(w, k->tie);
    wr_u16(w, PRIORITY);
    wr_u16(w, 4);
    wr_u32(w, 0x6e7f1eff); /* host candidate, RFC 8445 section 5.1.2.1 */
    if (k->nominate) {
        attribute(w, USE_CANDIDATE, NULL, 0);
    }
    if (!k->bare) {
        write_integrity(w, k->c->local_pwd);
    }
    write_fingerprint(w);
}

static bool integrity_ok(struct bytes d, size_t at, const char *pwd) {
    uint8_t copy[1500], tag[HMAC_SHA1_LEN];
    if (at > sizeof(copy) || at + 4 + HMAC_SHA1_LEN > d.n) {
        return false;
    }
    memcpy(copy, d.p, at);
    put_be16(copy + 2, (uint16_t)(at - HEADER + 4 + HMAC_SHA1_LEN));
    mac(pwd, bytes_of(copy, at), tag);
    return memcmp(tag, d.p + at + 4, sizeof(tag)) == 0;
}

static bool mapped_address(struct bytes v, struct addr *ret) {
    if (v.n != 8 || v.p[1] != 1) { /* the model browsers speak IPv4 */
        return false;
    }
    uint32_t ip = be32(v.p + 4) ^ COOKIE;
    *ret = addr_v4((uint8_t)(ip >> 24), (uint8_t)(ip >> 16), (uint8_t)(ip >> 8), (uint8_t)ip,
                   (uint16_t)(be16(v.p + 2) ^ (COOKIE >> 16)));
    return true;
}

/* The attributes of a whole message. */
struct attributes {
    bool authentic; /* MESSAGE-INTEGRITY by the password asked for */
    bool mapped;    /* XOR-MAPPED-ADDRESS, in address */
    struct addr address;
};

/* A message of this type; false when it is not one or is malformed. */
static bool read_message(struct bytes d, uint16_t wanted, const char *pwd, uint8_t id[STUN_ID_LEN],
                         struct attributes *ret) {
    struct rd r = rd_of(d.p, d.n);
    *ret = (struct attributes){0};
    if (rd_u16(&r) != wanted || (size_t)rd_u16(&r) + HEADER != d.n || rd_u32(&r) != COOKIE) {
        return false;
    }
    struct bytes their_id = rd_bytes(&r, STUN_ID_LEN);
    if (r.bad) {
        return false;
    }
    memcpy(id, their_id.p, STUN_ID_LEN);
    while (rd_left(&r) > 0) {
        size_t at = (size_t)(r.p - d.p);
        uint16_t type = rd_u16(&r);
        struct bytes value = rd_bytes(&r, rd_u16(&r));
        rd_skip(&r, (4 - value.n % 4) % 4);
        if (r.bad) {
            return false;
        }
        if (type == XOR_MAPPED_ADDRESS) {
            ret->mapped = mapped_address(value, &ret->address);
        } else if (type == MESSAGE_INTEGRITY) {
            ret->authentic = value.n == HMAC_SHA1_LEN && integrity_ok(d, at, pwd);
        }
    }
    return true;
}

bool stun_read_response(struct bytes d, const uint8_t id[STUN_ID_LEN], const char *pwd,
                        struct addr *ret) {
    struct attributes a;
    uint8_t their_id[STUN_ID_LEN];
    if (!read_message(d, RESPONSE, pwd, their_id, &a) || memcmp(their_id, id, STUN_ID_LEN) != 0) {
        return false;
    }
    if (a.mapped) {
        *ret = a.address;
    }
    return a.mapped && a.authentic;
}

bool stun_read_check(struct bytes d, const char *pwd, uint8_t ret_id[STUN_ID_LEN]) {
    struct attributes a;
    return read_message(d, REQUEST, pwd, ret_id, &a) && a.authentic;
}

void stun_write_response(struct wr *w, const uint8_t id[STUN_ID_LEN], const char *pwd,
                         const struct addr *from) {
    wr_u16(w, RESPONSE);
    wr_u16(w, 0);
    wr_u32(w, COOKIE);
    wr_bytes(w, id, STUN_ID_LEN);
    wr_u16(w, XOR_MAPPED_ADDRESS);
    wr_u16(w, 8);
    wr_u16(w, 1); /* IPv4 */
    wr_u16(w, (uint16_t)(from->port ^ (COOKIE >> 16)));
    wr_u32(w, be32(from->ip + 12) ^ COOKIE);
    write_integrity(w, pwd);
    write_fingerprint(w);
}

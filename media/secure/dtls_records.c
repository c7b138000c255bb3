#include "media/secure/dtls_impl.h"

/* RFC 6347 section 4.2.2: type 1, length 3, message_seq 2, fragment offset 3, length 3. */
#define FRAGMENT_HEADER 12
/* [bytes] Longest handshake message that is assembled; a certificate chain is shorter. */
#define MESSAGE_MAX 16384

bool dtls_next_record(struct rd *r, struct dtls_record *ret) {
    const uint8_t *start = r->p;
    uint8_t type = rd_u8(r);
    uint16_t version = rd_u16(r);
    uint16_t epoch = rd_u16(r);
    rd_skip(r, 6);
    struct bytes body = rd_bytes(r, rd_u16(r));
    if (r->bad || (version != 0xfeff && version != 0xfefd)) {
        return false;
    }
    *ret = (struct dtls_record){type, version, epoch, bytes_of(start, DTLS_RECORD_HEADER + body.n),
                                body};
    return true;
}

/* RFC 5246 section 7.4: what a peer of this role may send us before encryption starts. */
static bool message_expected(uint8_t type, bool role_client) {
    switch (type) {
    case 1:  /* client_hello */
    case 15: /* certificate_verify */
    case 16: /* client_key_exchange */
        return !role_client;
    case 2:  /* server_hello */
    case 3:  /* hello_verify_request */
    case 12: /* server_key_exchange */
    case 13: /* certificate_request */
    case 14: /* server_hello_done */
        return role_client;
    default:
        return type == 11; /* certificate */
    }
}

static bool fragments_well_formed(struct bytes body, bool role_client) {
    struct rd r = rd_of(body.p, body.n);
    if (body.n < FRAGMENT_HEADER) {
        return false;
    }
    while (rd_left(&r) > 0) { /* one record may hold several (BoringSSL packs them) */
        uint8_t type = rd_u8(&r);
        uint32_t length = rd_u24(&r);
        rd_skip(&r, 2);
        uint32_t offset = rd_u24(&r);
        uint32_t n = rd_u24(&r);
        rd_skip(&r, n);
        if (r.bad || length > MESSAGE_MAX || offset + n > length || (n == 0 && length > 0) ||
            !message_expected(type, role_client)) {
            return false;
        }
    }
    return true;
}

size_t dtls_filter_records(struct bytes datagram, bool role_client, uint8_t *out) {
    if (datagram.n > DTLS_DATAGRAM_MAX) {
        return 0;
    }
    struct rd r = rd_of(datagram.p, datagram.n);
    struct dtls_record rec;
    size_t n = 0;
    while (rd_left(&r) > 0 && dtls_next_record(&r, &rec)) {
        bool keep = rec.type == DTLS_CHANGE_CIPHER_SPEC || rec.type == DTLS_HANDSHAKE;
        if (rec.type == DTLS_HANDSHAKE && rec.epoch == 0) {
            keep = fragments_well_formed(rec.body, role_client);
        }
        if (keep) {
            memcpy(out + n, rec.whole.p, rec.whole.n);
            n += rec.whole.n;
        }
    }
    return n;
}

bool dtls_is_handshake(struct bytes datagram) {
    struct rd r = rd_of(datagram.p, datagram.n);
    struct dtls_record rec;
    while (rd_left(&r) > 0 && dtls_next_record(&r, &rec)) {
        if (rec.type == DTLS_HANDSHAKE) {
            return true;
        }
    }
    return false;
}

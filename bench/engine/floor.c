#include "bench/engine/limits.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/check.h"
#include "bench/clock.h"
#include "media/secure/openssl.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 64
#define GCM_TAG 16
#define HEADER_MAX 64
#define DATAGRAM_MAX 1600

struct floor {
    int fd;
    unsigned n, pending;
    uint64_t index;
    EVP_CIPHER_CTX **viewers;
    struct sockaddr_in name[BATCH];
    struct iovec iov[BATCH];
    struct mmsghdr msg[BATCH];
    uint8_t header[HEADER_MAX], plain[DATAGRAM_MAX];
    uint8_t out[BATCH][DATAGRAM_MAX];
};

static EVP_CIPHER_CTX *new_viewer(unsigned i) {
    uint8_t key[16] = {1};
    put_be32(key + 4, i);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    CHECK(c && EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, key, NULL) == 1);
    return c;
}

struct floor *floor_open(unsigned n) {
    struct floor *f = mem_zalloc(1, sizeof(*f));
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int whole = IP_PMTUDISC_DO; /* as server/net/udp.c */
    CHECK(f);
    f->n = n;
    f->viewers = mem_zalloc(n, sizeof(f->viewers[0]));
    f->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK(f->viewers && f->fd >= 0 && bind(f->fd, (struct sockaddr *)&here, sizeof(here)) == 0);
    (void)setsockopt(f->fd, IPPROTO_IP, IP_MTU_DISCOVER, &whole, sizeof(whole));
    for (unsigned i = 0; i < n; i++) {
        f->viewers[i] = new_viewer(i);
    }
    return f;
}

void floor_close(struct floor *f) {
    for (unsigned i = 0; i < f->n; i++) {
        EVP_CIPHER_CTX_free(f->viewers[i]);
    }
    close(f->fd);
    mem_free(f->viewers);
    mem_free(f);
}

static size_t seal(struct floor *f, unsigned viewer, size_t header, size_t payload, uint8_t *out) {
    EVP_CIPHER_CTX *c = f->viewers[viewer];
    uint8_t iv[12] = {0}, none[GCM_TAG];
    int n = 0;
    put_be32(iv + 4, (uint32_t)(f->index >> 32));
    put_be32(iv + 8, (uint32_t)f->index);
    memcpy(out, f->header, header);
    bool ok = EVP_EncryptInit_ex(c, NULL, NULL, NULL, iv) == 1 &&
              EVP_EncryptUpdate(c, NULL, &n, f->header, (int)header) == 1 &&
              EVP_EncryptUpdate(c, out + header, &n, f->plain, (int)payload) == 1 &&
              EVP_EncryptFinal_ex(c, none, &n) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, GCM_TAG, out + header + payload) == 1;
    CHECK(ok);
    return header + payload + GCM_TAG;
}

uint64_t floor_seal(struct floor *f, const struct burst *b, size_t header) {
    uint64_t begun = cpu_ns();
    for (unsigned i = 0; i < b->n; i++) {
        f->index++;
        for (unsigned v = 0; v < f->n; v++) {
            seal(f, v, header, b->payload[i], f->out[0]);
        }
    }
    return cpu_ns() - begun;
}

static void flush(struct floor *f) {
    for (unsigned at = 0; at < f->pending;) {
        int n = sendmmsg(f->fd, f->msg + at, f->pending - at, 0);
        CHECK(n > 0);
        at += (unsigned)n;
    }
    f->pending = 0;
}

static void queue(struct floor *f, const struct addr *to, size_t len) {
    unsigned i = f->pending++;
    f->name[i].sin_family = AF_INET;
    f->name[i].sin_port = htons(to->port);
    memcpy(&f->name[i].sin_addr, to->ip + 12, 4);
    f->iov[i] = (struct iovec){f->out[i], len};
    f->msg[i].msg_hdr = (struct msghdr){.msg_name = &f->name[i],
                                        .msg_namelen = sizeof(f->name[i]),
                                        .msg_iov = &f->iov[i],
                                        .msg_iovlen = 1};
    if (f->pending == BATCH) {
        flush(f);
    }
}

uint64_t floor_send(struct floor *f, const struct burst *b, size_t header, const struct sink *to) {
    uint64_t begun = cpu_ns();
    for (unsigned i = 0; i < b->n; i++) {
        f->index++;
        for (unsigned v = 0; v < f->n; v++) {
            struct addr a = sink_addr(to, v + 1);
            queue(f, &a, seal(f, v, header, b->payload[i], f->out[f->pending]));
        }
    }
    flush(f);
    return cpu_ns() - begun;
}

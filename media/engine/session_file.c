#include "media/engine/session_file.h"

#include "base/map.h"

#include <string.h>

#define MAGIC UINT64_C(0x656c6966736c726f) /* "orlsfile" where the low byte is first */
#define SLOTS_MAX 65535

static uint64_t sum_of(const struct session_file_head *h) {
    return hash_bytes(h, offsetof(struct session_file_head, sum), 0);
}

void session_file_seal(struct session_file_head *h) {
    h->sum = sum_of(h);
}

size_t session_file_size(uint32_t n_slots) {
    return session_file_slot(n_slots);
}

size_t session_file_slot(uint32_t i) {
    return SESSION_FILE_HEAD + i * sizeof(struct session_slot);
}

void session_file_begin(const struct session_file *f, void *head) {
    struct session_file_head h = {.magic = MAGIC,
                                  .version = SESSION_FILE_VERSION,
                                  .snapshot_version = SNAPSHOT_VERSION,
                                  .slot_bytes = sizeof(struct session_slot),
                                  .n_slots = f->n_slots,
                                  .worker = f->worker,
                                  .wall_at_zero = f->wall_at_zero.us};
    session_file_seal(&h);
    memcpy(head, &h, sizeof(h));
}

enum err session_file_read(struct bytes head, struct session_file *ret) {
    struct session_file_head h;
    if (head.n < SESSION_FILE_HEAD) {
        return ERR_SHORT;
    }
    memcpy(&h, head.p, sizeof(h));
    if (h.magic != MAGIC || h.sum != sum_of(&h)) {
        return ERR_FORMAT;
    }
    if (h.version != SESSION_FILE_VERSION || h.snapshot_version != SNAPSHOT_VERSION ||
        h.slot_bytes != sizeof(struct session_slot)) {
        return ERR_UNSUPPORTED;
    }
    if (h.n_slots < 1 || h.n_slots > SLOTS_MAX) {
        return ERR_FORMAT;
    }
    *ret = (struct session_file){
        .worker = h.worker, .n_slots = h.n_slots, .wall_at_zero = {h.wall_at_zero}};
    return OK;
}

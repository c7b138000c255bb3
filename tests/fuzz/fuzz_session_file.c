/* libs: media */
/* The head of a file of slots, written by who knows what: as it comes, and with its sum put right,
 * so that what stands behind the sum is read, too. Promises checked: only what says what this build
 * writes is taken, and the size that follows from it is one that can be read. */
#include "base/check.h"
#include "media/engine/session_file.h"

#include <string.h>

static void look(const uint8_t *head, size_t n) {
    struct session_file f;
    enum err e = session_file_read(bytes_of(head, n), &f);
    CHECK(e == OK || e == ERR_SHORT || e == ERR_FORMAT || e == ERR_UNSUPPORTED);
    CHECK((e == ERR_SHORT) == (n < SESSION_FILE_HEAD));
    if (e == OK) {
        uint8_t again[SESSION_FILE_HEAD] = {0};
        CHECK(f.n_slots >= 1 && f.n_slots <= 65535);
        CHECK(session_file_size(f.n_slots) ==
              SESSION_FILE_HEAD + f.n_slots * sizeof(struct session_slot));
        session_file_begin(&f, again);
        CHECK(memcmp(again, head, offsetof(struct session_file_head, zero)) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    uint8_t head[SESSION_FILE_HEAD] = {0};
    struct session_file_head h;
    size_t take = n < sizeof(head) ? n : sizeof(head);
    if (take > 0) {
        memcpy(head, p, take);
    }
    look(head, take);
    look(head, sizeof(head));
    memcpy(&h, head, sizeof(h));
    session_file_seal(&h);
    memcpy(head, &h, sizeof(h));
    look(head, sizeof(head));
    return 0;
}

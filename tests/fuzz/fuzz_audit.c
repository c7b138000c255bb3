/* libs: server_audit */
/* An audit log that somebody may have written: its records one by one, and the chain of them; and
 * cursors that somebody shows. */
#include "server/audit/audit_chain.h"
#include "server/audit/audit_page.h"

#include "base/check.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What is read can be shown; the hash proves the bytes, so that those can be made for the rest. */
static void with_hash(const uint8_t *data, size_t n) {
    struct audit_record r;
    struct buffer b = {0}, shown = {0};
    uint8_t hash[SHA256_LEN];
    size_t len = n < AUDIT_LINE_MAX - 80 ? n : AUDIT_LINE_MAX - 80;
    sha256_of(bytes_of(data, len), bytes_of(NULL, 0), hash);
    buffer_put(&b, data, len);
    buffer_str(&b, ",\"hash\":\"");
    buffer_hex(&b, hash, sizeof(hash));
    buffer_str(&b, "\"}");
    enum err e = audit_record_read(bytes_of(b.p, b.n), &r);
    CHECK(e == OK || e == ERR_FORMAT);
    if (e == OK) {
        CHECK(r.number > 0 && memcmp(r.hash, hash, SHA256_LEN) == 0);
        audit_record_show(&shown, &r);
        CHECK(!shown.bad);
        CHECK(audit_record_verify(bytes_of(b.p, b.n), &r, r.key) != OK || r.is_signed);
    }
    buffer_free(&shown);
    buffer_free(&b);
}

/* A cursor that is understood is some place, and is shown as it would be given. */
static void as_cursor(const uint8_t *data, size_t n) {
    char text[32], shown[AUDIT_CURSOR_TEXT_MAX];
    struct audit_cursor c = {0}, again = {0};
    size_t len = n < sizeof(text) - 1 ? n : sizeof(text) - 1;
    memcpy(text, data, len);
    text[len] = '\0';
    if (audit_cursor_read(text, &c)) {
        CHECK(audit_cursor_read(audit_cursor_text(&c, shown), &again));
        CHECK(again.file == c.file && again.at == c.at);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct audit_chain c = {.any_key = true};
    struct audit_record r;
    struct bytes rest = bytes_of(data, n);
    enum audit_fault f = AUDIT_SOUND;
    uint64_t taken = 0;
    while (rest.n > 0 && f == AUDIT_SOUND) {
        const uint8_t *end = memchr(rest.p, '\n', rest.n);
        size_t len = end ? (size_t)(end - rest.p) : rest.n;
        f = audit_chain_take(&c, bytes_of(rest.p, len), &r);
        taken += f == AUDIT_SOUND;
        rest = end ? bytes_of(end + 1, rest.n - len - 1) : bytes_of(NULL, 0);
    }
    CHECK(c.records >= taken && c.records <= taken + 1);
    (void)audit_chain_end(&c);
    const uint8_t *line = n ? memchr(data, '\n', n) : NULL;
    with_hash(data, line ? (size_t)(line - data) : n);
    as_cursor(data, line ? (size_t)(line - data) : n);
    return 0;
}

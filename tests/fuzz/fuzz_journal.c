/* libs: recorder_journal base */
/* Arbitrary bytes as journal lines, and as a signed manifest's or supplement's line. What can be
 * read must be written again so that it reads the same. */
#include "recorder/journal/journal.h"
#include "recorder/journal/manifest.h"
#include "recorder/journal/supplement.h"

#include "base/alloc.h"
#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct id recording = {{0x11, 0x22}};

static void one_line(struct bytes line) {
    struct entry e, back;
    struct buffer first = {0}, second = {0};
    if (entry_decode(line, &e, NULL) != OK) {
        return;
    }
    /* An entry at its limits may be longer when written by us (a short escape, say). */
    if (entry_encode(&e, NULL, &first) == OK) {
        CHECK(entry_decode(bytes_of(first.p, first.n), &back, NULL) == OK);
        CHECK(entry_encode(&back, NULL, &second) == OK);
        CHECK(bytes_eq(bytes_of(first.p, first.n), bytes_of(second.p, second.n)));
    }
    buffer_free(&first);
    buffer_free(&second);
}

/* The parser behind the signature, for which the fuzzer has the key. */
static void as_manifest(struct bytes line) {
    static const uint8_t root[KEY_LEN];
    struct signing_key k;
    uint8_t signature[SIGNATURE_LEN];
    struct manifest m;
    struct buffer t = {0};
    if (memchr(line.p, '\n', line.n) || keys_signing(root, &k) != OK ||
        keys_sign(&k, line, signature) != OK) {
        return;
    }
    buffer_put(&t, line.p, line.n);
    buffer_printf(&t, "\n");
    buffer_hex(&t, signature, sizeof(signature));
    buffer_printf(&t, "\n");
    if (manifest_decode(bytes_of(t.p, t.n), &k, &m) == OK) {
        for (size_t i = 0; i < m.n_objects; i++) {
            CHECK(manifest_find(&m, &m.objects[i].id) == &m.objects[i]);
        }
        manifest_clear(&m);
    }
    struct supplement x;
    if (supplement_decode(bytes_of(t.p, t.n), &k, &x) == OK) {
        for (size_t i = 0; i < x.list.n_objects; i++) {
            CHECK(manifest_find(&x.list, &x.list.objects[i].id));
        }
        supplement_clear(&x);
    }
    buffer_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct journal_head head = journal_begin(&recording);
    if (n == 0) {
        return 0;
    }
    struct bytes all = bytes_of(data, n);
    journal_replay(all, &head, NULL, NULL);
    const uint8_t *end = memchr(data, '\n', n);
    one_line(bytes_of(data, end ? (size_t)(end - data) : n));
    as_manifest(all);
    return 0;
}

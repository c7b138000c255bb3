/* libs: recorder_journal base */
/* Arbitrary bytes as journal lines, as a sealed text in one, and as a signed manifest's or
 * supplement's line. What can be read must be written again so that it reads the same. */
#include "recorder/journal/journal.h"
#include "recorder/journal/manifest.h"
#include "recorder/journal/personal.h"
#include "recorder/journal/supplement.h"
#include "recorder/seal/aead.h"

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

static void fill(void *ctx, void *p, size_t n) {
    (void)ctx;
    memset(p, 1, n);
}

/* What is behind the seal, for which the fuzzer has the key, and what is only said to be sealed. */
static void as_said(struct bytes text) {
    static const uint8_t key[KEY_LEN];
    struct entry e = {.type = ENTRY_SAID};
    struct rng rng = {.fill = fill};
    struct entry_said *s = &e.u.said;
    uint8_t aad[64];
    struct wr w = wr_of(aad, sizeof(aad));
    s->who.participant = 1;
    wr_bytes(&w, "oriel-text/1", 12);
    wr_bytes(&w, recording.b, ID_LEN);
    wr_u64(&w, 1);
    wr_bytes(&w, "entry", 5);
    struct aead a = {key, bytes_of(aad, wr_len(&w))};
    size_t most = ENTRY_SAID_SEALED_MAX - AEAD_OVERHEAD, n = text.n < most ? text.n : most;
    CHECK(aead_seal(&a, &rng, bytes_of(text.p, n), s->bytes) == OK);
    s->sealed_len = (uint16_t)(n + AEAD_OVERHEAD);
    CHECK(personal_open(key, &recording, &e) == OK && s->len <= ENTRY_SAID_MAX);
    CHECK(strlen(entry_said_fields(s)) + strlen(entry_said_text(s)) <= ENTRY_SAID_SEALED_MAX);
}

static void as_text(struct bytes text) {
    static const uint8_t key[KEY_LEN];
    static const char context[] = "oriel-text/1";
    struct entry e = {.type = ENTRY_MARK}, open;
    struct entry_personal *p = &e.u.personal;
    struct rng rng = {.fill = fill};
    uint8_t aad[64];
    struct wr w = wr_of(aad, sizeof(aad));
    p->said.participant = 1;
    size_t n = text.n < ENTRY_SEALED_MAX ? text.n : ENTRY_SEALED_MAX;
    memcpy(p->sealed, text.p, n);
    p->sealed_len = (uint16_t)n;
    CHECK(personal_open(key, &recording, &e) != OK);
    wr_bytes(&w, context, sizeof(context) - 1);
    wr_bytes(&w, recording.b, ID_LEN);
    wr_u64(&w, 1);
    wr_bytes(&w, "mark", 4);
    struct aead a = {key, bytes_of(aad, wr_len(&w))};
    n = n < ENTRY_SEALED_MAX - AEAD_OVERHEAD ? n : ENTRY_SEALED_MAX - AEAD_OVERHEAD;
    CHECK(aead_seal(&a, &rng, bytes_of(text.p, n), p->sealed) == OK);
    p->sealed_len = (uint16_t)(n + AEAD_OVERHEAD);
    open = e;
    CHECK(personal_open(key, &recording, &open) == OK);
    CHECK(strlen(open.u.person.name) < ENTRY_TEXT_MAX);
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
    as_text(all);
    as_said(all);
    as_manifest(all);
    return 0;
}

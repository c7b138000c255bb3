#include "recorder/journal/personal.h"

#include "recorder/seal/aead.h"

#include "base/check.h"
#include "base/utf8.h"

#define CONTEXT "oriel-text/1"
#define AAD_MAX (sizeof(CONTEXT) - 1 + ID_LEN + 8 + 16)

bool personal_is(const struct entry *e) {
    bool personal = e->type == ENTRY_PARTICIPANT || e->type == ENTRY_MARK || e->type == ENTRY_SAID;
    return personal && e->u.person.participant;
}

/* What binds a text to whose it is and what it says. */
static struct bytes text_aad(const struct id *recording, const struct entry *e,
                             uint8_t out[AAD_MAX]) {
    const char *type = entry_type_name((enum entry_type)e->type);
    struct wr w = wr_of(out, AAD_MAX);
    wr_bytes(&w, CONTEXT, sizeof(CONTEXT) - 1);
    wr_bytes(&w, recording->b, ID_LEN);
    wr_u64(&w, e->u.person.participant);
    wr_bytes(&w, type, strlen(type));
    CHECK(!w.bad);
    return bytes_of(out, wr_len(&w));
}

/* What is to be sealed, padded, and its length; 0: nothing. */
static size_t plain_of(const struct entry *e, uint8_t out[ENTRY_SAID_MAX]) {
    memset(out, 0, ENTRY_SAID_MAX);
    if (e->type == ENTRY_SAID) {
        size_t n = e->u.said.len;
        CHECK(n <= ENTRY_SAID_MAX);
        memcpy(out, e->u.said.bytes, n);
        return (n + PERSONAL_SAID_STEP - 1) / PERSONAL_SAID_STEP * PERSONAL_SAID_STEP;
    }
    const char *name = e->u.person.name;
    memcpy(out, name, strnlen(name, PERSONAL_LEN));
    return name[0] ? PERSONAL_LEN : 0;
}

static void wipe_plain(struct entry *e) {
    if (e->type == ENTRY_SAID) {
        mem_wipe(e->u.said.bytes, sizeof(e->u.said.bytes));
        e->u.said.len = 0;
    } else {
        mem_wipe(e->u.person.name, sizeof(e->u.person.name));
    }
}

enum err personal_seal(struct key_ring *r, const struct rng *rng, struct entry *e) {
    struct entry_personal *p = &e->u.personal;
    uint8_t key[KEY_LEN], aad[AAD_MAX], plain[ENTRY_SAID_MAX];
    uint8_t sealed[ENTRY_SAID_SEALED_MAX];
    if (!entry_is_of_person((enum entry_type)e->type)) {
        return OK;
    }
    p->sealed_len = 0;
    size_t n = personal_is(e) ? plain_of(e, plain) : 0;
    if (n == 0) {
        return OK;
    }
    enum err error = key_ring_add_subject(r, p->said.participant);
    error = error == OK ? key_ring_text(r, p->said.participant, key) : error;
    if (error == ERR_GONE) { /* shredded meanwhile: what they are called is not noted again */
        wipe_plain(e);
    } else if (error == OK) {
        struct aead a = {key, text_aad(&r->set.recording, e, aad)};
        error = aead_seal(&a, rng, bytes_of(plain, n), sealed);
    }
    if (error == OK) {
        wipe_plain(e);
        p->sealed_len = (uint16_t)(n + AEAD_OVERHEAD);
        memcpy(e->type == ENTRY_SAID ? e->u.said.bytes : p->sealed, sealed, p->sealed_len);
    }
    mem_wipe(plain, sizeof(plain));
    mem_wipe(key, sizeof(key));
    return error == ERR_GONE ? OK : error;
}

/* A later release may seal longer texts: they are cut, as they are when they stand in clear. */
static void take_text(struct entry_person *p, const char *plain, size_t n) {
    n = strnlen(plain, n);
    n = utf8_cut(plain, n, sizeof(p->name) - 1);
    memset(p->name, 0, sizeof(p->name));
    memcpy(p->name, plain, n);
}

/* The NULs that end it are there: what is behind the padding is cleared. */
static void take_said(struct entry_said *s, const uint8_t *plain, size_t n) {
    memset(s->bytes, 0, sizeof(s->bytes));
    memcpy(s->bytes, plain, n);
    size_t fields = strlen((const char *)s->bytes) + 1;
    size_t end = fields < n ? fields + strlen((const char *)s->bytes + fields) + 1 : fields;
    s->len = (uint16_t)(end < ENTRY_SAID_MAX ? end : ENTRY_SAID_MAX);
}

enum err personal_open(const uint8_t key[KEY_LEN], const struct id *recording, struct entry *e) {
    struct entry_personal *p = &e->u.personal;
    uint8_t aad[AAD_MAX], plain[ENTRY_SAID_SEALED_MAX] = {0};
    if (!personal_is(e) || p->sealed_len < AEAD_OVERHEAD) {
        return ERR_AUTH;
    }
    if (p->sealed_len > entry_sealed_max((enum entry_type)e->type)) {
        return ERR_LONG;
    }
    const uint8_t *sealed = e->type == ENTRY_SAID ? e->u.said.bytes : p->sealed;
    struct aead a = {key, text_aad(recording, e, aad)};
    enum err error = aead_open(&a, bytes_of(sealed, p->sealed_len), plain);
    size_t n = p->sealed_len - AEAD_OVERHEAD;
    if (error == OK && e->type == ENTRY_SAID) {
        take_said(&e->u.said, plain, n);
    } else if (error == OK) {
        take_text(&p->said, (const char *)plain, n);
    }
    p->sealed_len = error == OK ? 0 : p->sealed_len;
    mem_wipe(plain, sizeof(plain));
    return error;
}

static enum err open_on_ring(void *ctx, struct entry *e) {
    struct key_ring *r = ctx;
    uint8_t key[KEY_LEN];
    enum err error = personal_is(e) ? key_ring_text(r, e->u.person.participant, key) : ERR_AUTH;
    error = error == OK ? personal_open(key, &r->set.recording, e) : error;
    mem_wipe(key, sizeof(key));
    return error;
}

struct personal_opener personal_opener_of(struct key_ring *r) {
    return (struct personal_opener){open_on_ring, r};
}

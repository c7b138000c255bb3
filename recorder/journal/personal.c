#include "recorder/journal/personal.h"

#include "recorder/seal/aead.h"

#include "base/check.h"
#include "base/utf8.h"

#define CONTEXT "oriel-text/1"
#define AAD_MAX (sizeof(CONTEXT) - 1 + ID_LEN + 8 + 16)

bool personal_is(const struct entry *e) {
    return (e->type == ENTRY_PARTICIPANT || e->type == ENTRY_MARK) && e->u.person.participant;
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

enum err personal_seal(struct key_ring *r, const struct rng *rng, struct entry *e) {
    struct entry_personal *p = &e->u.personal;
    uint8_t key[KEY_LEN], aad[AAD_MAX], plain[PERSONAL_LEN] = {0};
    if (!entry_is_of_person((enum entry_type)e->type)) {
        return OK;
    }
    p->sealed_len = 0;
    if (!personal_is(e) || !p->said.name[0]) {
        return OK;
    }
    enum err error = key_ring_add_subject(r, p->said.participant);
    error = error == OK ? key_ring_text(r, p->said.participant, key) : error;
    if (error == ERR_GONE) { /* shredded meanwhile: what they are called is not noted again */
        mem_wipe(p->said.name, sizeof(p->said.name));
        return OK;
    }
    if (error == OK) {
        struct aead a = {key, text_aad(&r->set.recording, e, aad)};
        memcpy(plain, p->said.name, strnlen(p->said.name, PERSONAL_LEN));
        error = aead_seal(&a, rng, bytes_of(plain, sizeof(plain)), p->sealed);
    }
    if (error == OK) {
        p->sealed_len = PERSONAL_LEN + AEAD_OVERHEAD;
        mem_wipe(p->said.name, sizeof(p->said.name));
    }
    mem_wipe(plain, sizeof(plain));
    mem_wipe(key, sizeof(key));
    return error;
}

/* A later release may seal longer texts: they are cut, as they are when they stand in clear. */
static void take_text(struct entry_person *p, const char *plain, size_t n) {
    n = strnlen(plain, n);
    n = utf8_cut(plain, n, sizeof(p->name) - 1);
    memset(p->name, 0, sizeof(p->name));
    memcpy(p->name, plain, n);
}

enum err personal_open(const uint8_t key[KEY_LEN], const struct id *recording, struct entry *e) {
    struct entry_personal *p = &e->u.personal;
    uint8_t aad[AAD_MAX], plain[ENTRY_SEALED_MAX] = {0};
    if (!personal_is(e) || p->sealed_len < AEAD_OVERHEAD) {
        return ERR_AUTH;
    }
    if (p->sealed_len > ENTRY_SEALED_MAX) {
        return ERR_LONG;
    }
    struct aead a = {key, text_aad(recording, e, aad)};
    enum err error = aead_open(&a, bytes_of(p->sealed, p->sealed_len), plain);
    if (error == OK) {
        take_text(&p->said, (const char *)plain, p->sealed_len - AEAD_OVERHEAD);
        p->sealed_len = 0;
    }
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

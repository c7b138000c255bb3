#include "server/audit/audit_record.h"

#include "base/json_write.h"
#include "json/json_read.h"

#include <string.h>

#define HASH_KEY ",\"hash\":\""
#define SIGNATURE_KEY ",\"signature\":\""
#define HASH_END (sizeof(HASH_KEY) - 1 + (size_t)2 * SHA256_LEN + sizeof("\"}") - 1)
#define SIGNATURE_END (sizeof(SIGNATURE_KEY) - 1 + (size_t)2 * SIGNATURE_LEN + sizeof("\"") - 1)
#define SIGNED_AS "oriel audit record 1\n" /* no signature of ours means anything else */

/* ---- writing ---- */

static void put_if_any(struct buffer *b, const char *key, const char *text) {
    if (*text) {
        json_put_string(b, key, text);
    }
}

static void put_time(struct buffer *b, const char *key, wall_t at) {
    char text[WALL_TEXT_MAX];
    json_put_string(b, key, wall_text(at, text));
}

static void put_entry(struct buffer *b, const struct audit_record *r) {
    const struct audit_entry *e = &r->e;
    json_put_uint(b, "n", r->number);
    put_time(b, "at", e->at);
    json_put_string(b, "what", r->word);
    json_put_string(b, "outcome", *e->code ? "refused" : "done");
    put_if_any(b, "code", e->code);
    put_if_any(b, "sub", e->sub);
    put_if_any(b, "role", e->role);
    put_if_any(b, "name", e->name);
    put_if_any(b, "address", e->address);
    put_if_any(b, "tour", e->tour);
    put_if_any(b, "recording", e->recording);
    put_if_any(b, "participant", e->participant);
    put_if_any(b, "whom", e->whom);
    put_if_any(b, "detail", e->detail);
    put_if_any(b, "trace", e->trace);
    if (e->count > 1) {
        json_put_uint(b, "count", e->count);
        put_time(b, "first", e->first);
    }
    if (r->upto) {
        json_put_uint(b, "upto", r->upto);
    }
}

void audit_record_show(struct buffer *b, const struct audit_record *r) {
    json_open(b, NULL, '{');
    put_entry(b, r);
    json_close(b, '}');
}

static enum err sign(struct buffer *b, size_t start, const struct signing_key *key) {
    uint8_t signature[SIGNATURE_LEN], digest[SHA256_LEN];
    json_put_hex(b, "key", key->verifying, KEY_LEN);
    if (b->bad) {
        return ERR_NOMEM;
    }
    sha256_of(bytes_of(SIGNED_AS, strlen(SIGNED_AS)), bytes_of(b->p + start, b->n - start), digest);
    enum err e = keys_sign(key, bytes_of(digest, sizeof(digest)), signature);
    json_put_hex(b, "signature", signature, sizeof(signature));
    return e;
}

enum err audit_record_write(struct buffer *b, struct audit_record *r,
                            const struct signing_key *key) {
    size_t start = b->n;
    if (r->e.what != AUDIT_NONE) {
        memcpy(r->word, audit_word(r->e.what), strlen(audit_word(r->e.what)) + 1);
    }
    json_open(b, NULL, '{');
    put_entry(b, r);
    if (r->upto) {
        json_put_hex(b, "upto_hash", r->upto_hash, SHA256_LEN);
    }
    json_put_hex(b, "prev", r->prev, SHA256_LEN);
    enum err e = key ? sign(b, start, key) : OK;
    if (e == OK && !b->bad) {
        sha256_of(bytes_of(b->p + start, b->n - start), bytes_of(NULL, 0), r->hash);
        json_put_hex(b, "hash", r->hash, SHA256_LEN);
        json_close(b, '}');
        buffer_str(b, "\n");
    }
    e = e == OK && b->bad ? ERR_NOMEM : e;
    if (e != OK) {
        buffer_cut(b, start);
    }
    return e;
}

/* ---- reading ---- */

/* The bytes before its end, or NULL: it does not end so. */
static bool before(struct bytes line, const char *key, size_t end, struct bytes *ret) {
    if (line.n <= end || memcmp(line.p + line.n - end, key, strlen(key)) != 0) {
        return false;
    }
    *ret = bytes_of(line.p, line.n - end);
    return true;
}

static bool read_text(const struct json *o, const char *name, char *out, size_t cap) {
    return json_get_text_if_any(json_member(o, name), out, cap);
}

static bool read_time(const struct json *o, const char *name, wall_t *ret) {
    char text[WALL_TEXT_MAX];
    return json_get_text(json_member(o, name), text, sizeof(text)) && wall_parse(text, ret);
}

static bool read_texts(const struct json *o, struct audit_entry *e) {
    return read_text(o, "code", e->code, sizeof(e->code)) &&
           read_text(o, "sub", e->sub, sizeof(e->sub)) &&
           read_text(o, "role", e->role, sizeof(e->role)) &&
           read_text(o, "name", e->name, sizeof(e->name)) &&
           read_text(o, "address", e->address, sizeof(e->address)) &&
           read_text(o, "tour", e->tour, sizeof(e->tour)) &&
           read_text(o, "recording", e->recording, sizeof(e->recording)) &&
           read_text(o, "participant", e->participant, sizeof(e->participant)) &&
           read_text(o, "whom", e->whom, sizeof(e->whom)) &&
           read_text(o, "detail", e->detail, sizeof(e->detail)) &&
           read_text(o, "trace", e->trace, sizeof(e->trace));
}

static bool read_upto(const struct json *o, struct audit_record *r) {
    const struct json *v = json_member(o, "upto");
    return !v || (json_get_uint(v, INT64_MAX, &r->upto) && r->upto > 0 &&
                  json_get_hex(json_member(o, "upto_hash"), r->upto_hash, SHA256_LEN));
}

static bool read_count(const struct json *o, struct audit_entry *e) {
    const struct json *v = json_member(o, "count");
    e->count = 1;
    e->first = e->at;
    return !v || (json_get_uint(v, INT64_MAX, &e->count) && read_time(o, "first", &e->first));
}

static bool read_signature(const struct json *o, struct audit_record *r) {
    r->is_signed = json_member(o, "signature") != NULL;
    return !r->is_signed ||
           (json_get_hex(json_member(o, "key"), r->key, KEY_LEN) &&
            json_get_hex(json_member(o, "signature"), r->signature, SIGNATURE_LEN));
}

static bool read_members(const struct json *o, struct audit_record *r) {
    const struct json *outcome = json_member(o, "outcome");
    bool ok = json_get_uint(json_member(o, "n"), INT64_MAX, &r->number) && r->number > 0 &&
              read_time(o, "at", &r->e.at) &&
              json_get_text(json_member(o, "what"), r->word, sizeof(r->word)) &&
              read_texts(o, &r->e) && read_upto(o, r) && read_count(o, &r->e) &&
              json_get_hex(json_member(o, "prev"), r->prev, SHA256_LEN) && read_signature(o, r) &&
              json_string_is(outcome, *r->e.code ? "refused" : "done");
    r->e.what = ok ? audit_action_of(r->word) : AUDIT_NONE;
    return ok;
}

/* As it was written, in lower case: another spelling would be another line of the same hash. */
static bool has_hash(struct bytes line, const uint8_t hash[SHA256_LEN]) {
    char text[2 * SHA256_LEN + 1];
    hex_encode(text, hash, SHA256_LEN);
    return memcmp(line.p + line.n - 2 - 2 * SHA256_LEN, text, 2 * SHA256_LEN) == 0 &&
           memcmp(line.p + line.n - 2, "\"}", 2) == 0;
}

enum err audit_record_read(struct bytes line, struct audit_record *ret) {
    const struct json_limits limits = {.bytes = AUDIT_LINE_MAX, .depth = 1, .values = 32};
    const struct json *o = NULL;
    struct bytes hashed;
    *ret = (struct audit_record){0};
    if (line.n > AUDIT_LINE_MAX) {
        return ERR_LONG;
    }
    if (!before(line, HASH_KEY, HASH_END, &hashed)) {
        return ERR_FORMAT;
    }
    sha256_of(hashed, bytes_of(NULL, 0), ret->hash);
    if (!has_hash(line, ret->hash)) {
        return ERR_AUTH;
    }
    enum err e = json_read(line.p, line.n, &limits, &o, NULL);
    if (e != OK) {
        return e == ERR_NOMEM ? e : ERR_FORMAT;
    }
    e = read_members(o, ret) ? OK : ERR_FORMAT;
    json_free(o);
    return e;
}

enum err audit_record_verify(struct bytes line, const struct audit_record *r,
                             const uint8_t key[KEY_LEN]) {
    struct signing_key k = {0};
    struct bytes hashed, text;
    uint8_t digest[SHA256_LEN];
    if (!r->is_signed || !before(line, HASH_KEY, HASH_END, &hashed) ||
        !before(hashed, SIGNATURE_KEY, SIGNATURE_END, &text)) {
        return ERR_AUTH;
    }
    memcpy(k.verifying, key, KEY_LEN);
    sha256_of(bytes_of(SIGNED_AS, strlen(SIGNED_AS)), text, digest);
    return keys_verify(&k, bytes_of(digest, sizeof(digest)), r->signature);
}

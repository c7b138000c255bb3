/* DESIGN. One table says what is in an entry; writing and reading walk it, so that they cannot
 * disagree. Only the two lists (key frames of a segment, an epoch's init bytes) are by hand. */
#include "recorder/journal/entry.h"

#include "base/check.h"
#include "base/json_write.h"
#include "base/utf8.h"
#include "json/json_read.h"

#include <inttypes.h>

enum field_kind {
    FIELD_TEXT, /* char[size] */
    FIELD_ID,
    FIELD_UINT,   /* 1, 2, 4 or 8 bytes; at most INT64_MAX */
    FIELD_INT,    /* int64_t */
    FIELD_HANDLE, /* uint64_t as hex text: JSON numbers of JavaScript end at 2^53 */
    FIELD_BOOL,
    FIELD_MAYBE, /* uint8_t: 0 not known, and not written; else 1 + a bool */
    FIELD_HASH,
    FIELD_SEALED, /* bytes as hex, not written when there are none; its length lies before it */
    FIELD_CODEC,  /* uint8_t by name */
    FIELD_SOURCE, /* uint8_t by name */
    FIELD_ERROR   /* uint8_t by name */
};

struct field {
    const char *name;
    uint8_t kind;
    bool needed; /* without it the line is no entry; else it is zero when missing */
    uint16_t at, size;
};

#define FIELD_AS(name, kind, needed, type, member) \
    { name, kind, needed, offsetof(struct type, member), sizeof(((struct type *)0)->member) }
#define FIELD(name, kind, type, member) FIELD_AS(name, kind, false, type, member)
#define NEEDED(name, kind, type, member) FIELD_AS(name, kind, true, type, member)

static const struct field start_fields[] = {
    FIELD("format", FIELD_UINT, entry_start, format),
    FIELD("tour", FIELD_TEXT, entry_start, tour),
    FIELD("title", FIELD_TEXT, entry_start, title),
    FIELD("wall", FIELD_INT, entry_start, wall.us),
    {0},
};
static const struct field track_fields[] = {
    NEEDED("track", FIELD_ID, entry_track, track),
    FIELD("kind", FIELD_SOURCE, entry_track, kind),
    FIELD("codec", FIELD_CODEC, entry_track, codec),
    FIELD("source", FIELD_UINT, entry_track, source),
    FIELD("participant", FIELD_HANDLE, entry_track, participant),
    FIELD("keys", FIELD_UINT, entry_track, keys),
    {0},
};
static const struct field epoch_fields[] = {
    NEEDED("track", FIELD_ID, entry_epoch, track),
    NEEDED("number", FIELD_UINT, entry_epoch, number),
    FIELD("video", FIELD_CODEC, entry_epoch, video),
    FIELD("audio", FIELD_CODEC, entry_epoch, audio),
    FIELD("width", FIELD_UINT, entry_epoch, width),
    FIELD("height", FIELD_UINT, entry_epoch, height),
    FIELD("start", FIELD_INT, entry_epoch, start),
    {0},
};
static const struct field segment_fields[] = {
    NEEDED("track", FIELD_ID, entry_segment, track),
    NEEDED("epoch", FIELD_UINT, entry_segment, epoch),
    NEEDED("number", FIELD_UINT, entry_segment, number),
    NEEDED("start", FIELD_INT, entry_segment, start),
    NEEDED("duration", FIELD_INT, entry_segment, duration),
    FIELD("width", FIELD_UINT, entry_segment, width),
    FIELD("height", FIELD_UINT, entry_segment, height),
    FIELD("first_is_key", FIELD_BOOL, entry_segment, first_is_key),
    FIELD("sound", FIELD_MAYBE, entry_segment, sound),
    FIELD("adopted", FIELD_BOOL, entry_segment, adopted),
    NEEDED("bytes", FIELD_UINT, entry_segment, bytes),
    NEEDED("size", FIELD_UINT, entry_segment, info.size),
    NEEDED("sha256", FIELD_HASH, entry_segment, info.sha256),
    {0},
};
static const struct field sr_fields[] = {
    NEEDED("track", FIELD_ID, entry_sr, track),
    FIELD("ntp", FIELD_HANDLE, entry_sr, ntp),
    FIELD("rtp_ts", FIELD_UINT, entry_sr, rtp_ts),
    {0},
};
static const struct field gap_fields[] = {
    FIELD("track", FIELD_ID, entry_gap, track),
    FIELD("duration", FIELD_INT, entry_gap, duration),
    FIELD("packets", FIELD_UINT, entry_gap, packets),
    FIELD("cause", FIELD_TEXT, entry_gap, cause),
    {0},
};
static const struct field person_fields[] = {
    FIELD("participant", FIELD_HANDLE, entry_person, participant),
    FIELD("source", FIELD_UINT, entry_person, source),
    FIELD("on", FIELD_BOOL, entry_person, on),
    FIELD("name", FIELD_TEXT, entry_person, name),
    FIELD("role", FIELD_TEXT, entry_person, role),
    FIELD("sealed", FIELD_SEALED, entry_personal, sealed),
    {0},
};
static const struct field said_fields[] = {
    FIELD("participant", FIELD_HANDLE, entry_said, who.participant),
    FIELD("number", FIELD_UINT, entry_said, who.source),
    FIELD("kind", FIELD_TEXT, entry_said, who.role),
    FIELD("sealed", FIELD_SEALED, entry_said, bytes),
    {0},
};
static const struct field failing_fields[] = {
    FIELD("error", FIELD_ERROR, entry_failing, error),
    FIELD("since", FIELD_INT, entry_failing, since),
    {0},
};
static const struct field end_fields[] = {
    FIELD("reason", FIELD_TEXT, entry_end, reason),
    {0},
};

static const struct field *const fields_of[ENTRY_TYPE_COUNT] = {
    [ENTRY_START] = start_fields,     [ENTRY_TRACK] = track_fields,
    [ENTRY_EPOCH] = epoch_fields,     [ENTRY_SEGMENT] = segment_fields,
    [ENTRY_SR] = sr_fields,           [ENTRY_GAP] = gap_fields,
    [ENTRY_MUTE] = person_fields,     [ENTRY_PARTICIPANT] = person_fields,
    [ENTRY_CONSENT] = person_fields,  [ENTRY_STAGE] = person_fields,
    [ENTRY_VOICE] = person_fields,    [ENTRY_MARK] = person_fields,
    [ENTRY_PAUSE] = person_fields,    [ENTRY_SAID] = said_fields,
    [ENTRY_FAILING] = failing_fields, [ENTRY_END] = end_fields,
};

static const char *const type_names[ENTRY_TYPE_COUNT] = {
#define X(sym, name) [sym] = name,
    ENTRY_LIST(X)
#undef X
};

static const char *const err_names[] = {
#define X(sym, name) name,
    ERR_LIST(X)
#undef X
};

const char *entry_type_name(enum entry_type t) {
    CHECK((unsigned)t < ENTRY_TYPE_COUNT);
    return type_names[t];
}

bool entry_is_of_person(enum entry_type t) {
    return t < ENTRY_TYPE_COUNT && (fields_of[t] == person_fields || t == ENTRY_SAID);
}

_Static_assert(offsetof(struct entry_said, who) == offsetof(struct entry_personal, said) &&
                   offsetof(struct entry_said, sealed_len) ==
                       offsetof(struct entry_personal, sealed_len) &&
                   offsetof(struct entry_said, bytes) == offsetof(struct entry_personal, sealed),
               "of any entry that is of a person u.personal can be read");

size_t entry_sealed_max(enum entry_type t) {
    return t == ENTRY_SAID ? ENTRY_SAID_SEALED_MAX : ENTRY_SEALED_MAX;
}

void entry_say(struct entry_said *s, const char *fields, const char *text) {
    size_t n = strnlen(fields, ENTRY_SAID_MAX - 2), m = strlen(text);
    m = utf8_cut(text, m, ENTRY_SAID_MAX - 2 - n);
    s->sealed_len = 0;
    memset(s->bytes, 0, sizeof(s->bytes));
    memcpy(s->bytes, fields, n);
    memcpy(s->bytes + n + 1, text, m);
    s->len = (uint16_t)(n + m + 2);
}

const char *entry_said_fields(const struct entry_said *s) {
    return s->sealed_len ? "" : (const char *)s->bytes;
}

const char *entry_said_text(const struct entry_said *s) {
    size_t n = strlen(entry_said_fields(s)) + 1;
    return s->sealed_len || n >= s->len ? "" : (const char *)s->bytes + n;
}

bool entry_is_needed(enum entry_type t) {
    return t == ENTRY_TRACK || t == ENTRY_EPOCH || t == ENTRY_SEGMENT || t == ENTRY_FAILING ||
           t == ENTRY_END;
}

static uint64_t load_uint(const uint8_t *p, size_t size) {
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (size) {
    case 1:
        return *p;
    case 2:
        memcpy(&u16, p, 2);
        return u16;
    case 4:
        memcpy(&u32, p, 4);
        return u32;
    default:
        CHECK(size == 8);
        memcpy(&u64, p, 8);
        return u64;
    }
}

static bool store_uint(uint8_t *p, size_t size, uint64_t v) {
    uint16_t u16 = (uint16_t)v;
    uint32_t u32 = (uint32_t)v;
    if (size < 8 && v >> (8 * size)) {
        return false;
    }
    switch (size) {
    case 1:
        *p = (uint8_t)v;
        break;
    case 2:
        memcpy(p, &u16, 2);
        break;
    case 4:
        memcpy(p, &u32, 4);
        break;
    default:
        memcpy(p, &v, 8);
    }
    return true;
}

#define SEALED_LEN_BEFORE \
    (offsetof(struct entry_personal, sealed) - offsetof(struct entry_personal, sealed_len))

static bool encode_sealed(const struct field *f, const uint8_t *p, struct buffer *out) {
    uint64_t n = load_uint(p - SEALED_LEN_BEFORE, 2);
    if (n && n <= f->size) {
        json_put_hex(out, f->name, p, (size_t)n);
    }
    return n <= f->size;
}

/* What is longer than this release takes is only known to be there: it cannot be cut. */
static bool decode_sealed(const struct field *f, const char *text, uint8_t *p) {
    size_t n = strlen(text);
    if (n % 2) {
        return false;
    }
    if (n / 2 > f->size) {
        return store_uint(p - SEALED_LEN_BEFORE, 2, ENTRY_SEALED_LONGER);
    }
    return hex_decode(p, n / 2, text) && store_uint(p - SEALED_LEN_BEFORE, 2, n / 2);
}

/* One member; false when it cannot be written. */
static bool encode_field(const struct field *f, const uint8_t *u, struct buffer *out) {
    const uint8_t *p = u + f->at;
    char id[ID_TEXT_MAX];
    struct id track;
    uint64_t v = 0;
    switch ((enum field_kind)f->kind) {
    case FIELD_TEXT:
        json_put_string_n(out, f->name, (const char *)p, strnlen((const char *)p, f->size - 1u));
        return true;
    case FIELD_ID:
        memcpy(&track, p, sizeof(track));
        json_put_string(out, f->name, id_text(&track, id));
        return true;
    case FIELD_HASH:
        json_put_hex(out, f->name, p, SHA256_LEN);
        return true;
    case FIELD_SEALED:
        return encode_sealed(f, p, out);
    case FIELD_BOOL:
        json_put_bool(out, f->name, *p);
        return true;
    case FIELD_MAYBE:
        if (*p) {
            json_put_bool(out, f->name, *p == 2);
        }
        return *p <= 2;
    case FIELD_CODEC:
        json_put_string(out, f->name, codec_name((enum codec) * p));
        return *p < CODEC_COUNT;
    case FIELD_SOURCE:
        json_put_string(out, f->name, source_kind_name((enum source_kind) * p));
        return *p < SOURCE_KIND_COUNT;
    case FIELD_ERROR:
        json_put_string(out, f->name, *p < ARRAY_LEN(err_names) ? err_names[*p] : "");
        return *p < ARRAY_LEN(err_names);
    case FIELD_INT:
    case FIELD_UINT:
        v = load_uint(p, f->size);
        json_put_int(out, f->name, (int64_t)v);
        return f->kind == FIELD_INT || v <= INT64_MAX;
    case FIELD_HANDLE:
        json_put_handle(out, f->name, load_uint(p, 8));
    }
    return true;
}

static bool encode_lists(const struct entry *e, struct buffer *out) {
    if (e->type == ENTRY_SAID && !e->u.said.sealed_len && e->u.said.len) {
        json_put_string(out, "said", entry_said_fields(&e->u.said));
        json_put_string(out, "text", entry_said_text(&e->u.said));
    }
    if (e->type == ENTRY_EPOCH) {
        if (e->u.epoch.init_len > EPOCH_INIT_MAX) {
            return false;
        }
        json_put_hex(out, "init", e->u.epoch.init, e->u.epoch.init_len);
    }
    if (e->type == ENTRY_SEGMENT) {
        const struct entry_segment *s = &e->u.segment;
        if (s->n_keys > SEGMENT_KEYS_MAX) {
            return false;
        }
        json_open(out, "keys", '[');
        for (unsigned i = 0; i < s->n_keys; i++) {
            json_open(out, NULL, '[');
            json_put_uint(out, NULL, s->keys[i].at_ms);
            json_put_uint(out, NULL, s->keys[i].offset);
            json_close(out, ']');
        }
        json_close(out, ']');
    }
    return true;
}

enum err entry_encode(const struct entry *e, const struct journal_head *head, struct buffer *out) {
    size_t before = out->n;
    bool ok = e->type < ENTRY_TYPE_COUNT;
    if (!ok || out->bad) {
        return ok ? ERR_NOMEM : ERR_RANGE;
    }
    json_open(out, NULL, '{');
    if (head) {
        json_put_uint(out, "seq", head->entries);
    }
    json_put_int(out, "t", e->t);
    json_put_string(out, "type", type_names[e->type]);
    for (const struct field *f = fields_of[e->type]; ok && f->name; f++) {
        ok = encode_field(f, (const uint8_t *)&e->u, out);
    }
    ok = ok && encode_lists(e, out);
    if (head) {
        json_put_hex(out, "prev", head->hash, SHA256_LEN);
    }
    json_close(out, '}');
    enum err result = !ok                                  ? ERR_RANGE
                      : out->bad                           ? ERR_NOMEM
                      : out->n - before > JOURNAL_LINE_MAX ? ERR_LONG
                                                           : OK;
    if (result != OK) {
        buffer_cut(out, before);
    }
    return result;
}

/* A name that this release does not know is "none". */
static bool decode_name(const char *text, const struct field *f, uint8_t *p) {
    if (f->kind == FIELD_CODEC) {
        *p = (uint8_t)codec_from_name(text, strlen(text));
        return true;
    }
    if (f->kind == FIELD_SOURCE) {
        *p = (uint8_t)source_kind_from_name(text);
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(err_names); i++) {
        if (strcmp(text, err_names[i]) == 0) {
            *p = (uint8_t)i;
        }
    }
    return true;
}

static bool decode_text(const char *text, const struct field *f, uint8_t *p) {
    uint8_t handle[8];
    struct id id;
    size_t n = strlen(text);
    switch ((enum field_kind)f->kind) {
    case FIELD_TEXT:
        n = utf8_cut(text, n, f->size - 1u);
        memcpy(p, text, n);
        p[n] = '\0';
        return true;
    case FIELD_ID:
        if (!id_parse(text, &id)) {
            return false;
        }
        memcpy(p, &id, sizeof(id));
        return true;
    case FIELD_SEALED:
        return decode_sealed(f, text, p);
    case FIELD_HASH:
        return n == 2 * SHA256_LEN && hex_decode(p, SHA256_LEN, text);
    case FIELD_HANDLE:
        if (n != 16 || !hex_decode(handle, 8, text)) {
            return false;
        }
        return store_uint(p, 8, (uint64_t)be32(handle) << 32 | be32(handle + 4));
    default:
        return decode_name(text, f, p);
    }
}

static bool decode_field(const struct json *o, const struct field *f, uint8_t *u) {
    const struct json *v = json_member(o, f->name);
    const char *text = json_get_string(v, NULL);
    uint8_t *p = u + f->at;
    bool yes = false;
    int64_t i = 0;
    if (!v) {
        return !f->needed;
    }
    switch ((enum field_kind)f->kind) {
    case FIELD_BOOL:
        if (!json_get_bool(v, &yes)) {
            return false;
        }
        *p = yes;
        return true;
    case FIELD_MAYBE:
        if (!json_get_bool(v, &yes)) {
            return false;
        }
        *p = yes ? 2 : 1;
        return true;
    case FIELD_INT:
    case FIELD_UINT:
        return json_get_int(v, f->kind == FIELD_INT ? INT64_MIN : 0, INT64_MAX, &i) &&
               store_uint(p, f->size, (uint64_t)i);
    default:
        return text && decode_text(text, f, p);
    }
}

static bool decode_key(const struct json *pair, struct segment_key *ret) {
    uint64_t at = 0, offset = 0;
    bool ok = json_get_uint(json_item(pair, 0), UINT32_MAX, &at) &&
              json_get_uint(json_item(pair, 1), UINT32_MAX, &offset);
    ret->at_ms = (uint32_t)at;
    ret->offset = (uint32_t)offset;
    return ok;
}

static bool decode_keys(const struct json *list, struct entry_segment *s) {
    size_t n = json_count(list);
    s->n_keys = (uint16_t)(n < SEGMENT_KEYS_MAX ? n : SEGMENT_KEYS_MAX);
    bool ok = !list || json_kind(list) == JSON_KIND_LIST;
    for (size_t i = 0; ok && i < s->n_keys; i++) {
        ok = decode_key(json_item(list, i), &s->keys[i]);
    }
    return ok;
}

static bool decode_init(const struct json *v, struct entry_epoch *e) {
    const char *hex = v ? json_get_string(v, NULL) : "";
    size_t n = hex ? strlen(hex) : 1;
    e->init_len = (uint16_t)(n / 2);
    return n % 2 == 0 && n / 2 <= EPOCH_INIT_MAX && hex_decode(e->init, n / 2, hex);
}

/* In clear, of nobody. What is longer than this release takes is cut, as other texts are. */
static bool decode_said(const struct json *o, struct entry_said *s) {
    const char *fields = json_get_string(json_member(o, "said"), NULL);
    const char *text = json_get_string(json_member(o, "text"), NULL);
    if (fields && !s->sealed_len) {
        entry_say(s, strlen(fields) <= ENTRY_SAID_MAX / 2 ? fields : "", text ? text : "");
    }
    return true;
}

static bool decode_lists(const struct json *o, struct entry *e) {
    if (e->type == ENTRY_SAID) {
        return decode_said(o, &e->u.said);
    }
    if (e->type == ENTRY_EPOCH) {
        return decode_init(json_member(o, "init"), &e->u.epoch);
    }
    return e->type != ENTRY_SEGMENT || decode_keys(json_member(o, "keys"), &e->u.segment);
}

static uint8_t decode_type(const struct json *o) {
    const char *type = json_get_string(json_member(o, "type"), NULL);
    for (unsigned i = 0; type && i < ENTRY_TYPE_COUNT; i++) {
        if (strcmp(type, type_names[i]) == 0) {
            return (uint8_t)i;
        }
    }
    return ENTRY_OTHER;
}

static bool decode_object(const struct json *o, struct entry *e, struct entry_link *link) {
    static const struct field link_fields[] = {NEEDED("seq", FIELD_UINT, entry_link, seq),
                                               NEEDED("prev", FIELD_HASH, entry_link, prev)};
    static const struct field t_field = NEEDED("t", FIELD_INT, entry, t);
    e->type = decode_type(o);
    bool ok =
        json_get_string(json_member(o, "type"), NULL) && decode_field(o, &t_field, (uint8_t *)e);
    for (size_t i = 0; ok && link && i < ARRAY_LEN(link_fields); i++) {
        ok = decode_field(o, &link_fields[i], (uint8_t *)link);
    }
    if (!ok || e->type == ENTRY_OTHER) {
        return ok;
    }
    for (const struct field *f = fields_of[e->type]; ok && f->name; f++) {
        ok = decode_field(o, f, (uint8_t *)&e->u);
    }
    return ok && decode_lists(o, e);
}

enum err entry_decode(struct bytes line, struct entry *ret, struct entry_link *ret_link) {
    static const struct json_limits limits = {JOURNAL_LINE_READ_MAX, 32, JOURNAL_LINE_READ_MAX};
    const struct json *o = NULL;
    struct entry e;
    struct entry_link link;
    enum err read = json_read(line.p, line.n, &limits, &o, NULL);
    if (read != OK) {
        return read == ERR_NOMEM ? read : ERR_FORMAT;
    }
    memset(&e, 0, sizeof(e));
    bool ok = decode_object(o, &e, ret_link ? &link : NULL);
    json_free(o);
    if (!ok) {
        return ERR_FORMAT;
    }
    if (e.type == ENTRY_START && e.u.start.format > RECORDING_FORMAT) {
        return ERR_UNSUPPORTED;
    }
    *ret = e;
    if (ret_link) {
        *ret_link = link;
    }
    return OK;
}

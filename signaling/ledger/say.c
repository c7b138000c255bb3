#include "signaling/ledger/say.h"

#include "base/check.h"
#include "base/json_write.h"
#include "base/utf8.h"
#include "signaling/ledger/ledger.h"
#include "signaling/ledger/pointing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool may(const struct seat *seat, enum right right) {
    return right == RIGHT_CHAT ? seat->can.chat : seat->can.point;
}

bool speaker_hosts(const struct speaker *sp) {
    return !sp->seat || sp->seat->host;
}

static bool may_chat(const struct speaker *sp) {
    return !sp->seat || may(sp->seat, RIGHT_CHAT);
}

enum code say_check(const struct speaker *sp, bool allowed) {
    struct account *a = sp->seat ? &sp->seat->said : &sp->t->platform.said;
    const uint32_t per_minute = sp->s->config.chat_per_minute;
    return !allowed                                             ? CODE_FORBIDDEN
           : !account_admit(a, sp->now, per_minute, SAID_BURST) ? CODE_RATE_LIMITED
                                                                : CODE_OK;
}

/* A text that may be shown to others. */
static enum code check_text(struct speaker *sp, const char *name, const char *text, size_t most) {
    size_t n = strlen(text);
    bool fits = most < SAID_TEXT_MAX ? utf8_printable(text) : utf8_printable_lines(text);
    if (n == 0 || n > most || !fits) {
        sp->field = name;
        return CODE_BAD_FIELD;
    }
    return CODE_OK;
}

/* Closes and frees the fields, which may be NULL. */
static enum code add(struct speaker *sp, struct entry_in *in, struct buffer *fields) {
    in->from = sp->seat;
    if (fields) {
        json_close(fields, '}');
        in->fields = fields->p;
    }
    bool ok = !(fields && fields->bad) && entry_add(sp->s, sp->now, sp->t, in) == OK;
    if (fields) {
        buffer_free(fields);
    }
    return ok ? CODE_OK : CODE_INTERNAL;
}

enum code say_chat(struct speaker *sp, const char *text, bool hosts_only) {
    struct entry_in in = {.kind = ENTRY_KIND_CHAT, .text = text, .hosts_only = hosts_only};
    enum code code = check_text(sp, "text", text, SAID_TEXT_MAX);
    code = code == CODE_OK ? say_check(sp, may_chat(sp)) : code;
    return code == CODE_OK ? add(sp, &in, NULL) : code;
}

/* ---- questions ---- */

enum code say_ask(struct speaker *sp, const char *text) {
    struct entry_in in = {.kind = ENTRY_KIND_QUESTION, .text = text};
    struct ledger *l = &sp->t->ledger;
    struct buffer fields = {0};
    char name[16];
    enum code code = check_text(sp, "text", text, SAID_TEXT_MAX);
    code = code == CODE_OK ? say_check(sp, may_chat(sp)) : code;
    if (code != CODE_OK) {
        return code;
    }
    (void)snprintf(name, sizeof(name), "q%" PRIu32, l->questions + 1);
    json_open(&fields, NULL, '{');
    json_put_string(&fields, "question", name);
    code = add(sp, &in, &fields);
    l->questions += code == CODE_OK;
    return code;
}

static bool was_asked(const struct ledger *l, const char *question) {
    uint32_t number;
    char name[16];
    if (sscanf(question, "q%9" SCNu32, &number) != 1 || number == 0 || number > l->questions) {
        return false;
    }
    (void)snprintf(name, sizeof(name), "q%" PRIu32, number);
    return strcmp(name, question) == 0;
}

static enum code check_answer(struct speaker *sp, const struct say_answer *a) {
    if (!was_asked(&sp->t->ledger, a->question)) {
        sp->field = "question";
        return CODE_BAD_FIELD;
    }
    if (strcmp(a->state, "answered") != 0 && strcmp(a->state, "dismissed") != 0) {
        sp->field = "state";
        return CODE_BAD_FIELD;
    }
    return a->text ? check_text(sp, "text", a->text, SAID_TEXT_MAX) : CODE_OK;
}

enum code say_answer(struct speaker *sp, const struct say_answer *a) {
    struct entry_in in = {.kind = ENTRY_KIND_ANSWER, .text = a->text};
    struct buffer fields = {0};
    enum code code = check_answer(sp, a);
    code = code == CODE_OK ? say_check(sp, speaker_hosts(sp)) : code;
    if (code != CODE_OK) {
        return code;
    }
    json_open(&fields, NULL, '{');
    json_put_string(&fields, "question", a->question);
    json_put_string(&fields, "state", a->state);
    return add(sp, &in, &fields);
}

/* ---- the others ---- */

static const char *const reactions[] = {"thumbs_up", "heart", "clap", "laugh", "wow", "question"};

static bool is_known(const char *reaction) {
    for (size_t i = 0; i < ARRAY_LEN(reactions); i++) {
        if (strcmp(reactions[i], reaction) == 0) {
            return true;
        }
    }
    return false;
}

enum code say_react(struct speaker *sp, const char *reaction) {
    struct entry_in in = {.kind = ENTRY_KIND_REACTION};
    struct buffer fields = {0};
    if (!is_known(reaction)) {
        sp->field = "reaction";
        return CODE_BAD_FIELD;
    }
    enum code code = say_check(sp, true);
    if (code != CODE_OK) {
        return code;
    }
    json_open(&fields, NULL, '{');
    json_put_string(&fields, "reaction", reaction);
    return add(sp, &in, &fields);
}

enum code say_chapter(struct speaker *sp, const char *title) {
    struct entry_in in = {.kind = ENTRY_KIND_CHAPTER, .text = title};
    struct ledger *l = &sp->t->ledger;
    enum code code = check_text(sp, "title", title, CHAPTER_MAX);
    code = code == CODE_OK ? say_check(sp, speaker_hosts(sp)) : code;
    code = code == CODE_OK ? add(sp, &in, NULL) : code;
    if (code == CODE_OK) {
        (void)snprintf(l->chapter, sizeof(l->chapter), "%s", title);
        l->chapter_by = sp->seat ? sp->seat->id : 0;
    }
    return code;
}

enum code say_retract(struct speaker *sp, uint64_t seq) {
    struct entry_in in = {.kind = ENTRY_KIND_RETRACT};
    struct buffer fields = {0};
    uint64_t by;
    if (!entry_author(sp->t, sp->seat, seq, &by)) {
        sp->field = "seq";
        return CODE_ENTRY_UNKNOWN;
    }
    enum code code = say_check(sp, speaker_hosts(sp) || by == sp->seat->id);
    if (code != CODE_OK) {
        return code;
    }
    json_open(&fields, NULL, '{');
    json_put_uint(&fields, "target", seq);
    code = add(sp, &in, &fields);
    if (code == CODE_OK) {
        entry_retract(sp->s, sp->t, seq);
    }
    return code;
}

/* Who lowers another one's says nothing: it was raised at its owner's cost. */
enum code say_hand(struct speaker *sp, struct seat *whose, bool up) {
    enum code code = whose == sp->seat          ? say_check(sp, true)
                     : speaker_hosts(sp) && !up ? CODE_OK
                                                : CODE_FORBIDDEN;
    if (code == CODE_OK && hand_set(sp->s, sp->now, whose, sp->seat, up) != OK) {
        code = CODE_INTERNAL;
    }
    return code;
}

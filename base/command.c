#include "base/command.h"

#include "base/alloc.h"
#include "base/bytes.h"

const char *command_name(enum command_type t) {
    switch (t) {
#define X(sym, name) \
    case sym:        \
        return name;
        COMMAND_LIST(X)
#undef X
    case COMMAND_COUNT:
        break;
    }
    return "invalid";
}

enum err command_copy(const struct command *c, struct command *ret) {
    *ret = *c;
    ret->params = c->params ? mem_alloc(sizeof(*c->params)) : NULL;
    ret->ice = c->ice ? mem_alloc(sizeof(*c->ice)) : NULL;
    if (ret->params) {
        *ret->params = *c->params;
    }
    if (ret->ice) {
        *ret->ice = *c->ice;
    }
    if (!ret->params != !c->params || !ret->ice != !c->ice) {
        command_drop(ret);
        ret->params = NULL;
        ret->ice = NULL;
        return ERR_NOMEM;
    }
    return OK;
}

void command_drop(const struct command *c) {
    if (c->params) {
        mem_wipe(&c->params->ice, sizeof(c->params->ice));
    }
    if (c->ice) {
        mem_wipe(c->ice, sizeof(*c->ice));
    }
    mem_free(c->params);
    mem_free(c->ice);
}

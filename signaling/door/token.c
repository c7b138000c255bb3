#include "signaling/door/token.h"

#include <string.h>

enum code verify_token(struct signaling *s, const char *token, size_t n, struct claims *ret) {
    memset(ret, 0, sizeof(*ret));
    if (!token || n == 0) {
        return CODE_TOKEN_MISSING;
    }
    enum code code = s->config.verify(s->config.ctx, token, n, ret);
    if (code != CODE_OK) {
        return code;
    }
    bool any_tour = ret->role == ROLE_OPS && !*ret->tour;
    if (ret->role == ROLE_NONE || (!any_tour && !tour_name_valid(ret->tour)) || !*ret->sub) {
        return CODE_TOKEN_CLAIMS;
    }
    return CODE_OK;
}

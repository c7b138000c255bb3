#include "signaling/door/token.h"

#include <string.h>

enum sig_code verify_token(struct sig *s, const char *token, size_t n, struct claims *ret) {
    memset(ret, 0, sizeof(*ret));
    if (!token || n == 0) {
        return SIG_TOKEN_MISSING;
    }
    enum sig_code code = s->config.verify(s->config.ctx, token, n, ret);
    if (code != SIG_OK) {
        return code;
    }
    bool any_tour = ret->role == ROLE_OPS && !*ret->tour;
    if (ret->role == ROLE_NONE || (!any_tour && !tour_name_valid(ret->tour)) || !*ret->sub) {
        return SIG_TOKEN_CLAIMS;
    }
    return SIG_OK;
}

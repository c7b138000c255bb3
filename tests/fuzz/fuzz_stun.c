/* libs: media_ice */
/* A datagram from anyone: the ufrag and the whole check, and as an answer to a check of ours. The
 * passwords and the id are those of RFC 5769, so that a corpus can hold authentic messages. */
#include "base/check.h"
#include "media/ice/challenge.h"
#include "media/ice/ice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct ice_credentials c = {.local_ufrag = "evtj",
                                             .local_pwd = "VOkJxbRl1RmTxUk/WvJxBt",
                                             .remote_ufrag = "h6vY",
                                             .remote_pwd = "VOkJxbRl1RmTxUk/WvJxBt"};
    static const uint8_t id[CHALLENGE_ID_LEN] = {0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34,
                                                 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae};
    static struct ice *ice;
    struct bytes d = bytes_of(data, size), ufrag;
    struct addr from = addr_v4(192, 0, 2, 1, 32853);
    uint8_t out[600];
    struct wr w = wr_of(out, size % 2 ? sizeof(out) : size % sizeof(out));
    struct ice_check k = {.reply_len = 0};
    if (!ice) {
        ice = ice_new();
        CHECK(ice);
    }
    if (ice_request_ufrag(d, &ufrag) == OK) {
        CHECK(ufrag.n >= 1 && ufrag.n <= ICE_UFRAG_MAX);
        CHECK(ufrag.p >= data && ufrag.p + ufrag.n <= data + size);
    }
    enum err e = ice_check(ice, &c, &(struct ice_request){d, &from}, &w, &k);
    CHECK(e == OK || e == ERR_UNSUPPORTED || wr_len(&w) == 0);
    CHECK(wr_len(&w) == k.reply_len);
    CHECK(!challenge_answered(d, &c, id) || (challenge_is_answer(d) && e == ERR_FORMAT));
    return 0;
}

/* libs: media_ice */
/* A datagram from anyone: the ufrag, then the whole check. The password is the one of RFC 5769, so
 * that a corpus can hold authentic requests. */
#include "base/check.h"
#include "media/ice/ice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct ice_credentials c = {
        .local_ufrag = "evtj", .local_pwd = "VOkJxbRl1RmTxUk/WvJxBt", .remote_ufrag = "h6vY"};
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
    return 0;
}

/* Connections of ICE-TCP leave the others their descriptors. */
#include "server/os/descriptors.h"
#include "tests/unit/test.h"

static uint32_t each(uint64_t limit, uint32_t connections, uint32_t workers, uint32_t wanted) {
    struct descriptors d = {.limit = limit, .connections = connections, .workers = workers};
    return descriptors_for_tcp(&d, wanted);
}

TEST(connections_of_ice_tcp_fit_the_limit_of_descriptors) {
    EXPECT_EQ(each(65536, 4096, 2, 4096), 4096); /* the defaults on a small machine */
    for (uint32_t workers = 1; workers <= 63; workers++) {
        uint64_t all = (uint64_t)workers * each(65536, 4096, workers, 4096) + 4096;
        EXPECT(all < 65536);
        EXPECT(workers * 4096 + 4096 + 512 > 65536 || all == workers * 4096 + 4096);
    }
    EXPECT_EQ(each(65536, 60000, 16, 4096), 1024); /* a quarter, when the others want too much */
    EXPECT_EQ(each(1024, 4096, 4, 4096), 64);
    EXPECT_EQ(each(20, 4096, 63, 4096), 1);
    EXPECT_EQ(each(UINT64_MAX, UINT32_MAX, 63, 65535), 65535); /* RLIM_INFINITY */
}

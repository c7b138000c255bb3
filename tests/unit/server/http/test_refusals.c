#include "server/http/refusals.h"
#include "tests/unit/test.h"

#include <stdio.h>

TEST(refusals_are_counted_by_their_code) {
    static char words[REFUSAL_CODES_MAX + 2][8];
    const char again[] = "forbidden";
    struct refusals r = {.n = 0};
    refusals_count(&r, "forbidden");
    refusals_count(&r, "not_found");
    refusals_count(&r, again); /* the same word elsewhere */
    EXPECT_EQ(r.n, 2);
    EXPECT_STR(r.at[0].code, "forbidden");
    EXPECT(r.at[0].n == 2 && r.at[1].n == 1 && r.others == 0);
    for (unsigned i = 0; i < REFUSAL_CODES_MAX + 2; i++) {
        snprintf(words[i], sizeof(words[i]), "c%u", i);
        refusals_count(&r, words[i]);
    }
    EXPECT_EQ(r.n, REFUSAL_CODES_MAX);
    EXPECT_EQ(r.others, 4);
    refusals_count(&r, "not_found"); /* those that are known go on */
    EXPECT(r.at[1].n == 2 && r.others == 4);
}

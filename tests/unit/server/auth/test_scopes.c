#include "server/auth/scopes.h"

#include "tests/unit/test.h"

TEST(scopes_of_a_claim) {
    uint32_t both = 1u << SCOPE_TOURS_READ | 1u << SCOPE_RECORDINGS_WRITE;
    EXPECT_EQ(scopes_read("tours:read recordings:write"), both);
    EXPECT_EQ(scopes_read(" openid  recordings:write tours:rea tours:read "), both);
    EXPECT_EQ(scopes_read(""), 0);
    EXPECT_EQ(scopes_read("tours:readtours:write Tours:read"), 0);
    EXPECT(scopes_known("tours:read tours:write"));
    EXPECT(!scopes_known("tours:read openid"));
    EXPECT(!scopes_known(""));
    for (unsigned i = 0; i < SCOPE_COUNT; i++) {
        EXPECT_EQ(scopes_read(scope_word(i)), 1u << i);
    }
}

TEST(scopes_allow_what_they_say) {
    const struct claims service = {.scopes = 1u << SCOPE_TOURS_WRITE};
    const struct claims ops = {.role = ROLE_OPS};
    /* A person's token is for a seat, whatever it says besides. */
    const struct claims agent = {.role = ROLE_AGENT, .scopes = ~0u};
    EXPECT(scopes_allow(&service, "tours:write"));
    EXPECT(!scopes_allow(&service, "tours:read"));
    EXPECT(!scopes_allow(&service, "tours:writ"));
    EXPECT(scopes_allow(&ops, "tours:read"));
    EXPECT(scopes_allow(&ops, "recordings:write"));
    EXPECT(!scopes_allow(&ops, "tours:write"));
    EXPECT(!scopes_allow(&ops, "invites:write"));
    EXPECT(!scopes_allow(&ops, "audit:read")); /* it is about them */
    EXPECT(!scopes_allow(&agent, "tours:read"));
}

#include "base/alloc.h"
#include "base/command.h"
#include "tests/unit/test.h"

TEST(every_command_has_a_name_of_its_own) {
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        const char *name = command_name((enum command_type)i);
        EXPECT(*name && strcmp(name, "invalid") != 0);
        for (unsigned k = 0; k < i; k++) {
            EXPECT(strcmp(name, command_name((enum command_type)k)) != 0);
        }
    }
    EXPECT_STR(command_name(COMMAND_MUTE), "mute");
    EXPECT_STR(command_name(COMMAND_COUNT), "invalid");
}

TEST(a_copy_of_a_command_owns_what_it_points_to) {
    struct session_params params = {.peer = 7, .ice = {.local_pwd = "secret"}};
    struct ice_credentials ice = {.remote_pwd = "other"};
    struct command c = {.type = COMMAND_PEER_ADD, .on = true, .params = &params, .ice = &ice};
    struct command copy;
    REQUIRE(command_copy(&c, &copy) == OK);
    memset(&params, 0, sizeof(params));
    memset(&ice, 0, sizeof(ice));
    EXPECT_EQ(copy.type, COMMAND_PEER_ADD);
    EXPECT(copy.on);
    EXPECT_EQ(copy.params->peer, 7);
    EXPECT_STR(copy.params->ice.local_pwd, "secret");
    EXPECT_STR(copy.ice->remote_pwd, "other");
    command_drop(&copy);
    /* Most commands point to nothing. */
    REQUIRE(command_copy(&(struct command){.type = COMMAND_PIN, .participant = 3}, &copy) == OK);
    EXPECT(!copy.params && !copy.ice);
    EXPECT_EQ(copy.participant, 3);
    command_drop(&copy);
}

TEST_ALLOC(a_command_that_could_not_be_copied_holds_nothing) {
    struct session_params params = {.peer = 7};
    struct ice_credentials ice = {.remote_pwd = "other"};
    struct command copy;
    enum err err = command_copy(&(struct command){.params = &params, .ice = &ice}, &copy);
    EXPECT(err == OK || (err == ERR_NOMEM && mem_failed()));
    EXPECT(err == OK ? copy.params && copy.ice : !copy.params && !copy.ice);
    command_drop(&copy);
}

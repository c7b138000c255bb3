/* Passwords for TURN: checked here with the arithmetic of draft-uberti-behave-turn-rest-00, and by
 * coturn itself in tests/integ/links.test.mjs. */
#include "server/auth/turn.h"

#include "server/config/turn_url.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUBJECT "afce1c986c0941d5"
#define CREDENTIAL "OvEcIy9g4p/o4EH+L7jY8zSPUo8="

static char stun[] = "stun:turn.example.com", turn[] = "turn:turn.example.com:3478?transport=udp",
            turns[] = "turns:[2001:db8::1]:443?transport=tcp";
static char *urls[] = {stun, turn, turns};

/* A file with this text, which the caller removes. */
static void write_secret(char path[32], const char *text, mode_t mode) {
    strcpy(path, "/tmp/oriel-turn-XXXXXX");
    int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    CHECK(fchmod(fd, mode) == 0);
    close(fd);
}

static struct config config_of(char *path, size_t n_urls) {
    return (struct config){
        .turn_urls = {urls, n_urls}, .turn_secret_file = path, .turn_ttl_s = 600};
}

static const struct turn_client *client(const char *sub, us_t until) {
    static struct turn_client c;
    c = (struct turn_client){.sub = sub, .until = {until}};
    return &c;
}

TEST(turn_passwords_are_the_hmac_of_their_name) {
    char path[32], why[WHY_MAX], link[TURN_LINK_MAX];
    struct turn *t = NULL;
    struct signaling_ice_servers s, again, other;
    write_secret(path, "north-of-the-river\n", 0600);
    struct config cfg = config_of(path, 3);
    REQUIRE(turn_new(&cfg, &t, why) == OK);
    wall_t wall = {1700000000 * US_PER_S};
    turn_servers(t, wall, client("lead-17", US_NEVER), &s);
    EXPECT_EQ(s.n, 3);
    EXPECT(s.urls == (const char *const *)urls);
    /* printf '%s' NAME | openssl dgst -sha1 -hmac north-of-the-river -binary | base64 */
    EXPECT_STR(s.username, "1700000600:" SUBJECT);
    EXPECT_STR(s.credential, CREDENTIAL);
    turn_servers(t, (wall_t){wall.us + US_PER_S}, client("lead-17", US_NEVER), &again);
    EXPECT_STR(again.username, "1700000601:" SUBJECT); /* the same person, for quotas */
    turn_servers(t, wall, client("lead-17", (1700000000 + 300) * US_PER_S), &again);
    EXPECT_STR(again.username, "1700000300:" SUBJECT); /* its token ends before turn.ttl_s */
    turn_servers(t, wall, client("lead-17", (1700000000 + 2) * US_PER_S), &again);
    EXPECT_STR(again.username, "1700000060:" SUBJECT); /* that one would end unused */
    turn_servers(t, wall, client("lead-18", US_NEVER), &other);
    EXPECT(strcmp(other.username, s.username) != 0);
    EXPECT_STR(turn_link(&s, 0, link), "<stun:turn.example.com>; rel=\"ice-server\"");
    EXPECT_STR(turn_link(&s, 1, link),
               "<turn:turn.example.com:3478?transport=udp>; rel=\"ice-server\"; "
               "username=\"1700000600:" SUBJECT "\"; credential=\"" CREDENTIAL "\"; "
               "credential-type=\"password\"");
    turn_free(t);
    unlink(path);
}

TEST(turn_without_a_turn_server_needs_no_secret) {
    char why[WHY_MAX], none[] = "";
    struct turn *t = NULL;
    struct signaling_ice_servers s;
    struct config cfg = config_of(none, 1);
    REQUIRE(turn_new(&cfg, &t, why) == OK);
    turn_servers(t, (wall_t){0}, client("a", US_NEVER), &s);
    EXPECT(s.n == 1 && *s.username == '\0' && *s.credential == '\0');
    turn_free(t);
    cfg = config_of(none, 0);
    REQUIRE(turn_new(&cfg, &t, why) == OK);
    turn_servers(t, (wall_t){0}, client("a", US_NEVER), &s);
    EXPECT_EQ(s.n, 0);
    turn_free(t);
}

TEST(turn_secrets_that_are_none_are_refused) {
    char path[32], why[WHY_MAX] = "", none[] = "/nonexistent/turn";
    struct turn *t = NULL;
    struct config cfg = config_of(none, 2);
    EXPECT_EQ(turn_new(&cfg, &t, why), ERR_IO);
    EXPECT(strstr(why, "turn.secret_file") && strstr(why, none));
    write_secret(path, "short", 0600);
    cfg = config_of(path, 2);
    EXPECT_EQ(turn_new(&cfg, &t, why), ERR_SHORT);
    EXPECT(!strstr(why, "short\""));
    unlink(path);
    static const mode_t modes[] = {0644, 0640, 0620, 0602};
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        write_secret(path, "long enough, but for others, too", modes[i]);
        EXPECT_EQ(turn_new(&cfg, &t, why), ERR_DENIED);
        EXPECT(strstr(why, "chmod 0600") != NULL);
        unlink(path);
    }
}

TEST(turn_urls_that_may_be_told) {
    static const char *const good[] = {"stun:a",
                                       "turn:a:65535",
                                       "stun:[2001:db8::1]",
                                       "stuns:a.example:5349",
                                       "turn:10.0.0.1",
                                       "turn:a:3478?transport=udp",
                                       "turns:[::1]:5349?transport=tcp"};
    static const char *const bad[] = {"",
                                      "turn:",
                                      "http://a",
                                      "a:3478",
                                      "turn:a b",
                                      "turn:a\"b",
                                      "turn:a>b",
                                      "turn:a?transport=sctp",
                                      "turn:a?transport=udp,",
                                      "stun:a?transport=udp",
                                      "turn://a",
                                      "turn:a\r\nx: y",
                                      "turn:a:",
                                      "turn:a:0",
                                      "turn:a:65536",
                                      "turn:a:99999?transport=udp",
                                      "turn:a:000000000080",
                                      "turn::",
                                      "turn::3478",
                                      "stun:a:b:c",
                                      "stun:a:1:2",
                                      "turn:[::1",
                                      "turn:[::1]]",
                                      "turn:[]:3478",
                                      "turn:[a.example]",
                                      "turn:::1",
                                      "turn:a[1]"};
    char longer[TURN_URL_MAX + 8] = "turn:";
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        EXPECT(turn_url_ok(good[i]));
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        EXPECT(!turn_url_ok(bad[i]));
    }
    memset(longer + 5, 'a', TURN_URL_MAX - 5);
    EXPECT(turn_url_ok(longer));
    longer[TURN_URL_MAX] = 'a';
    EXPECT(!turn_url_ok(longer));
}

#include "server/config/web_origin.h"
#include "tests/unit/test.h"

#define L63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"
#define L61 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi"

TEST(web_origins) {
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {
        {"https://www.example.com", true},
        {"https://www.example.com:8443", true},
        {"https://WWW.Example.com", true},
        {"https://*.example.com", true},
        {"https://*.example.com:444", true},
        {"https://intranet", true},
        {"https://xn--bcher-kva.example", true},
        {"https://192.0.2.7:8443", true},
        {"http://localhost:8080", true},
        {"http://127.0.0.1:8080", true},
        {"https://" L63 ".example", true},
        {"https://" L63 "." L63 "." L63 "." L61, true}, /* 253 bytes */
        {"https://" L63 "." L63 "." L63 "." L61 "a", false},
        {"https://" L63 "a.example", false},
        {"http://www.example.com", false},
        {"http://localhost.example.com", false},
        {"http://*.localhost", false},
        {"https://www.example.com/", false},
        {"https://www.example.com/photos", false},
        {"https://www.example.com?", false},
        {"https://www.example.com#", false},
        {"https://user@www.example.com", false},
        {"https://www.example.com; script-src *", false},
        {"https://www.example.com 'unsafe-inline'", false},
        {"https://www.example.com,https://b.example", false},
        {"https://www.example.com\r\nX-Evil: 1", false},
        {"https://*", false},
        {"https://*.com", false},
        {"https://*.*.example.com", false},
        {"https://www.*.com", false},
        {"https://*example.com", false},
        {"https://*.192.0.2.7", false},
        {"https://www.example.com:*", false},
        {"https://www.example.com:", false},
        {"https://www.example.com:0", false},
        {"https://www.example.com:080", false},
        {"https://www.example.com:65535", true},
        {"https://www.example.com:65536", false},
        {"https://www.example.com:999999999999999999999", false},
        {"https://www.example.com:44 3", false},
        {"https://-a.example", false},
        {"https://a-.example", false},
        {"https://a..example", false},
        {"https://.example", false},
        {"https://a.example.", false},
        {"https://1.2.3", false},
        {"https://1.2.3.256", false},
        {"https://a_b.example", false},
        {"https://b\xc3\xbc"
         "cher.example",
         false},
        {"https://[::1]", false},
        {"https://", false},
        {"https:/a.example", false},
        {"HTTPS://a.example", false},
        {"//a.example", false},
        {"wss://a.example", false},
        {"data:", false},
        {"'self'", false},
        {"*", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (web_origin_ok(rows[i].text) != rows[i].ok) {
            test_fail(__FILE__, __LINE__, "%s", rows[i].text);
        }
    }
}

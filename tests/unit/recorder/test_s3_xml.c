#include "recorder/store/s3_xml.h"

#include "tests/unit/test.h"

#include <stdlib.h>

struct seen {
    unsigned n;
    uint64_t bytes;
    char last[S3_TOKEN_MAX];
};

static void see(void *ctx, const char *key, uint64_t size) {
    struct seen *s = ctx;
    s->n++;
    s->bytes += size;
    snprintf(s->last, sizeof(s->last), "%s", key);
}

static enum err page(const char *xml, struct seen *s, struct s3_page *p) {
    *s = (struct seen){0};
    return s3_page_parse(bytes_of(xml, strlen(xml)), see, s, p);
}

TEST(s3_xml_reads_a_page) {
    struct seen s;
    struct s3_page p;
    EXPECT_EQ(page("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                   "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                   "<Name>b</Name><Prefix>r/</Prefix><KeyCount>2</KeyCount><MaxKeys>2</MaxKeys>"
                   "<IsTruncated>true</IsTruncated>"
                   "<Contents><Key>r/a&amp;b</Key><LastModified>2026</LastModified>"
                   "<ETag>&quot;e&quot;</ETag><Size>12</Size><StorageClass>STANDARD</StorageClass>"
                   "<Owner><ID>1</ID><DisplayName>d</DisplayName></Owner></Contents>"
                   "<Contents><Size>900000000000000000</Size><Key>r/c</Key></Contents>"
                   "<NextContinuationToken>1/x==</NextContinuationToken></ListBucketResult>",
                   &s, &p),
              OK);
    EXPECT_EQ(s.n, 2);
    EXPECT_EQ(s.bytes, 900000000000000012);
    EXPECT_STR(s.last, "r/c");
    EXPECT(p.truncated);
    EXPECT_STR(p.next, "1/x==");
    EXPECT_EQ(page("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>", &s, &p),
              OK);
    EXPECT_EQ(s.n, 0);
    EXPECT(!p.truncated);
}

#define LIST(inside) "<ListBucketResult>" inside "</ListBucketResult>"
#define LONG_NAME                                                                                  \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaaaa"                                                                                       \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LAST "<IsTruncated>false</IsTruncated>"

TEST(s3_xml_refuses_other_shapes) {
    static const char *const bad[] = {
        "",
        "x",
        "<Error><Code>x</Code></Error>",
        LIST(""),
        "<ListBucketResult>" LAST,
        LIST("<IsTruncated>maybe</IsTruncated>"),
        LIST("<IsTruncated>true</IsTruncated>"),
        LIST(LAST LAST),
        LIST(LAST "<Contents><Key>a</Key></Contents>"),
        LIST(LAST "<Contents><Size>1</Size></Contents>"),
        LIST(LAST "<Contents><Key></Key><Size>1</Size></Contents>"),
        LIST(LAST "<Contents><Key>a</Key><Size>-1</Size></Contents>"),
        LIST(LAST "<Contents><Key>a</Key><Size>1e3</Size></Contents>"),
        LIST(LAST "<Contents><Key>a</Key><Size>9999999999999999999</Size></Contents>"),
        LIST(LAST "<Contents><Key>a</Key><Key>b</Key><Size>1</Size></Contents>"),
        LIST(LAST "<Contents><Key>a</Key><Size>1</Size><Size>2</Size></Contents>"),
        LIST(LAST "<a><b><c><d><e><f><g><h/></g></f></e></d></c></b></a>"),
        "<" LONG_NAME
        "/>", /* the end of an empty element is told although we stopped at its start */
        LIST(LAST "<" LONG_NAME "/>"),
        LIST(LAST "&nbsp;"),
        "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>" LIST(LAST),
        "<!DOCTYPE x SYSTEM \"file:///etc/passwd\">" LIST(LAST),
        LIST(LAST) LIST(LAST),
        "<?xml version=\"1.0\" encoding=\"no-such\"?>" LIST(LAST),
        LIST(LAST "<Contents><Key>\xff\xfe</Key><Size>1</Size></Contents>"),
    };
    struct seen s;
    struct s3_page p;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (page(bad[i], &s, &p) != ERR_FORMAT) {
            test_fail(__FILE__, __LINE__, "accepted: %s", bad[i]);
        }
    }
}

TEST(s3_xml_long_texts) {
    struct seen s;
    struct s3_page p;
    char xml[3 * S3_TOKEN_MAX], key[S3_TOKEN_MAX + 1];
    memset(key, 'k', sizeof(key));
    for (size_t n = S3_TOKEN_MAX - 1; n <= S3_TOKEN_MAX; n++) {
        snprintf(xml, sizeof(xml), LIST(LAST "<Contents><Key>%.*s</Key><Size>1</Size></Contents>"),
                 (int)n, key);
        EXPECT_EQ(page(xml, &s, &p), n < S3_TOKEN_MAX ? OK : ERR_FORMAT);
        EXPECT_EQ(s.n, n < S3_TOKEN_MAX);
        snprintf(xml, sizeof(xml),
                 LIST("<IsTruncated>true</IsTruncated><NextContinuationToken>%.*s"
                      "</NextContinuationToken>"),
                 (int)n, key);
        EXPECT_EQ(page(xml, &s, &p), n < S3_TOKEN_MAX ? OK : ERR_FORMAT);
    }
    /* Of what is not asked for nothing is kept. */
    snprintf(xml, sizeof(xml), LIST("<Name>%.*s%.*s</Name>" LAST), S3_TOKEN_MAX, key, 100, key);
    EXPECT_EQ(page(xml, &s, &p), OK);
}

TEST(s3_xml_reads_errors) {
    static const char xml[] =
        "<?xml version=\"1.0\"?><Error><Code>AuthorizationHeaderMalformed</Code><Message>the "
        "region "
        "'a' is wrong</Message><Region>eu-central-1</Region><RequestId>1</RequestId></Error>";
    static const char cut[] = "<Error><Code>NoSuchKey</Code>";
    static const char none[] = "<Error><Message>m</Message></Error>";
    char large[700];
    struct s3_error e;
    EXPECT_EQ(s3_error_parse(bytes_of(xml, sizeof(xml) - 1), &e), OK);
    EXPECT_STR(e.code, "AuthorizationHeaderMalformed");
    EXPECT_STR(e.message, "the region 'a' is wrong");
    EXPECT_STR(e.region, "eu-central-1");
    /* A document that breaks off says nothing that could be relied on. */
    EXPECT_EQ(s3_error_parse(bytes_of(cut, sizeof(cut) - 1), &e), ERR_FORMAT);
    EXPECT_STR(e.code, "");
    EXPECT_EQ(s3_error_parse(bytes_of(none, sizeof(none) - 1), &e), ERR_FORMAT);
    EXPECT_EQ(s3_error_parse(bytes_of(NULL, 0), &e), ERR_FORMAT);
    snprintf(large, sizeof(large), "<Error><Code>c</Code><Message>%0600d</Message></Error>", 1);
    EXPECT_EQ(s3_error_parse(bytes_of(large, strlen(large)), &e), OK);
    EXPECT_EQ(strlen(e.message), sizeof(e.message) - 1);
    /* A code that does not fit is none that we know; it must not turn into one by being cut. */
    snprintf(large, sizeof(large), "<Error><Code>NoSuchKey%0100d</Code></Error>", 1);
    EXPECT_EQ(s3_error_parse(bytes_of(large, strlen(large)), &e), OK);
    EXPECT(strcmp(e.code, "NoSuchKey") != 0);
}

TEST_ALLOC(s3_xml_without_memory) {
    static const char xml[] =
        LIST("<IsTruncated>false</IsTruncated><Contents><Key>k</Key><Size>1</Size></Contents>");
    struct seen s = {0};
    struct s3_page p;
    enum err e = s3_page_parse(bytes_of(xml, sizeof(xml) - 1), see, &s, &p);
    EXPECT(e == OK || (mem_failed() && e == ERR_NOMEM));
}

/*
 * Base URLs: what is refused and in which words, what is normalised to what,
 * and which addresses a connection may go to.
 */
#include "wire/url.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/mem.h"

#define EMPTY "URL is empty"
#define BLANK "URL holds a space or a control character"
#define NOT_ASCII "URL holds a character that is not ASCII"
#define BACKSLASH "URL holds a backslash"
#define SCHEME "URL does not begin with http:// or https://"
#define FRAGMENT "URL holds a fragment (#)"
#define QUERY "URL holds a query (?)"
#define USER "URL holds a user name or password"
#define NO_HOST "URL has no host"
#define NO_PORT "URL has a colon but no port"
#define PORT "URL port is not a number from 1 to 65535"
#define HOST_ESCAPE "URL host holds a percent escape"
#define HOST_CHARACTER "URL host holds a character that is not allowed"
#define LABEL "URL host holds an empty or too long label"
#define LONG_HOST "URL host is empty or too long"
#define NOT_IPV4 "URL host looks like an IPv4 address but is none"
#define NOT_IPV6 "URL host is not an IPv6 address"
#define LINK_LOCAL "URL host is refused: link-local address"
#define UNSPECIFIED "URL host is refused: unspecified address"
#define MULTICAST "URL host is refused: multicast address"
#define BROADCAST "URL host is refused: broadcast address"
#define METADATA "URL host is refused: metadata address"
#define PATH_CHARACTER "URL path holds a character that is not allowed"
#define PATH_ESCAPE "URL path holds a broken percent escape"
#define PATH_CONTROL "URL path holds an escaped control character"
#define PATH_DOTS "URL path holds a segment . or .."

#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16

static const struct {
    const char *url;
    const char *why; /* the message begins so */
} bad[] = {
    {NULL, EMPTY},
    {"", EMPTY},
    /* bytes */
    {" http://se", BLANK},
    {"http://se ", BLANK},
    {"http://s e", BLANK},
    {"http://se/a b", BLANK},
    {"http://se\t", BLANK},
    {"http://se\r\nX-Injected: yes", BLANK},
    {"http://se/\n", BLANK},
    {"http://se\x7f", BLANK},
    {"http://se\x01", BLANK},
    {"http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1", NOT_ASCII},
    {"http://s\xc3\xa9.example", NOT_ASCII},
    {"http://se/\xff", NOT_ASCII},
    {"http://se\xe3\x80\x82"
     "example",
     NOT_ASCII},
    {"http:\\\\se", BACKSLASH},
    {"http://se\\@evil.example", BACKSLASH},
    {"http://se/a\\b", BACKSLASH},
    /* scheme */
    {"se", SCHEME},
    {"se:8000", SCHEME},
    {"//se", SCHEME},
    {"://se", SCHEME},
    {"http:se", SCHEME},
    {"http:/se", SCHEME},
    {"file:///etc/passwd", SCHEME},
    {"file://localhost/etc/passwd", SCHEME},
    {"gopher://se/_GET", SCHEME},
    {"ftp://se/", SCHEME},
    {"javascript:alert(1)", SCHEME},
    {"httpx://se", SCHEME},
    {"http+unix://se", SCHEME},
    /* user, query, fragment */
    {"http://user@se", USER},
    {"http://user:secret@se", USER},
    {"http://@se", USER},
    {"http://:@se", USER},
    {"http://127.0.0.1@169.254.169.254", USER},
    {"http://a@b@se", USER},
    {"http://se?", QUERY},
    {"http://se/?a=b", QUERY},
    {"http://user:p?w@se", QUERY},
    {"http://se#", FRAGMENT},
    {"http://se/a#b", FRAGMENT},
    {"http://evil.example#@se", FRAGMENT},
    /* host */
    {"http://", NO_HOST},
    {"http:///", NO_HOST},
    {"http:///se", NO_HOST},
    {"http:////se", NO_HOST},
    {"http://:8000", NO_HOST},
    {"http://%31%32%37.0.0.1", HOST_ESCAPE},
    {"http://169.254.169%2e254", HOST_ESCAPE},
    {"http://se%00.example", HOST_ESCAPE},
    {"http://se%40evil.example", HOST_ESCAPE},
    {"http://[fe80::1%25eth0]", HOST_ESCAPE},
    {"http://.", LONG_HOST},
    {"http://.se", LABEL},
    {"http://se..example", LABEL},
    {"http://se.example..", LABEL},
    {"http://" X64, LABEL},
    {"http://" X16 X16 "." X16 X16 "." X16 X16 "." X16 X16 "." X16 X16
     "." X16 X16 "." X16 X16 "." X16 X16,
     LONG_HOST},
    {"http://se,example", HOST_CHARACTER},
    {"http://se*", HOST_CHARACTER},
    {"http://se!", HOST_CHARACTER},
    {"http://$(id)", HOST_CHARACTER},
    {"http://a|b", HOST_CHARACTER},
    {"http://<se>", HOST_CHARACTER},
    /* port */
    {"http://se:", NO_PORT},
    {"http://se:/", NO_PORT},
    {"http://se:0", PORT},
    {"http://se:00", PORT},
    {"http://se:65536", PORT},
    {"http://se:99999999999999999999", PORT},
    {"http://se:-1", PORT},
    {"http://se:+80", PORT},
    {"http://se:80a", PORT},
    {"http://se:http", PORT},
    {"http://se:80:81", PORT},
    {"http://::1", PORT},
    /* IPv4 that is refused, in every spelling */
    {"http://169.254.169.254", LINK_LOCAL},
    {"http://169.254.0.1:8000/se", LINK_LOCAL},
    {"http://0xA9FEA9FE", LINK_LOCAL},
    {"http://2852039166", LINK_LOCAL},
    {"http://0251.0376.0251.0376", LINK_LOCAL},
    {"http://0xa9.0xfe.0xa9.0xfe", LINK_LOCAL},
    {"http://169.254.43518", LINK_LOCAL},
    {"http://169.16689662", LINK_LOCAL},
    {"http://0.0.0.0", UNSPECIFIED},
    {"http://0", UNSPECIFIED},
    {"http://0x0", UNSPECIFIED},
    {"http://0.1.2.3", UNSPECIFIED},
    {"http://224.0.0.1", MULTICAST},
    {"http://239.255.255.250", MULTICAST},
    {"http://255.255.255.255", BROADCAST},
    {"http://4294967295", BROADCAST},
    {"http://100.100.100.200", METADATA},
    {"http://192.0.0.192", METADATA},
    {"http://168.63.129.16", METADATA},
    /* what a resolver may still take for an address */
    {"http://169.254.169.254.", NOT_IPV4},
    {"http://127.0.0.1.", NOT_IPV4},
    {"http://0x7f.1.", NOT_IPV4},
    {"http://256.1.1.1", NOT_IPV4},
    {"http://1.2.3.4.5", NOT_IPV4},
    {"http://4294967296", NOT_IPV4},
    {"http://0x", NOT_IPV4},
    {"http://0x7g.0x1", NOT_IPV4},
    {"http://08.0.0.1", NOT_IPV4},
    {"http://se.0x7f", NOT_IPV4},
    {"http://se.123", NOT_IPV4},
    /* IPv6 */
    {"http://[::ffff:169.254.169.254]", LINK_LOCAL},
    {"http://[::ffff:a9fe:a9fe]", LINK_LOCAL},
    {"http://[::FFFF:A9FE:A9FE]", LINK_LOCAL},
    {"http://[::169.254.169.254]", LINK_LOCAL},
    {"http://[64:ff9b::a9fe:a9fe]", LINK_LOCAL},
    {"http://[64:ff9b::169.254.169.254]", LINK_LOCAL},
    {"http://[64:ff9b:1::a9fe:a9fe]", LINK_LOCAL},
    {"http://[2002:a9fe:a9fe::1]", LINK_LOCAL},
    {"http://[::ffff:0:169.254.169.254]", LINK_LOCAL},
    {"http://[fe80::1]", LINK_LOCAL},
    {"http://[febf:ffff::1]", LINK_LOCAL},
    {"http://[::]", UNSPECIFIED},
    {"http://[0:0:0:0:0:0:0:0]", UNSPECIFIED},
    {"http://[::ffff:0.0.0.0]", UNSPECIFIED},
    {"http://[ff02::1]", MULTICAST},
    {"http://[::ffff:224.0.0.1]", MULTICAST},
    {"http://[::ffff:255.255.255.255]", BROADCAST},
    {"http://[fd00:ec2::254]", METADATA},
    {"http://[fd20:ce::254]", METADATA},
    {"http://[::1", NOT_IPV6},
    {"http://[]", NOT_IPV6},
    {"http://[127.0.0.1]", NOT_IPV6},
    {"http://[:::]", NOT_IPV6},
    {"http://[1:2:3:4:5:6:7:8:9]", NOT_IPV6},
    /* path */
    {"http://se/a@b", PATH_CHARACTER},
    {"http://se/<a>", PATH_CHARACTER},
    {"http://se/\"", PATH_CHARACTER},
    {"http://se/{a}", PATH_CHARACTER},
    {"http://se/%", PATH_ESCAPE},
    {"http://se/%4", PATH_ESCAPE},
    {"http://se/%zz", PATH_ESCAPE},
    {"http://se/%4g", PATH_ESCAPE},
    {"http://se/%00", PATH_CONTROL},
    {"http://se/a%0d%0aX-Injected:yes", PATH_CONTROL},
    {"http://se/%7f", PATH_CONTROL},
    {"http://se/.", PATH_DOTS},
    {"http://se/..", PATH_DOTS},
    {"http://se/a/../b", PATH_DOTS},
    {"http://se/./", PATH_DOTS},
    {"http://se/%2e%2E/b", PATH_DOTS},
    {"http://se/a/.%2e%2fb", PATH_DOTS},
};

static const struct {
    const char *url;
    const char *normal;
} good[] = {
    {"http://se", "http://se"},
    {"http://se/", "http://se"},
    {"http://se//", "http://se"},
    {"http://se/a/", "http://se/a"},
    {"http://se/a/b///", "http://se/a/b"},
    {"http://se//a", "http://se//a"},
    {"https://se:8443/path/of/se", "https://se:8443/path/of/se"},
    {"http://storage-element-01:8000", "http://storage-element-01:8000"},
    {"http://storage_element_01:8000", "http://storage_element_01:8000"},
    {"HTTP://SE-01.Example.ORG:8000/Path",
     "http://se-01.example.org:8000/Path"},
    {"hTTps://SE", "https://se"},
    {"http://se:80", "http://se"},
    {"https://se:443/", "https://se"},
    {"http://se:443", "http://se:443"},
    {"https://se:80", "https://se:80"},
    {"http://se:1", "http://se:1"},
    {"http://se:65535", "http://se:65535"},
    {"http://se:008000", "http://se:8000"},
    {"http://se.example.org.", "http://se.example.org."},
    {"http://xn--bcher-kva.example", "http://xn--bcher-kva.example"},
    {"http://localhost:8020", "http://localhost:8020"},
    {"http://1a", "http://1a"},
    {"http://0x.se", "http://0x.se"},
    {"http://1.2.3.se", "http://1.2.3.se"},
    {"http://127.0.0.1", "http://127.0.0.1"},
    {"http://127.1:8000", "http://127.0.0.1:8000"},
    {"http://0x7f.1", "http://127.0.0.1"},
    {"http://0X7F000001", "http://127.0.0.1"},
    {"http://2130706433", "http://127.0.0.1"},
    {"http://017700000001", "http://127.0.0.1"},
    {"http://10.1.2.3", "http://10.1.2.3"},
    {"http://192.168.1.1", "http://192.168.1.1"},
    {"http://1.0.0.0", "http://1.0.0.0"},
    {"http://169.253.255.255", "http://169.253.255.255"},
    {"http://169.255.0.0", "http://169.255.0.0"},
    {"http://223.255.255.255", "http://223.255.255.255"},
    {"http://255.255.255.254", "http://255.255.255.254"},
    {"http://[::1]", "http://[::1]"},
    {"http://[::1]:8000/", "http://[::1]:8000"},
    {"http://[0:0:0:0:0:0:0:1]", "http://[::1]"},
    {"http://[2001:DB8::0001]:8000/se", "http://[2001:db8::1]:8000/se"},
    {"http://[::ffff:127.0.0.1]", "http://[::ffff:127.0.0.1]"},
    {"http://[::ffff:7f00:1]", "http://[::ffff:127.0.0.1]"},
    {"http://[fd00::1]", "http://[fd00::1]"},
    {"http://[fec0::1]", "http://[fec0::1]"},
    {"http://[64:ff9b::8.8.8.8]", "http://[64:ff9b::808:808]"},
    {"http://se/...", "http://se/..."},
    {"http://se/.a/a./..b", "http://se/.a/a./..b"},
    {"http://se/a%20b%2Fc", "http://se/a%20b%2Fc"},
    {"http://se/-._~!$&'()*+,;=:", "http://se/-._~!$&'()*+,;=:"},
    {"http://se/%40", "http://se/%40"},
};

START_TEST(refuses)
{
    char out[SE__URL_SIZE] = "untouched";
    se_error err = SE_ERROR_INIT;
    const char *why = bad[_i].why;

    ck_assert_int_eq(se__url_normalize(bad[_i].url, out, &err), SE_E_INVALID);
    ck_assert_int_eq(err.code, SE_E_INVALID);
    ck_assert_msg(strncmp(err.message, why, strlen(why)) == 0,
                  "%s: \"%s\" instead of \"%s\"", bad[_i].url, err.message,
                  why);
    ck_assert_str_eq(out, "untouched");
}
END_TEST

START_TEST(normalizes)
{
    char out[SE__URL_SIZE];
    char again[SE__URL_SIZE];
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se__url_normalize(good[_i].url, out, &err) == SE_OK, "%s: %s",
                  good[_i].url, err.message);
    ck_assert_str_eq(out, good[_i].normal);
    ck_assert_int_eq(se__url_normalize(out, again, &err), SE_OK);
    ck_assert_str_eq(again, out);
    ck_assert_str_eq(err.message, "");
}
END_TEST

static char *url_of_length(size_t length)
{
    static const char begin[] = "http://se/";
    char *url = malloc(length + 1);

    ck_assert_ptr_nonnull(url);
    memset(url, 'a', length);
    memcpy(url, begin, strlen(begin));
    url[length] = '\0';
    return url;
}

START_TEST(length_is_bounded)
{
    char out[SE__URL_SIZE];
    se_error err = SE_ERROR_INIT;
    char *fits = url_of_length(SE__URL_SIZE - 1);
    char *is_long = url_of_length(SE__URL_SIZE);
    char *is_huge = url_of_length(1000000);

    ck_assert_int_eq(se__url_normalize(fits, out, &err), SE_OK);
    ck_assert_str_eq(out, fits);
    ck_assert_int_eq(se__url_normalize(is_long, out, &err), SE_E_INVALID);
    ck_assert_str_eq(err.message, "URL is longer than 1023 bytes");
    ck_assert_int_eq(se__url_normalize(is_huge, out, &err), SE_E_INVALID);
    ck_assert_str_eq(err.message, "URL is longer than 1023 bytes");
    free(fits);
    free(is_long);
    free(is_huge);
}
END_TEST

/* An address may get longer when it is written out. */
START_TEST(length_is_bounded_after_normalizing)
{
    char out[SE__URL_SIZE] = "untouched";
    se_error err = SE_ERROR_INIT;
    char *url = url_of_length(SE__URL_SIZE - 1);

    memcpy(url, "http://127.1/", strlen("http://127.1/"));
    ck_assert_int_eq(se__url_normalize(url, out, &err), SE_E_INVALID);
    ck_assert_str_eq(err.message, "URL is longer than 1023 bytes");
    ck_assert_str_eq(out, "untouched");
    url[SE__URL_SIZE - 1 - strlen("0.0.")] = '\0';
    ck_assert_int_eq(se__url_normalize(url, out, &err), SE_OK);
    ck_assert_uint_eq(strlen(out), SE__URL_SIZE - 1);
    free(url);
}
END_TEST

START_TEST(never_shows_a_secret)
{
    static const char *const urls[] = {
        "http://u:SECRET@se",  "http://SECRET@se",    "SECRET://se",
        "http://se?k=SECRET",  "http://se#SECRET",    "http://se/SECRET@",
        "http://SECRET%00@se", "http://u:SECRET@se\n"};
    char out[SE__URL_SIZE];

    for (size_t i = 0; i < SE__COUNT(urls); i++) {
        se_error err = SE_ERROR_INIT;

        ck_assert_int_eq(se__url_normalize(urls[i], out, &err), SE_E_INVALID);
        ck_assert_ptr_null(strstr(err.message, "SECRET"));
    }
}
END_TEST

START_TEST(works_without_an_error)
{
    char out[SE__URL_SIZE];

    ck_assert_int_eq(se__url_normalize("http://se:0", out, NULL), SE_E_INVALID);
    ck_assert_int_eq(se__url_normalize("http://se:1", out, NULL), SE_OK);
}
END_TEST

static const struct {
    const char *address;
    const char *why; /* NULL: allowed */
} addresses[] = {
    {"127.0.0.1", NULL},
    {"10.0.0.1", NULL},
    {"172.16.0.1", NULL},
    {"192.168.0.1", NULL},
    {"8.8.8.8", NULL},
    {"0.0.0.0", "unspecified address"},
    {"0.255.255.255", "unspecified address"},
    {"169.254.169.254", "link-local address"},
    {"169.254.255.255", "link-local address"},
    {"224.0.0.0", "multicast address"},
    {"239.255.255.255", "multicast address"},
    {"255.255.255.255", "broadcast address"},
    {"100.100.100.200", "metadata address"},
    {"100.100.100.201", NULL},
    {"::1", NULL},
    {"::2", "unspecified address"},
    {"::", "unspecified address"},
    {"fe80::1", "link-local address"},
    {"febf::1", "link-local address"},
    {"fec0::1", NULL},
    {"fc00::1", NULL},
    {"ff00::1", "multicast address"},
    {"fd00:ec2::254", "metadata address"},
    {"fd00:ec2::253", NULL},
    {"2001:db8::1", NULL},
    {"::ffff:127.0.0.1", NULL},
    {"::ffff:0.0.0.0", "unspecified address"},
    {"::ffff:169.254.169.254", "link-local address"},
    {"::ffff:255.255.255.255", "broadcast address"},
    {"::ffff:224.0.0.1", "multicast address"},
    {"64:ff9b::10.0.0.1", NULL},
    {"64:ff9b::169.254.169.254", "link-local address"},
    {"64:ff9b:1::169.254.169.254", "link-local address"},
    {"64:ff9c::169.254.169.254", NULL},
    {"2002:a9fe:1::", "link-local address"},
    {"2003:a9fe:1::", NULL},
};

static void make_address(const char *text, struct sockaddr_storage *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

    memset(out, 0, sizeof(*out));
    if (strchr(text, ':')) {
        v6->sin6_family = AF_INET6;
        ck_assert_int_eq(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
    } else {
        v4->sin_family = AF_INET;
        ck_assert_int_eq(inet_pton(AF_INET, text, &v4->sin_addr), 1);
    }
}

START_TEST(judges_addresses)
{
    struct sockaddr_storage storage;
    const struct sockaddr *address = (const struct sockaddr *)&storage;
    const char *expected = addresses[_i].why;
    const char *why = NULL;
    bool allowed;

    make_address(addresses[_i].address, &storage);
    allowed = se__address_allowed(address, &why);
    ck_assert_msg(allowed == (expected == NULL), "%s", addresses[_i].address);
    ck_assert_pstr_eq(why, expected);
    ck_assert_int_eq(se__address_allowed(address, NULL), allowed);
}
END_TEST

START_TEST(refuses_what_is_no_ip_address)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *why = NULL;

    ck_assert(!se__address_allowed((const struct sockaddr *)&address, &why));
    ck_assert_str_eq(why, "socket address that is not IP");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("url");
    TCase *urls = tcase_create("urls");
    TCase *ip = tcase_create("addresses");

    tcase_add_loop_test(urls, refuses, 0, SE__COUNT(bad));
    tcase_add_loop_test(urls, normalizes, 0, SE__COUNT(good));
    tcase_add_test(urls, length_is_bounded);
    tcase_add_test(urls, length_is_bounded_after_normalizing);
    tcase_add_test(urls, never_shows_a_secret);
    tcase_add_test(urls, works_without_an_error);
    tcase_add_loop_test(ip, judges_addresses, 0, SE__COUNT(addresses));
    tcase_add_test(ip, refuses_what_is_no_ip_address);
    suite_add_tcase(s, urls);
    suite_add_tcase(s, ip);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failures;

    srunner_run_all(runner, CK_NORMAL);
    failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}

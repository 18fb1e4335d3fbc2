/* Redis URLs taken apart. */
#include "source/redis_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "suite.h"

static const struct {
    const char *url;
    const char *is; /* user|password|hosts|master|database|tls sentinel */
} good[] = {
    {"redis://host", "-|-|host:6379|-|0|"},
    {"redis://host/", "-|-|host:6379|-|0|"},
    {"redis://host:1", "-|-|host:1|-|0|"},
    {"redis://host:65535/", "-|-|host:65535|-|0|"},
    {"redis://127.0.0.1:6380/15", "-|-|127.0.0.1:6380|-|15|"},
    {"redis://h/65535", "-|-|h:6379|-|65535|"},
    {"REDIS://h", "-|-|h:6379|-|0|"},
    {"rediss://h", "-|-|h:6379|-|0|tls"},
    {"Rediss://h:1/2", "-|-|h:1|-|2|tls"},
    {"redis://[::1]", "-|-|::1:6379|-|0|"},
    {"redis://[::1]:7/1", "-|-|::1:7|-|1|"},
    {"redis://[::ffff:10.0.0.1]:7", "-|-|::ffff:10.0.0.1:7|-|0|"},
    {"redis://my_redis-1.example", "-|-|my_redis-1.example:6379|-|0|"},
    {"redis://user@h", "user|-|h:6379|-|0|"},
    {"redis://:pass@h", "-|pass|h:6379|-|0|"},
    {"redis://user:pass@h:1/2", "user|pass|h:1|-|2|"},
    {"redis://:@h", "-|-|h:6379|-|0|"},
    {"redis://@h", "-|-|h:6379|-|0|"},
    {"redis://user:@h", "user|-|h:6379|-|0|"},
    {"redis://:a:b@h", "-|a:b|h:6379|-|0|"},
    /* as artStore's modules write it: nothing is escaped */
    {"redis://:p@ss@h", "-|p@ss|h:6379|-|0|"},
    {"redis://:p/a?s#s@h/3", "-|p/a?s#s|h:6379|-|3|"},
    {"redis://:100%@h", "-|100%|h:6379|-|0|"},
    {"redis://:%@h", "-|%|h:6379|-|0|"},
    {"redis://:%4@h", "-|%4|h:6379|-|0|"},
    {"redis://:%zz%00@h", "-|%zz%00|h:6379|-|0|"},
    /* and as everybody else does */
    {"redis://u%40x:%3a%2F%41@h", "u@x|:/A|h:6379|-|0|"},
    {"sentinel://h/name", "-|-|h:26379|name|0|sentinel"},
    {"sentinel://a:1,b,c:3/name/4", "-|-|a:1,b:26379,c:3|name|4|sentinel"},
    {"sentinel://u:p@a,[::1]:2/my%2Fname",
     "u|p|a:26379,::1:2|my/name|0|sentinel"},
    {"sentinel://1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16:1/n",
     "-|-|1:26379,2:26379,3:26379,4:26379,5:26379,6:26379,7:26379,8:26379,"
     "9:26379,10:26379,11:26379,12:26379,13:26379,14:26379,15:26379,16:1|n|0|"
     "sentinel"},
};

static const char *or_none(const char *text)
{
    return text ? text : "-";
}

static void describe(const se__redis_url *url, char *out, size_t size)
{
    size_t n = 0;

    n += snprintf(out + n, size - n, "%s|%s|", or_none(url->user),
                  or_none(url->password));
    for (size_t i = 0; i < url->n_hosts; i++) {
        n += snprintf(out + n, size - n, "%s%s:%d", i ? "," : "",
                      url->hosts[i].name, url->hosts[i].port);
    }
    snprintf(out + n, size - n, "|%s|%d|%s%s", or_none(url->master),
             url->database, url->tls ? "tls" : "",
             url->sentinel ? "sentinel" : "");
}

START_TEST(understood)
{
    se__redis_url url;
    se_error err = SE_ERROR_INIT;
    char is[512];

    ck_assert_msg(se__redis_url_parse(good[_i].url, &url, &err) == SE_OK,
                  "%s: %s", good[_i].url, err.message);
    describe(&url, is, sizeof(is));
    ck_assert_str_eq(is, good[_i].is);
    se__redis_url_fini(&url);
}
END_TEST

static const struct {
    const char *url;
    const char *says;
} bad[] = {
    {"", "not redis://"},
    {"redis", "not redis://"},
    {"redis:", "not redis://"},
    {"redis:/h", "not redis://"},
    {" redis://h", "not redis://"},
    {"http://:s3cret@h", "not redis://"},
    {"redis://", "not a host"},
    {"redis:///0", "not a host"},
    {"redis://:s3cret@", "not a host"},
    {"redis://:s3cret@/0", "not a host"},
    {"redis://:s3cret@:6379", "not a host"},
    {"redis://:s3cret@h:", "not a host"},
    {"redis://:s3cret@h:0", "port"},
    {"redis://:s3cret@h:65536", "port"},
    {"redis://:s3cret@h:-1", "port"},
    {"redis://:s3cret@h:x", "port"},
    {"redis://:s3cret@h:1:2", "port"},
    {"redis://:s3cret@h:99999999999999999999", "port"},
    {"redis://:s3cret@h x", "not a host"},
    {"redis://:s3cret@h\r\nx", "not a host"},
    {"redis://:s3cret@h?db=1", "not a host"},
    {"redis://:s3cret@h#1", "not a host"},
    {"redis://:s3cret@[::1", "not a host"},
    {"redis://:s3cret@[::1]x", "not a host"},
    {"redis://:s3cret@[::1]:", "not a host"},
    {"redis://:s3cret@[host]", "not a host"},
    {"redis://:s3cret@[]", "not a host"},
    {"redis://:s3cret@h/x", "database"},
    {"redis://:s3cret@h/-1", "database"},
    {"redis://:s3cret@h/65536", "database"},
    {"redis://:s3cret@h/0/1", "database"},
    {"redis://:s3cret@h/0?x", "database"},
    {"redis://:s3cret@a,b", "several hosts"},
    {"sentinel://:s3cret@h", "name of the master"},
    {"sentinel://:s3cret@h/", "name of the master"},
    {"sentinel://:s3cret@h//1", "name of the master"},
    {"sentinel://:s3cret@h,/n", "not a host"},
    {"sentinel://:s3cret@,h/n", "not a host"},
    {"sentinel://:s3cret@h/n/x", "database"},
    {"sentinel://:s3cret@1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17/n",
     "more than 16 hosts"},
};

START_TEST(not_understood)
{
    se__redis_url url;
    se__redis_url before;
    se_error err = SE_ERROR_INIT;

    memset(&url, 0x5a, sizeof(url));
    before = url;
    ck_assert_int_eq(se__redis_url_parse(bad[_i].url, &url, &err), SE_E_CONFIG);
    ck_assert_int_eq(memcmp(&url, &before, sizeof(url)), 0);
    ck_assert_msg(strstr(err.message, bad[_i].says), "%s: %s", bad[_i].url,
                  err.message);
    ck_assert_ptr_null(strstr(err.message, "s3cret"));
}
END_TEST

START_TEST(a_long_host)
{
    char url[300] = "redis://";
    se__redis_url parsed;

    memset(url + 8, 'h', 253);
    ck_assert_int_eq(se__redis_url_parse(url, &parsed, NULL), SE_OK);
    se__redis_url_fini(&parsed);
    url[8 + 253] = 'h';
    ck_assert_int_eq(se__redis_url_parse(url, &parsed, NULL), SE_E_CONFIG);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {understood, SE__COUNT(good)},
        {not_understood, SE__COUNT(bad)},
        {a_long_host, 1},
    };

    return run_suite("redis url", rows, SE__COUNT(rows));
}

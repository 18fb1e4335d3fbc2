/* SHA-256 against the examples of FIPS 180 and of NIST's CAVS. */
#include "suite.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sha256.h"

static const struct {
    const char *text;
    size_t times; /* the text, so often */
    const char *hex;
} vectors[] = {
    {"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", 1,
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnop"
     "jklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     1, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    {"a", 1000000,
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    {"\xd3", 1,
     "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"},
    {"\x11\xaf", 1,
     "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"},
};

START_TEST(vector_by_piece)
{
    static se__sha256 sha; /* one for all rows: it starts again */
    char hex[SE__SHA256_HEX_SIZE];
    size_t length = strlen(vectors[_i].text);

    ck_assert_int_eq(se__sha256_start(&sha, NULL), SE_OK);
    for (size_t i = 0; i < vectors[_i].times; i++) {
        se__sha256_update(&sha, vectors[_i].text, length);
    }
    se__sha256_finish(&sha, hex);
    ck_assert_str_eq(hex, vectors[_i].hex);
    if ((size_t)_i == SE__COUNT(vectors) - 1) {
        se__sha256_fini(&sha);
        ck_assert_ptr_null(sha.context);
    }
}
END_TEST

START_TEST(pieces_do_not_matter)
{
    se__sha256 sha = {NULL};
    char hex[SE__SHA256_HEX_SIZE];
    char whole[SE__SHA256_HEX_SIZE];
    unsigned char data[1000];

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (unsigned char)(i * 7);
    }
    ck_assert_int_eq(se__sha256_start(&sha, NULL), SE_OK);
    se__sha256_update(&sha, data, sizeof(data));
    se__sha256_finish(&sha, whole);
    for (size_t step = 1; step < 200; step += 13) {
        ck_assert_int_eq(se__sha256_start(&sha, NULL), SE_OK);
        for (size_t at = 0; at < sizeof(data); at += step) {
            size_t left = sizeof(data) - at;

            se__sha256_update(&sha, data + at, left < step ? left : step);
        }
        se__sha256_finish(&sha, hex);
        ck_assert_str_eq(hex, whole);
    }
    se__sha256_fini(&sha);
}
END_TEST

/* Abandoned in the middle, as when an attempt starts again. */
START_TEST(start_forgets)
{
    se__sha256 sha = {NULL};
    char hex[SE__SHA256_HEX_SIZE];

    ck_assert_int_eq(se__sha256_start(&sha, NULL), SE_OK);
    se__sha256_update(&sha, "half", 4);
    ck_assert_int_eq(se__sha256_start(&sha, NULL), SE_OK);
    se__sha256_update(&sha, vectors[1].text, 3);
    se__sha256_finish(&sha, hex);
    ck_assert_str_eq(hex, vectors[1].hex);
    se__sha256_fini(&sha);
    se__sha256_fini(&sha);
}
END_TEST

/* The queue of OpenSSL's errors belongs to the program. */
START_TEST(errors_of_the_program_stay)
{
    se__sha256 sha = {NULL};

    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 42);
    ck_assert_int_eq(se__sha256_start(&sha, NULL), SE_OK);
    se__sha256_fini(&sha);
    ck_assert_int_eq(ERR_GET_REASON(ERR_get_error()), 42);
    ck_assert_uint_eq(ERR_get_error(), 0);
}
END_TEST

START_TEST(version_is_a_number)
{
    ck_assert_str_eq(se__crypto_version(),
                     OpenSSL_version(OPENSSL_VERSION_STRING));
    ck_assert_uint_ge(strspn(se__crypto_version(), "0123456789."), 5);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {vector_by_piece, SE__COUNT(vectors)},
        {pieces_do_not_matter, 1},
        {start_forgets, 1},
        {errors_of_the_program_stay, 1},
        {version_is_a_number, 1},
    };

    return run_suite("sha256", rows, SE__COUNT(rows));
}

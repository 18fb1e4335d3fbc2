/*
 * hash FILE: reads a file and computes its SHA-256, as fast as one thread can.
 * What an upload that hashes is compared with.
 */
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BUFFER ((size_t)512 * 1024)

int main(int argc, char **argv)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    char *buffer = malloc(BUFFER);
    int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    ssize_t n = -1;

    if (!sha || !buffer || fd < 0 ||
        !EVP_DigestInit_ex(sha, EVP_sha256(), NULL)) {
        fprintf(stderr, "usage: hash FILE\n");
        return 2;
    }
    while ((n = read(fd, buffer, BUFFER)) > 0) {
        EVP_DigestUpdate(sha, buffer, (size_t)n);
    }
    EVP_DigestFinal_ex(sha, digest, &length);
    for (unsigned int i = 0; i < length; i++) {
        printf("%02x", digest[i]);
    }
    putchar('\n');
    EVP_MD_CTX_free(sha);
    free(buffer);
    close(fd);
    return n < 0;
}

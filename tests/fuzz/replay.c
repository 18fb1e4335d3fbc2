/*
 * Feeds a fuzz target the files of folders, where there is no fuzzer to do it:
 * each file as it is, and each of its beginnings.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BEGINNINGS 512 /* of one file */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of its exact size, so that a sanitizer sees a read beyond it. */
static int feed(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1);

    if (exact == NULL) {
        return 0;
    }
    memcpy(exact, data, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 1;
}

static int feed_beginnings(const uint8_t *data, size_t size)
{
    size_t step = size / MOST_BEGINNINGS + 1;

    for (size_t length = 0; length < size; length += step) {
        if (!feed(data, length)) {
            return 0;
        }
    }
    return feed(data, size);
}

static int feed_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    long size = -1;
    int ok = 0;

    if (file && fseek(file, 0, SEEK_END) == 0) {
        size = ftell(file);
    }
    if (size >= 0) {
        data = malloc((size_t)size + 1);
    }
    if (data) {
        rewind(file);
        ok = fread(data, 1, (size_t)size, file) == (size_t)size &&
             feed_beginnings(data, (size_t)size);
    }
    if (!ok) {
        perror(path);
    }
    free(data);
    if (file) {
        fclose(file);
    }
    return ok;
}

/* The number of files fed; -1: one could not be. */
static int feed_folder(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    int count = 0;

    if (folder == NULL) {
        perror(path);
        return -1;
    }
    while (count >= 0 && (entry = readdir(folder)) != NULL) {
        char file[4096];

        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
        count = feed_file(file) ? count + 1 : -1;
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int count = feed_folder(argv[i]);

        if (count <= 0) {
            fprintf(stderr, "%s: no corpus\n", argv[i]);
            return 1;
        }
        printf("%s: %d files\n", argv[i], count);
    }
    return argc < 2;
}

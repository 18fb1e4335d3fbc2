/* The rows of the built-in sources. */
#include "rows.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- file ---- */

typedef struct file_world {
    char dir[64];
    char path[96];
    char spare[96];
} file_world;

static void *file_make(void)
{
    file_world *world = calloc(1, sizeof(*world));

    ck_assert_ptr_nonnull(world);
    snprintf(world->dir, sizeof(world->dir), "/tmp/contract-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(world->dir));
    snprintf(world->path, sizeof(world->path), "%s/fleet.json", world->dir);
    snprintf(world->spare, sizeof(world->spare), "%s/new.json", world->dir);
    return world;
}

static se_source *file_open(void *world)
{
    file_world *file = world;
    char url[128];
    se_source *source = NULL;

    snprintf(url, sizeof(url), "file:%s", file->path);
    ck_assert_int_eq(se_source_open(url, &source, NULL), SE_OK);
    return source;
}

/* As it should be done: the new one is renamed into place. */
static void file_write(file_world *world, const char *text)
{
    FILE *file = fopen(world->spare, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(rename(world->spare, world->path), 0);
}

static void file_set_list(void *world, const se_topology *list)
{
    char *text = NULL;

    ck_assert_int_eq(se_topology_print(list, &text, NULL), SE_OK);
    file_write(world, text);
    se_free(text);
}

static void file_set_failing(void *world)
{
    file_world *file = world;

    unlink(file->path);
}

static void file_set_garbage(void *world)
{
    file_write(world, "<html>Bad Gateway</html>");
}

static void file_destroy(void *world)
{
    file_world *file = world;

    unlink(file->path);
    ck_assert_int_eq(rmdir(file->dir), 0);
    free(file);
}

const contract_row file_row = {
    .label = "file",
    .make = file_make,
    .open = file_open,
    .set_list = file_set_list,
    .set_failing = file_set_failing,
    .set_garbage = file_set_garbage,
    .destroy = file_destroy,
};

/* ---- memory: the world is the source itself ---- */

typedef struct memory_world {
    se_source *source;
} memory_world;

static void *memory_make(void)
{
    memory_world *world = calloc(1, sizeof(*world));

    ck_assert_ptr_nonnull(world);
    ck_assert_int_eq(se_source_memory(&world->source, NULL), SE_OK);
    return world;
}

static se_source *memory_open(void *world)
{
    memory_world *memory = world;

    return memory->source;
}

static void memory_set_list(void *world, const se_topology *list)
{
    memory_world *memory = world;

    ck_assert_int_eq(se_source_memory_set(memory->source, list, NULL), SE_OK);
}

static void memory_set_failing(void *world)
{
    memory_set_list(world, NULL);
}

static void memory_destroy(void *world)
{
    free(world);
}

const contract_row memory_row = {
    .label = "memory",
    .make = memory_make,
    .open = memory_open,
    .set_list = memory_set_list,
    .set_failing = memory_set_failing,
    .destroy = memory_destroy,
};

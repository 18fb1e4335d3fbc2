/* A source that asks an Admin Module. */
#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <artstore/admin.h>

#include "rows.h"
#include "sandbox.h"

typedef struct admin_world {
    char dir[64];
    sandbox *sandbox;
} admin_world;

static void *admin_make(void)
{
    static const sandbox_element element = {"se-01", "edit", 100, 0};
    admin_world *world = calloc(1, sizeof(*world));
    sandbox_options options = {.elements = &element,
                               .n_elements = 1,
                               .admin = true,
                               .client_id = "id",
                               .client_secret = "secret"};

    ck_assert_ptr_nonnull(world);
    snprintf(world->dir, sizeof(world->dir), "/tmp/contract-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(world->dir));
    options.dir = world->dir;
    world->sandbox = sandbox_start(&options);
    ck_assert_ptr_nonnull(world->sandbox);
    return world;
}

static se_source *admin_open(void *world)
{
    admin_world *w = world;
    se_admin_options options = SE_ADMIN_OPTIONS_INIT;
    se_admin *admin = NULL;
    se_source *source = NULL;

    options.url = sandbox_url(w->sandbox, "admin");
    options.client_id = "id";
    options.client_secret = "secret";
    ck_assert_int_eq(se_admin_open(&admin, &options, NULL), SE_OK);
    ck_assert_int_eq(se_source_admin(admin, &source, NULL), SE_OK);
    se_admin_close(admin);
    return source;
}

static void answer(void *world, sandbox_fault fault)
{
    admin_world *w = world;

    fault.route = SANDBOX_LIST;
    sandbox_clear_faults(w->sandbox, "admin");
    sandbox_add_fault(w->sandbox, "admin", &fault);
}

static void admin_set_list(void *world, const se_topology *list)
{
    char *text = NULL;

    ck_assert_int_eq(se_topology_print(list, &text, NULL), SE_OK);
    answer(world, (sandbox_fault){
                      .action = SANDBOX_STATUS, .status = 200, .body = text});
    se_free(text);
}

static void admin_set_failing(void *world)
{
    answer(world, (sandbox_fault){.action = SANDBOX_STATUS, .status = 503});
}

static void admin_set_garbage(void *world)
{
    answer(world, (sandbox_fault){.action = SANDBOX_STATUS,
                                  .status = 200,
                                  .body = "<html>Bad Gateway</html>"});
}

static void admin_set_hanging(void *world)
{
    answer(world, (sandbox_fault){.action = SANDBOX_STALL});
}

static int remove_entry(const char *path, const struct stat *status, int type,
                        struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static void admin_destroy(void *world)
{
    admin_world *w = world;

    sandbox_stop(w->sandbox);
    nftw(w->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(w);
}

const contract_row admin_row = {
    .label = "admin_module",
    .partial = true,
    .make = admin_make,
    .open = admin_open,
    .set_list = admin_set_list,
    .set_failing = admin_set_failing,
    .set_garbage = admin_set_garbage,
    .set_hanging = admin_set_hanging,
    .destroy = admin_destroy,
};

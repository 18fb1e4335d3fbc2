/*
 * The sources that the contract is held against: one row each.
 *
 * A new source adds a row and inherits every test.
 */
#ifndef TESTS_CONTRACT_ROWS_H
#define TESTS_CONTRACT_ROWS_H

#include <stdbool.h>

#include <artstore/source.h>

/* What a source reads from: a file, a server, a variable. */
typedef struct contract_row {
    const char *label; /* as se_source_name() gives it */
    bool partial;      /* its lists name only elements that take files */
    void *(*make)(void);
    se_source *(*open)(void *world);
    void (*set_list)(void *world, const se_topology *list);
    void (*set_failing)(void *world);
    /* Optional: what is read is no document. */
    void (*set_garbage)(void *world);
    /* Optional: no answer comes, for longer than any test takes. */
    void (*set_hanging)(void *world);
    /* Optional: how often the source freed its self; for sources of ours that
     * the tests did not make, the tools for leaks look after that. */
    int (*freed)(void *world);
    void (*destroy)(void *world); /* after the source was freed */
} contract_row;

extern const contract_row file_row;
extern const contract_row memory_row;
extern const contract_row own_row;
extern const contract_row redis_row;
extern const contract_row admin_row;

#endif

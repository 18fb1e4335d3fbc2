/*
 * What an se_ingest holds, for lib/ingest.
 */
#ifndef SE_INGEST_INGEST_H
#define SE_INGEST_INGEST_H

#include <artstore/ingest.h>

#include "admin/token_file.h"

struct se_ingest {
    char instance_id[64];
    se_metrics *metrics;
    se_admin *admin; /* NULL: no URL of one is known */
    se_registry *registry;
    se_selector *selector;
    se_uploader *uploader;
    se_monitor *monitor;
    se__token_file *token_file;
};

#endif

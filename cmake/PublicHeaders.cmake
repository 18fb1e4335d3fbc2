# What include/artstore/ holds: installed, and compiled alone by tests/headers.
set(ARTSTORE_PUBLIC_HEADERS
  admin.h
  capacity.h
  config.h
  error.h
  export.h
  ingest.h
  log.h
  metrics.h
  monitor.h
  registry.h
  selector.h
  source.h
  source_ops.h
  topology.h
  uploader.h
  version.h)

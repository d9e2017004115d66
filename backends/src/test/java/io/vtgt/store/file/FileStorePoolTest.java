package io.vtgt.store.file;

/// A file behind the worker threads.
class FileStorePoolTest extends FileStoreContract {}

//! A byte-serving HTTP server and tower service.

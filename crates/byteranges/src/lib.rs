//! HTTP byte ranges, done right.

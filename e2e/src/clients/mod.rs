//! What the tests with real clients share: programs run within a time, answers taken apart, and files to serve.

pub mod curl;
pub mod geotiff;
pub mod h2;
pub mod noise;
pub mod pdf;
pub mod pmtiles;
pub mod program;
pub mod raw;
pub mod site;

//! What the tests with real clients share: programs run within a time, files to serve, and a reader of multipart answers.

pub mod curl;
pub mod geotiff;
pub mod h2;
pub mod multipart;
pub mod noise;
pub mod pdf;
pub mod pmtiles;
pub mod program;
pub mod raw;
pub mod site;

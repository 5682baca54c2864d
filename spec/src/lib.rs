//! The cases and requirements that everything in swath answers to, and their reader.

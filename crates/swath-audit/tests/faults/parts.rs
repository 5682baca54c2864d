//! The form of a multipart.

use crate::{
    Fault, fault, multipart,
    origin::{Response, honest},
    rewritten,
};

pub(crate) const FAULTS: &[Fault] = &[
    fault("parts-boundary", "quotes the boundary", |r| match honest(r) {
        response if multipart(&response) => {
            let (before, boundary) = response.get("content-type").unwrap().split_once('=').unwrap();
            let quoted = format!("{before}=\"{boundary}\"");
            response.with("Content-Type", quoted)
        }
        response => response,
    }),
    fault("parts-top", "puts Content-Range on the multipart itself", |r| match honest(r) {
        response if multipart(&response) => response.with("Content-Range", "bytes 0-0/20000"),
        response => response,
    }),
    fault("parts-range", "forgets Content-Range in a part", |r| {
        rewritten(honest(r), "Content-Range: bytes 0-0/20000\r\n", "")
    }),
    fault("parts-type", "leaves Content-Type out of the parts (hyper-staticfile)", |r| {
        rewritten(honest(r), "Content-Type: video/mp4\r\n", "")
    }),
    fault("parts-lines", "ends lines with LF (Starlette)", |r| rewritten(honest(r), "\r\n", "\n")),
    fault("parts-closed", "never closes the multipart", |r| rewritten(honest(r), "ee--\r\n", "ee\r\n")),
    fault("parts-octets", "sends one octet too many in a part", |r| {
        rewritten(honest(r), "bytes 0-0/20000\r\n\r\n\x00", "bytes 0-0/20000\r\n\r\n\x00\x01")
    }),
    fault("parts-length", "leaves the multipart's end to the connection", |r| match honest(r) {
        response if multipart(&response) => Response { close: true, ..response.without("Content-Length") },
        response => response,
    }),
];

//! What is told of exchanges, and where.
//!
//! In: the settings about logs, metrics and the inspector. Out: [`RecordSettings`].

use std::{
    ffi::OsStr,
    net::{Ipv4Addr, SocketAddr},
};

use swath_serve::log::Format;

use super::{
    super::{
        RecordSettings, table,
        value::{self, Wrong},
    },
    reader::Reader,
};

/// Where an inspector listens unless told otherwise: next to the server's own port.
pub(super) const INSPECT_ADDRESS: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8207);

pub(super) fn records(reader: &Reader<'_>) -> RecordSettings {
    let address = |value: &OsStr| {
        value::parsed(value, "an address to listen on: write IP:PORT, such as 127.0.0.1:9206")
    };
    RecordSettings {
        log: match reader.word(&table::LOG) {
            "json" => Format::Json,
            "off" => Format::Off,
            _ => Format::Text,
        },
        metrics: reader.one(&table::METRICS, |v| value::unless(v, "off", address)).flatten(),
        inspect: reader.one(&table::INSPECT, |v| value::unless(v, "off", inspect_address)).flatten(),
        inspect_record: reader.path(&table::INSPECT_RECORD),
    }
}

/// Reads where an inspector listens: on loopback, as it shows who asks for what.
pub(crate) fn inspect_address(value: &OsStr) -> Result<SocketAddr, Wrong> {
    if value == "on" {
        return Ok(INSPECT_ADDRESS);
    }
    let address: SocketAddr =
        value::parsed(value, "an address to listen on: write on, or IP:PORT, such as 127.0.0.1:8207")?;
    if address.ip().to_canonical().is_loopback() {
        return Ok(address);
    }
    let port = address.port();
    Err(format!(
        "is not on loopback, and an inspector shows who asks for what: listen on 127.0.0.1:{port}, and from another \
         machine reach it by ssh -L {port}:127.0.0.1:{port}"
    ))
}

//! Numbers in a line of the log, and addresses, which are made of them.
//!
//! In: a number, a time, a peer. Out: what it reads as, added to the line. They are written without a formatter, which took
//! two fifths of what a line of JSON costs.

use std::fmt::Write;
use std::net::IpAddr;
use std::time::Duration;

use crate::connection::Peer;
use crate::exchange::micros;

/// Writes a number.
pub(super) fn push_number(line: &mut String, number: u64) {
    line.push_str(itoa::Buffer::new().format(number));
}

/// Writes a time in milliseconds, to the microsecond.
pub(super) fn push_millis(line: &mut String, time: Duration) {
    let micros = micros(time);
    push_number(line, micros / 1000);
    line.push('.');
    // The first digit is there for the sake of those behind it.
    line.push_str(itoa::Buffer::new().format(1000 + micros % 1000).get(1..).unwrap_or_default());
}

/// Writes a peer as it displays itself.
pub(super) fn push_peer(line: &mut String, peer: Peer) {
    let Some(IpAddr::V4(address)) = peer.ip() else {
        // Writing to a String cannot fail.
        let _ = write!(line, "{peer}");
        return;
    };
    for (place, octet) in address.octets().into_iter().enumerate() {
        if place > 0 {
            line.push('.');
        }
        push_number(line, octet.into());
    }
    if let Peer::Tcp(address) = peer {
        line.push(':');
        push_number(line, address.port().into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(push: impl FnOnce(&mut String)) -> String {
        let mut line = String::new();
        push(&mut line);
        line
    }

    #[test]
    fn peers_are_written_as_they_display_themselves() {
        let addresses = ["0.0.0.0", "192.0.2.7", "255.255.255.255", "::ffff:192.0.2.7", "::1", "2001:db8::1"];
        for address in addresses.map(|address| address.parse::<IpAddr>().expect(address)) {
            for peer in
                [Peer::Named(address), Peer::Tcp((address, 0).into()), Peer::Tcp((address, 65_535).into())]
            {
                assert_eq!(written(|line| push_peer(line, peer)), peer.to_string());
            }
        }
        assert_eq!(written(|line| push_peer(line, Peer::Unix)), "unix");
    }

    #[test]
    fn times_have_three_places_always() {
        for (micros, expected) in
            [(0, "0.000"), (7, "0.007"), (70, "0.070"), (1_000, "1.000"), (59_999_999, "59999.999")]
        {
            assert_eq!(written(|line| push_millis(line, Duration::from_micros(micros))), expected);
        }
        assert_eq!(written(|line| push_millis(line, Duration::from_nanos(1_234_567))), "1.235");
        assert_eq!(written(|line| push_millis(line, Duration::MAX)), "18446744073709551.615");
    }
}

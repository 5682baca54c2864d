//! Numbers and dates as octets, written straight to where they are sent from.
//!
//! In: a number. Out: its digits at the end of a buffer. `std::fmt` would do, at some ten times the instructions, and a
//! partial answer writes eight of them.

use bytes::BufMut;

/// Writes a number in decimal.
pub(crate) fn write_number(number: u64, out: &mut impl BufMut) {
    out.put_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// The two digits of a number below 100, as most of a date is written.
pub(crate) fn two_digits(number: u32) -> [u8; 2] {
    let number = u8::try_from(number).unwrap_or(0);
    [b'0'.wrapping_add(number / 10), b'0'.wrapping_add(number % 10)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_full() {
        for number in [0, 7, 10, 99, 100, 1_000_000, u64::MAX] {
            let mut out = b"x".to_vec();
            write_number(number, &mut out);
            assert_eq!(out, format!("x{number}").as_bytes());
        }
        assert_eq!([0, 9, 10, 99].map(two_digits), [*b"00", *b"09", *b"10", *b"99"]);
    }
}

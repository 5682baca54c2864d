//! Numbers and dates as octets, written straight to where they are sent from.
//!
//! In: a number. Out: its digits at the end of a buffer. `std::fmt` would do, at some ten times the instructions, and a
//! partial answer writes eight of them.

use bytes::BufMut;

/// Writes a number in decimal.
pub(crate) fn write_number(number: u64, out: &mut impl BufMut) {
    out.put_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// The digits of four numbers below 100, two of each, as dates and times are written.
///
/// All four are in one register, sixteen bits for each, and worked on at once.
pub(crate) fn four_pairs(numbers: [u32; 4]) -> [u8; 8] {
    const ONE_EACH: u64 = 0x0001_0001_0001_0001;
    let numbers = numbers.into_iter().rev().fold(0, |all, number| (all << 16_u32) | u64::from(number));
    // 103/1024 is near enough to a tenth for numbers below 100.
    let tens = (numbers.wrapping_mul(103) >> 10_u32) & ONE_EACH.wrapping_mul(0xf);
    let ones = numbers.wrapping_sub(tens.wrapping_mul(10));
    (tens | (ones << 8_u32) | ONE_EACH.wrapping_mul(0x3030)).to_le_bytes()
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
    }

    #[test]
    fn pairs_are_written_beside_one_another() {
        for number in 0..100 {
            for numbers in [[number, 99, 0, 10], [99, 0, 10, number]] {
                let expected = numbers.map(|number| format!("{number:02}")).concat();
                assert_eq!(four_pairs(numbers), expected.as_bytes());
            }
        }
    }
}

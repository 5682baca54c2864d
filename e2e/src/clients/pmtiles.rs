//! A PMTiles archive (version 3) with leaf directories.
//!
//! In: a path and the deepest zoom. Out: the archive, uncompressed and clustered, whose tiles are [`tile`] of their number.
//! The root directory holds leaves only, so that a reader must go header → leaf → tile, three ranges or more.

use std::path::Path;

use super::noise::noise;

/// Octets of each tile.
pub const TILE_LENGTH: usize = 1500;

/// Tiles per leaf directory.
const PER_LEAF: u64 = 4096;

/// The octets of the tile with this number on the archive's Hilbert curve.
#[must_use]
pub fn tile(number: u64) -> Vec<u8> {
    noise(number, TILE_LENGTH)
}

/// Writes all tiles from zoom 0 to `deepest`.
///
/// # Panics
///
/// If the file cannot be written, or `deepest` makes an archive that the tests have no use for.
pub fn write(path: &Path, deepest: u32) {
    assert!(deepest < 9, "4^9 tiles and more are too many for a test");
    let tiles: u64 = (0..=deepest).map(|zoom| 4_u64.pow(zoom)).sum();
    let leaves: Vec<(u64, Vec<u8>)> = (0..tiles)
        .step_by(usize::try_from(PER_LEAF).expect("a small number"))
        .map(|first| (first, leaf(first, PER_LEAF.min(tiles - first))))
        .collect();
    let root = directory_of_leaves(&leaves);
    let metadata = b"{\"name\":\"noise\"}";
    let sections = Sections::after_header(
        root.len(),
        metadata.len(),
        leaves.iter().map(|(_, leaf)| leaf.len()).sum(),
        tiles,
    );
    let mut archive = header(&sections, tiles, u8::try_from(deepest).expect("below 9"));
    archive.extend_from_slice(&root);
    archive.extend_from_slice(metadata);
    for (_, leaf) in &leaves {
        archive.extend_from_slice(leaf);
    }
    for number in 0..tiles {
        archive.extend_from_slice(&tile(number));
    }
    std::fs::write(path, archive).expect("the archive is written");
}

/// Offset and length of each section, in the order of the header.
struct Sections([(u64, u64); 4]);

impl Sections {
    fn after_header(root: usize, metadata: usize, leaves: usize, tiles: u64) -> Self {
        let lengths = [root as u64, metadata as u64, leaves as u64, tiles * TILE_LENGTH as u64];
        let mut at = 127;
        Self(lengths.map(|length| {
            let section = (at, length);
            at += length;
            section
        }))
    }
}

fn header(sections: &Sections, tiles: u64, deepest: u8) -> Vec<u8> {
    let mut header = b"PMTiles\x03".to_vec();
    for (offset, length) in sections.0 {
        header.extend_from_slice(&offset.to_le_bytes());
        header.extend_from_slice(&length.to_le_bytes());
    }
    // Addressed tiles, tile entries, tile contents: all differ, so the three agree.
    for _ in 0..3 {
        header.extend_from_slice(&tiles.to_le_bytes());
    }
    // Clustered; directories and tiles without compression; tiles of no stated type; the zooms.
    header.extend_from_slice(&[1, 1, 1, 0, 0, deepest]);
    for degrees in [-180_i32, -85, 180, 85] {
        header.extend_from_slice(&(degrees * 10_000_000).to_le_bytes());
    }
    // Centre: zoom 0 at 0, 0.
    header.extend_from_slice(&[0; 9]);
    assert_eq!(header.len(), 127, "the header's length is fixed");
    header
}

/// A directory of consecutive tiles, each in its own place.
fn leaf(first: u64, count: u64) -> Vec<u8> {
    let entries: Vec<_> =
        (0..count).map(|n| (first + n, 1, TILE_LENGTH as u64, (first + n) * TILE_LENGTH as u64)).collect();
    directory(&entries)
}

/// The root: one entry per leaf (a run length of 0 marks a leaf).
fn directory_of_leaves(leaves: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut at = 0;
    let entries: Vec<_> = leaves
        .iter()
        .map(|(first, leaf)| {
            let entry = (*first, 0, leaf.len() as u64, at);
            at += leaf.len() as u64;
            entry
        })
        .collect();
    directory(&entries)
}

/// Writes (tile number, run length, length, offset) column by column, as the format asks.
fn directory(entries: &[(u64, u64, u64, u64)]) -> Vec<u8> {
    let mut octets = Vec::new();
    varint(&mut octets, entries.len() as u64);
    let mut last = 0;
    for (number, ..) in entries {
        varint(&mut octets, number - last);
        last = *number;
    }
    for (_, run, ..) in entries {
        varint(&mut octets, *run);
    }
    for (_, _, length, _) in entries {
        varint(&mut octets, *length);
    }
    // An offset is written plus one; 0 would say "right after the one before", which holds for all but the first.
    for (index, (.., offset)) in entries.iter().enumerate() {
        varint(&mut octets, if index == 0 { offset + 1 } else { 0 });
    }
    octets
}

fn varint(octets: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        octets.push(u8::try_from(value & 0x7f).expect("seven bits") | 0x80);
        value >>= 7;
    }
    octets.push(u8::try_from(value).expect("seven bits"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_are_little_endian_groups_of_seven_bits() {
        let mut octets = Vec::new();
        varint(&mut octets, 300);
        assert_eq!(octets, [0xac, 0x02]);
    }

    #[test]
    fn an_archive_begins_and_ends_where_it_should() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("small.pmtiles");
        write(&path, 1);
        let archive = std::fs::read(path).expect("reads");
        assert!(archive.starts_with(b"PMTiles\x03"));
        assert!(archive.ends_with(&tile(4)));
    }
}

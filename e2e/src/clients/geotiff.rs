//! A tiled GeoTIFF of one octet per sample.
//!
//! In: a path and the number of tiles across and down. Out: the file (classic little-endian TIFF, uncompressed, EPSG:4326)
//! and, for any window, the samples that a reader must find there.

use std::path::Path;

use super::noise::noise;

/// The side length of a tile, in samples.
pub const TILE: usize = 256;

/// What was written: the samples tile by tile, as in the file.
pub struct Raster {
    tiles: Vec<Vec<u8>>,
    across: usize,
}

impl Raster {
    /// The samples of the window from (`left`, `top`) to before (`right`, `bottom`), row by row.
    #[must_use]
    pub fn window(&self, left: usize, top: usize, right: usize, bottom: usize) -> Vec<u8> {
        let sample =
            |x: usize, y: usize| self.tiles[y / TILE * self.across + x / TILE][y % TILE * TILE + x % TILE];
        (top..bottom).flat_map(|y| (left..right).map(move |x| sample(x, y))).collect()
    }
}

/// Writes the file and gives its samples.
///
/// # Panics
///
/// If it cannot be written.
#[must_use]
pub fn write(path: &Path, across: usize, down: usize) -> Raster {
    let tiles: Vec<Vec<u8>> = (0..across * down).map(|tile| noise(tile as u64, TILE * TILE)).collect();
    let mut octets = directory(across, down);
    for tile in &tiles {
        octets.extend_from_slice(tile);
    }
    std::fs::write(path, octets).expect("the GeoTIFF is written");
    Raster { tiles, across }
}

const SHORT: u16 = 3;
const LONG: u16 = 4;
const DOUBLE: u16 = 12;

/// Header, image file directory and its long values: everything before the first tile.
fn directory(across: usize, down: usize) -> Vec<u8> {
    let count = across * down;
    let head = Head::new(13, 8 * count + 24 + 48 + 32);
    let first_tile = head.length;
    let long = |value: usize| u32::try_from(value).expect("the file is below 4 GiB").to_le_bytes().to_vec();
    let longs = |values: &mut dyn Iterator<Item = usize>| values.flat_map(long).collect::<Vec<u8>>();
    let short = |value: u16| value.to_le_bytes().to_vec();
    let shorts = |values: &[u16]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let doubles = |values: &[f64]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    head.entry(256, LONG, 1, &long(across * TILE))
        .entry(257, LONG, 1, &long(down * TILE))
        .entry(258, SHORT, 1, &short(8))
        .entry(259, SHORT, 1, &short(1))
        .entry(262, SHORT, 1, &short(1))
        .entry(277, SHORT, 1, &short(1))
        .entry(322, LONG, 1, &long(TILE))
        .entry(323, LONG, 1, &long(TILE))
        .entry(324, LONG, count, &longs(&mut (0..count).map(|tile| first_tile + tile * TILE * TILE)))
        .entry(325, LONG, count, &longs(&mut std::iter::repeat_n(TILE * TILE, count)))
        // ModelPixelScale, ModelTiepoint and GeoKeyDirectory: degrees on WGS 84.
        .entry(33550, DOUBLE, 3, &doubles(&[0.01, 0.01, 0.0]))
        .entry(33922, DOUBLE, 6, &doubles(&[0.0, 0.0, 0.0, -20.0, 40.0, 0.0]))
        .entry(34735, SHORT, 16, &shorts(&[1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326]))
        .finish()
}

/// The entries so far, and the values too long to stand in them.
struct Head {
    entries: Vec<u8>,
    values: Vec<u8>,
    values_at: usize,
    length: usize,
}

impl Head {
    fn new(entries: u16, values: usize) -> Self {
        let mut octets = b"II\x2a\0\x08\0\0\0".to_vec();
        octets.extend_from_slice(&entries.to_le_bytes());
        let values_at = octets.len() + 12 * usize::from(entries) + 4;
        Self { entries: octets, values: Vec::new(), values_at, length: values_at + values }
    }

    fn entry(mut self, tag: u16, kind: u16, count: usize, value: &[u8]) -> Self {
        self.entries.extend_from_slice(&tag.to_le_bytes());
        self.entries.extend_from_slice(&kind.to_le_bytes());
        self.entries.extend_from_slice(&u32::try_from(count).expect("a count is small").to_le_bytes());
        if value.len() <= 4 {
            let mut inline = [0; 4];
            inline[..value.len()].copy_from_slice(value);
            self.entries.extend_from_slice(&inline);
        } else {
            let at = u32::try_from(self.values_at + self.values.len()).expect("the head is small");
            self.entries.extend_from_slice(&at.to_le_bytes());
            self.values.extend_from_slice(value);
        }
        self
    }

    fn finish(mut self) -> Vec<u8> {
        // No further directory.
        self.entries.extend_from_slice(&[0; 4]);
        self.entries.append(&mut self.values);
        assert_eq!(self.entries.len(), self.length, "the head has the length that the tile offsets count on");
        self.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_across_tiles_is_taken_from_each() {
        let folder = tempfile::tempdir().expect("a folder");
        let raster = write(&folder.path().join("map.tif"), 2, 2);
        let window = raster.window(TILE - 1, TILE - 1, TILE + 1, TILE + 1);
        let corners = [
            raster.tiles[0][TILE * TILE - 1],
            raster.tiles[1][TILE * (TILE - 1)],
            raster.tiles[2][TILE - 1],
            raster.tiles[3][0],
        ];
        assert_eq!(window, corners);
    }
}

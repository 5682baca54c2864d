//! The fixed files of the pages: a name in, bytes with their type and hash out.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// A fixed file, embedded in the program.
#[derive(Debug)]
pub struct Asset {
    /// Its name below [`RESERVED`](super::RESERVED).
    pub name: &'static str,
    /// The value of Content-Type.
    pub content_type: &'static str,
    /// Its bytes.
    pub content: &'static [u8],
    /// Sixteen hex digits that change with the bytes: the opaque part of a strong entity tag, and the `?v=` of links to it.
    pub hash: String,
}

/// The Cache-Control of an asset asked for by its hash: under that address the bytes never change.
pub const IMMUTABLE: &str = "public, max-age=31536000, immutable";

static ASSETS: LazyLock<[Asset; 4]> = LazyLock::new(|| {
    [
        Asset::new("style.css", "text/css; charset=utf-8", include_bytes!("../../assets/style.css")),
        Asset::new("player.js", "text/javascript; charset=utf-8", include_bytes!("../../assets/player.js")),
        Asset::new("filemap.js", "text/javascript; charset=utf-8", include_bytes!("../../assets/filemap.js")),
        Asset::new("favicon.svg", "image/svg+xml", include_bytes!("../../assets/favicon.svg")),
    ]
});

impl Asset {
    fn new(name: &'static str, content_type: &'static str, content: &'static [u8]) -> Self {
        let hash = Sha256::digest(content).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { name, content_type, content, hash }
    }
}

/// Finds the asset of a name, `style.css` for one.
pub fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// Writes the link to an asset from a page whose way to the root is given.
pub(super) fn link(way_to_root: &str, name: &str) -> String {
    let version = asset(name).map_or("", |asset| asset.hash.as_str());
    format!("{way_to_root}{}/{name}?v={version}", super::RESERVED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_are_found_by_name_and_linked_by_hash() {
        let style = asset("style.css").expect("the style");
        assert_eq!(style.hash.len(), 16);
        assert_eq!(link("../", "style.css"), format!("../.swath/style.css?v={}", style.hash));
        assert!(asset("style.css/").is_none());
        assert!(asset("").is_none());
    }

    #[test]
    fn no_asset_reaches_for_another_host() {
        for asset in ASSETS.iter() {
            let text =
                std::str::from_utf8(asset.content).expect("text").replace("http://www.w3.org/2000/svg", "");
            for sign in ["http:", "https:", "@import", "eval(", "innerHTML"] {
                assert!(!text.contains(sign), "{} in {}", sign, asset.name);
            }
        }
    }
}

//! Journals as the machine writes them. In: lines. Out: the same with their checksums.

/// Chains lines as `byteranges::download::Journal` reads them.
pub(crate) struct Lines {
    chain: u32,
}

impl Lines {
    /// The head of a journal of a representation with this many octets, and what continues it.
    pub(crate) fn head(generation: u32, length: u64) -> (Self, Vec<u8>) {
        let mut lines = Self { chain: 0 };
        let head = lines.line(&format!("swath-journal-1 {generation} {length} \"v1\" 1700000000 weak-date"));
        (lines, head)
    }

    pub(crate) fn held(&mut self, first: u64, last: u64) -> Vec<u8> {
        self.line(&format!("held {first}-{last} 1 pinned"))
    }

    fn line(&mut self, text: &str) -> Vec<u8> {
        let mut hasher = crc32fast::Hasher::new_with_initial(self.chain);
        hasher.update(text.as_bytes());
        self.chain = hasher.finalize();
        format!("{text} {:08x}\n", self.chain).into_bytes()
    }
}

//! Files, as they grow out of elements.
//!
//! In: elements that begin and end, and text. Out: whole files, each held against the rules when it ends.

use super::*;

/// An element that means something here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Metalink,
    File,
    Size,
    Hash,
    Pieces,
    Url,
    Other,
}

impl Element {
    pub(super) fn of(name: &str) -> Self {
        match name {
            "file" => Self::File,
            "size" => Self::Size,
            "hash" => Self::Hash,
            "pieces" => Self::Pieces,
            "url" => Self::Url,
            _ => Self::Other,
        }
    }
}

/// Holds what was read so far.
#[derive(Debug, Default)]
pub(super) struct Building {
    open: Vec<Element>,
    ended: bool,
    files: Vec<File>,
    /// Names as they came, of which each has to be the only one.
    names: Vec<String>,
    file: Option<File>,
    /// Algorithm of the digests that follow; none where it is not known here.
    algorithm: Option<Algorithm>,
    /// Whether the pieces that follow are of use.
    pieces: Option<Pieces>,
    mirror: (u32, Option<String>),
    text: String,
}

impl Building {
    pub(super) const fn is_outside(&self) -> bool {
        self.open.is_empty()
    }

    pub(super) fn open(&mut self, element: Element, start: &BytesStart<'_>) -> Result<(), MetalinkError> {
        if self.open.len() >= DEPTH_MAX {
            return Err(MetalinkError::TooMuch("32 elements in each other"));
        }
        if self.ended {
            return Err(MetalinkError::Xml("something follows its end".to_owned()));
        }
        let parent = self.open.last().copied();
        // An element means something only where it belongs.
        let element = match (parent, element) {
            (None, Element::Metalink)
            | (Some(Element::Metalink), Element::File)
            | (Some(Element::File), Element::Size | Element::Hash | Element::Pieces | Element::Url)
            | (Some(Element::Pieces), Element::Hash) => element,
            _ => Element::Other,
        };
        self.text.clear();
        self.open.push(element);
        match element {
            Element::File => self.begin_file(attribute(start, "name")?.unwrap_or_default()),
            Element::Hash if parent == Some(Element::File) => {
                self.algorithm = algorithm(start)?;
                Ok(())
            }
            Element::Pieces => self.begin_pieces(start),
            Element::Url => {
                let priority = attribute(start, "priority")?.and_then(|text| link::priority(&text));
                let country = attribute(start, "location")?.filter(|text| link::is_country(text));
                self.mirror = (priority.unwrap_or(999_999), country.map(|text| text.to_ascii_lowercase()));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn begin_file(&mut self, name: String) -> Result<(), MetalinkError> {
        if self.files.len() >= FILES_MAX {
            return Err(MetalinkError::TooMuch("1,000 files"));
        }
        let bad =
            || MetalinkError::Name(name.chars().filter(|letter| !letter.is_control()).take(80).collect());
        let safe = name::safe(&name)
            .filter(|_| stays_below(&name) && !self.names.contains(&name))
            .ok_or_else(bad)?;
        self.names.push(name);
        self.file =
            Some(File { name: safe, size: None, digests: Vec::new(), pieces: None, mirrors: Vec::new() });
        Ok(())
    }

    fn begin_pieces(&mut self, start: &BytesStart<'_>) -> Result<(), MetalinkError> {
        self.algorithm = algorithm(start)?;
        let length = attribute(start, "length")?
            .and_then(|text| text.trim().parse().ok())
            .filter(|length| *length > 0);
        self.pieces = length.zip(self.algorithm).map(|(length, _)| Pieces { length, digests: Vec::new() });
        Ok(())
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), MetalinkError> {
        if !matches!(self.open.last(), Some(Element::Size | Element::Hash | Element::Url)) {
            return Ok(());
        }
        if self.text.len() + text.len() > TEXT_MAX {
            return Err(MetalinkError::TooMuch("8 KiB in one element"));
        }
        self.text.push_str(text);
        Ok(())
    }

    pub(super) fn close(&mut self) -> Result<(), MetalinkError> {
        let Some(element) = self.open.pop() else { return Ok(()) };
        self.ended = self.open.is_empty();
        let in_pieces = self.open.last() == Some(&Element::Pieces);
        match element {
            Element::Size => self.size(),
            Element::Hash if in_pieces => self.piece(),
            Element::Hash => {
                self.digest();
                Ok(())
            }
            Element::Pieces => {
                self.end_pieces();
                Ok(())
            }
            Element::Url => self.place(),
            Element::File => self.end_file(),
            Element::Metalink | Element::Other => Ok(()),
        }
    }

    fn contradiction(&self) -> MetalinkError {
        MetalinkError::Contradiction(self.file.as_ref().map(|file| file.name.clone()).unwrap_or_default())
    }

    fn size(&mut self) -> Result<(), MetalinkError> {
        let size = self.text.trim().parse().ok();
        match &mut self.file {
            Some(file) if size.is_some() && file.size.is_none_or(|known| Some(known) == size) => {
                file.size = size;
            }
            _ => return Err(self.contradiction()),
        }
        Ok(())
    }

    fn digest(&mut self) {
        let digest = self.algorithm.and_then(|algorithm| Digest::read(algorithm, self.text.trim()));
        if let (Some(file), Some(digest)) = (&mut self.file, digest) {
            file.digests.push(digest);
        }
    }

    fn piece(&mut self) -> Result<(), MetalinkError> {
        let Some(pieces) = &mut self.pieces else { return Ok(()) };
        if pieces.digests.len() >= PIECES_MAX {
            return Err(MetalinkError::TooMuch("250,000 pieces"));
        }
        match self.algorithm.and_then(|algorithm| Digest::read(algorithm, self.text.trim())) {
            Some(digest) => pieces.digests.push(digest),
            // One that is missing would shift all others.
            None => return Err(self.contradiction()),
        }
        Ok(())
    }

    /// Takes the pieces of the strongest algorithm; they may stand there for several.
    fn end_pieces(&mut self) {
        let Some(pieces) = self.pieces.take() else { return };
        let strength = |pieces: &Pieces| pieces.digests.first().map(Digest::algorithm);
        if let Some(file) = &mut self.file
            && file.pieces.as_ref().is_none_or(|known| strength(known) < strength(&pieces))
        {
            file.pieces = Some(pieces);
        }
    }

    fn place(&mut self) -> Result<(), MetalinkError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let Ok(url) = Url::parse(self.text.trim()) else { return Ok(()) };
        if !matches!(url.scheme(), "http" | "https") || file.mirrors.iter().any(|known| known.url == url) {
            return Ok(());
        }
        if file.mirrors.len() >= MIRRORS_MAX {
            return Err(MetalinkError::TooMuch("1,000 places of one file"));
        }
        let (priority, country) = std::mem::take(&mut self.mirror);
        file.mirrors.push(Mirror { url, priority, country });
        Ok(())
    }

    fn end_file(&mut self) -> Result<(), MetalinkError> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        if file.mirrors.is_empty() {
            return Err(MetalinkError::NoMirror(file.name));
        }
        file.mirrors.sort_by_key(|mirror| mirror.priority);
        file.digests.sort_by_key(|digest| std::cmp::Reverse(digest.algorithm()));
        let twice = file
            .digests
            .windows(2)
            .any(|pair| pair[0].algorithm() == pair[1].algorithm() && pair[0] != pair[1]);
        let covers = |pieces: &Pieces| {
            let count = u64::try_from(pieces.digests.len()).unwrap_or(u64::MAX);
            file.size.is_none_or(|size| size.div_ceil(pieces.length) == count)
        };
        if twice || file.pieces.as_ref().is_some_and(|pieces| !covers(pieces)) {
            return Err(MetalinkError::Contradiction(file.name));
        }
        file.digests.dedup();
        self.files.push(file);
        Ok(())
    }

    pub(super) fn end(self) -> Result<Vec<File>, MetalinkError> {
        match (self.ended, self.files.is_empty()) {
            (false, _) if self.open.is_empty() => Err(MetalinkError::Other),
            (false, _) => Err(MetalinkError::Xml("it ends early".to_owned())),
            (true, true) => Err(MetalinkError::Other),
            (true, false) => Ok(self.files),
        }
    }
}

/// Whether a name, which may have directories, leads nowhere but down.
fn stays_below(name: &str) -> bool {
    let absolute = name.starts_with('/') || name.contains('\\') || name.contains('\0');
    !absolute && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn algorithm(start: &BytesStart<'_>) -> Result<Option<Algorithm>, MetalinkError> {
    Ok(attribute(start, "type")?.and_then(|text| Algorithm::from_name(&text)))
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, MetalinkError> {
    let bad = |text: String| MetalinkError::Xml(text);
    let found = start.try_get_attribute(name).map_err(|error| bad(error.to_string()))?;
    let Some(found) = found else { return Ok(None) };
    let value =
        found.normalized_value(quick_xml::XmlVersion::Implicit1_0).map_err(|error| bad(error.to_string()))?;
    if value.len() > TEXT_MAX {
        return Err(MetalinkError::TooMuch("8 KiB in one attribute"));
    }
    Ok(Some(value.into_owned()))
}

//! Captions that lie beside a film: names in, tracks out.

/// What a track is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackKind {
    /// Text for what is said.
    Subtitles,
    /// Text for what is said and heard.
    Captions,
    /// Names of parts of the film.
    Chapters,
}

/// One track offered by the player.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// The name of its file, in the film's directory.
    pub name: Vec<u8>,
    /// What it is for.
    pub kind: TrackKind,
    /// Its language tag, `en` or `pt-BR`, where the name tells one.
    pub language: Option<String>,
    /// What the player's menu calls it.
    pub label: String,
}

/// How many tracks a player offers at most: a menu longer than this helps nobody, and each is a request.
const TRACKS_MAX: usize = 32;

/// Finds the captions of a film among the names beside it: `clip.vtt`, `clip.en.vtt`, `clip.pt-BR.forced.vtt` belong to `clip.mp4`.
pub fn captions_beside<'a>(film: &[u8], names: impl IntoIterator<Item = &'a [u8]>) -> Vec<Track> {
    let stem = film.iter().rposition(|byte| *byte == b'.').map_or(film, |dot| &film[..dot]);
    let mut tracks: Vec<Track> = names
        .into_iter()
        .filter_map(|name| Track::read(name, name.strip_prefix(stem)?.strip_suffix(b".vtt")?))
        .collect();
    tracks.sort_by(|a, b| a.name.cmp(&b.name));
    tracks.truncate(TRACKS_MAX);
    tracks
}

impl Track {
    /// Reads what stands between the film's stem and `.vtt`: nothing, or words after dots.
    fn read(name: &[u8], between: &[u8]) -> Option<Self> {
        let between = std::str::from_utf8(between).ok()?;
        if !between.is_empty() && !between.starts_with('.') {
            return None;
        }
        let mut track =
            Self { name: name.to_owned(), kind: TrackKind::Subtitles, language: None, label: String::new() };
        let mut words = Vec::new();
        for word in between.split('.').filter(|word| !word.is_empty()) {
            match word.to_ascii_lowercase().as_str() {
                "chapters" => track.kind = TrackKind::Chapters,
                "captions" | "cc" | "sdh" => track.kind = TrackKind::Captions,
                _ if track.language.is_none() && is_language(word) => {
                    words.insert(0, language_name(word).to_owned());
                    track.language = Some(word.to_owned());
                }
                _ => words.push(super::name::shown(word.as_bytes())),
            }
        }
        let kind = match track.kind {
            TrackKind::Subtitles if words.is_empty() => "Subtitles",
            TrackKind::Subtitles => "",
            TrackKind::Captions => "captions",
            TrackKind::Chapters => "chapters",
        };
        words.extend((!kind.is_empty()).then(|| kind.to_owned()));
        track.label = words.join(", ");
        Some(track)
    }
}

/// Tells words that have the form of a language tag (RFC 5646): two or three letters, then subtags of two to eight.
fn is_language(word: &str) -> bool {
    let mut subtags = word.split('-');
    let letters = |tag: &str| tag.bytes().all(|byte| byte.is_ascii_alphabetic());
    let first = subtags.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && letters(first)
        && subtags
            .all(|tag| (2..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// The languages that films are most often captioned in, by their own names; others are called by their tags.
fn language_name(tag: &str) -> &str {
    match tag.to_ascii_lowercase().as_str() {
        "ar" => "العربية",
        "cs" => "Čeština",
        "da" => "Dansk",
        "de" => "Deutsch",
        "el" => "Ελληνικά",
        "en" => "English",
        "es" => "Español",
        "fa" => "فارسی",
        "fi" => "Suomi",
        "fr" => "Français",
        "he" => "עברית",
        "hi" => "हिन्दी",
        "hu" => "Magyar",
        "it" => "Italiano",
        "ja" => "日本語",
        "ko" => "한국어",
        "nb" | "no" => "Norsk",
        "nl" => "Nederlands",
        "pl" => "Polski",
        "pt" => "Português",
        "pt-br" => "Português (Brasil)",
        "ro" => "Română",
        "ru" => "Русский",
        "sv" => "Svenska",
        "tr" => "Türkçe",
        "uk" => "Українська",
        "vi" => "Tiếng Việt",
        "zh" => "中文",
        _ => tag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(film: &str, names: &[&str]) -> Vec<(String, Option<String>, String)> {
        captions_beside(film.as_bytes(), names.iter().map(|name| name.as_bytes()))
            .into_iter()
            .map(|track| (String::from_utf8(track.name).unwrap(), track.language, track.label))
            .collect()
    }

    #[test]
    fn captions_are_known_by_the_name_of_their_film() {
        let row = |name: &str, language: Option<&str>, label: &str| {
            (name.to_owned(), language.map(str::to_owned), label.to_owned())
        };
        let names =
            ["clip.vtt", "clip.en.vtt", "clip.pt-BR.forced.vtt", "clip.en.sdh.vtt", "clip.mp4", "clip2.vtt"];
        assert_eq!(
            found("clip.mp4", &names),
            [
                row("clip.en.sdh.vtt", Some("en"), "English, captions"),
                row("clip.en.vtt", Some("en"), "English"),
                row("clip.pt-BR.forced.vtt", Some("pt-BR"), "Português (Brasil), forced"),
                row("clip.vtt", None, "Subtitles"),
            ]
        );
        assert_eq!(
            found("clip.mp4", &["clip.commentary.vtt"]),
            [row("clip.commentary.vtt", None, "commentary")]
        );
        assert_eq!(found("clip.mp4", &["clip.chapters.vtt"]), [row("clip.chapters.vtt", None, "chapters")]);
        assert_eq!(
            found("noextension", &["noextension.xx.vtt"]),
            [row("noextension.xx.vtt", Some("xx"), "xx")]
        );
    }

    #[test]
    fn the_menu_has_an_end() {
        let names: Vec<String> = (0..100).map(|number| format!("clip.v{number}.vtt")).collect();
        assert_eq!(captions_beside(b"clip.mp4", names.iter().map(|name| name.as_bytes())).len(), TRACKS_MAX);
    }
}

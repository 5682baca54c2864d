//! What of a name can stay.
//!
//! In: any text. Out: a name that leads nowhere else, that a terminal shows as it is, and that every file system takes.

use crate::disk;

/// The most octets of a name: every file system takes 255, and an unfinished file needs some of them.
pub const NAME_MAX: usize = disk::NAME_MAX;

/// The longest extension that is kept when a name is cut, with its dot.
const EXTENSION_MAX: usize = 24;

/// What Windows takes for a device whatever stands behind the first dot, and so do its file systems elsewhere.
const DEVICES: [&str; 7] = ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"];

/// Makes a name safe; none where nothing of it can stay.
///
/// Only what follows the last separator of any system counts. What is invisible, or turns the order of what is read, is
/// dropped; what is no part of a name somewhere becomes `_`, and so does what makes a name hidden, an option of a
/// command, a home directory, or a device.
///
/// ```
/// use swath_fetch::name::safe;
/// assert_eq!(safe("../../etc/passwd").as_deref(), Some("passwd"));
/// assert_eq!(safe("nul.txt").as_deref(), Some("_nul.txt"));
/// assert_eq!(safe(".."), None);
/// ```
// R-6266/4.3-2, R-6266/4.3-4
pub fn safe(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = last.chars().filter(|letter| !is_invisible(*letter)).map(plain).collect();
    let name = trim(&shown);
    if name.is_empty() {
        return None;
    }
    let mut name = name.to_owned();
    if is_device(&name) {
        name.insert(0, '_');
    } else if name.starts_with(['.', '-', '~']) {
        name.replace_range(..1, "_");
    }
    Some(cut(&name)).filter(|name| !name.is_empty())
}

/// Drops white space around, and dots behind: Windows does so when it opens a file, and then it is another one.
fn trim(name: &str) -> &str {
    name.trim().trim_end_matches(|letter: char| letter == '.' || letter.is_whitespace())
}

fn plain(letter: char) -> char {
    match letter {
        '<' | '>' | ':' | '"' | '|' | '?' | '*' | '/' | '\\' | char::REPLACEMENT_CHARACTER => '_',
        letter if letter.is_control() => '_',
        letter => letter,
    }
}

/// What has no shape of its own: marks of direction and their like, with which `exe.gpj` is shown as `jpg.exe`. The two
/// joiners stay, since scripts need them.
const fn is_invisible(letter: char) -> bool {
    matches!(
        letter as u32,
        0xad | 0x61c | 0x180e | 0x200b | 0x200e | 0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff
            | 0xfff9..=0xfffb | 0xe0000..=0xe007f
    )
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let port = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    let is_number = |rest: &str| {
        let mut letters = rest.chars();
        letters.next().is_some_and(|one| one.is_ascii_digit() || matches!(one, '¹' | '²' | '³'))
            && letters.next().is_none()
    };
    DEVICES.contains(&stem.as_str()) || port.is_some_and(is_number)
}

/// Cuts what is too long, between letters, before the extension.
fn cut(name: &str) -> String {
    if name.len() <= NAME_MAX {
        return name.to_owned();
    }
    let dot = name.rfind('.').filter(|dot| name.len() - dot <= EXTENSION_MAX);
    let (stem, extension) = name.split_at(dot.unwrap_or(name.len()));
    let mut end = NAME_MAX - extension.len();
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    trim(&format!("{}{extension}", &stem[..end])).to_owned()
}

/// Whether a name keeps every promise of [`safe`]; for tests, in words of their own.
#[cfg(test)]
pub(super) fn is_safe(name: &str) -> bool {
    let one_file = std::path::Path::new(name).components().count() == 1 && !name.contains(['/', '\\', '\0']);
    let shown =
        name.chars().all(|letter| !letter.is_control() && !('\u{202a}'..='\u{202e}').contains(&letter));
    let starts = name.starts_with(['.', '-', '~', ' ']);
    let ends = name.ends_with(['.', ' ']);
    let stem = name.split('.').next().unwrap_or_default().to_uppercase();
    let device = ["CON", "PRN", "AUX", "NUL", "COM1", "LPT9"].contains(&stem.as_str());
    one_file && shown && !starts && !ends && !device && (1..=NAME_MAX).contains(&name.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // R-6266/4.3-2, R-6266/4.3-4
    #[test]
    fn hostile_names() {
        for (name, due) in [
            ("a.iso", "a.iso"),
            ("naïve café €.txt", "naïve café €.txt"),
            ("../../etc/passwd", "passwd"),
            ("/etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("C:\\Windows\\win.ini", "win.ini"),
            ("C:evil", "C_evil"),
            ("a/b\\c/d.txt", "d.txt"),
            ("stream.txt:hidden", "stream.txt_hidden"),
            (".bashrc", "_bashrc"),
            ("..hidden", "_.hidden"),
            ("-rf", "_rf"),
            ("--output=x", "_-output=x"),
            ("~", "_"),
            ("~root", "_root"),
            ("|sh", "_sh"),
            ("a\nb\u{1b}[2J\u{7f}\u{9b}c", "a_b_[2J__c"),
            ("a\0b", "a_b"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("a\u{200b}b\u{feff}c\u{ad}d", "abcd"),
            ("\u{feff}.ssh", "_ssh"),
            ("\u{200f}-x", "_x"),
            (" \t a.txt \t ", "_ a.txt _"),
            ("a.txt . . ", "a.txt"),
            ("a.txt\u{3000}", "a.txt"),
            ("con", "_con"),
            ("CON.txt", "_CON.txt"),
            ("nul .tar.gz", "_nul .tar.gz"),
            ("CoM1", "_CoM1"),
            ("com¹.x", "_com¹.x"),
            ("LPT9.log", "_LPT9.log"),
            ("CONIN$", "_CONIN$"),
            ("com10", "com10"),
            ("console.txt", "console.txt"),
            ("<a>?*\"b", "_a____b"),
            ("a\u{fffd}b", "a_b"),
        ] {
            let name_is = safe(name);
            assert_eq!(name_is.as_deref(), Some(due), "{name:?}");
            assert!(is_safe(due), "{due:?}");
        }
        for nothing in ["", ".", "..", "...", " ", "/", "a/", "a/..", "\\", "\u{202e}", "a\\.", ". ."] {
            assert_eq!(safe(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let long = safe(&format!("{}.tar.zst", "é".repeat(300))).unwrap();
        assert!(long.ends_with("é.tar.zst") || long.ends_with("é.zst"), "{long}");
        assert!(long.len() <= NAME_MAX && long.len() > NAME_MAX - 4);
        let no_extension = safe(&format!("a.{}", "b".repeat(300))).unwrap();
        assert_eq!(no_extension.len(), NAME_MAX);
    }

    proptest! {
        #[test]
        fn any_text_becomes_one_file_or_nothing(name in "\\PC{0,300}", raw in any::<Vec<char>>()) {
            for text in [name, raw.into_iter().collect()] {
                if let Some(name) = safe(&text) {
                    prop_assert!(is_safe(&name), "{name:?}");
                    prop_assert_eq!(safe(&name), Some(name.clone()), "safe once is safe");
                }
            }
        }
    }
}

//! The programs that are put to the trial, each with the options that its users would give it.
//!
//! In: a URL, a file to write. Out: a command. Eight connections where a program can have several.

use std::path::Path;
use std::process::Command;

/// A download program.
#[derive(Clone, Debug)]
pub struct Program {
    /// What it is called in the table.
    pub name: &'static str,
    /// The file to execute.
    pub path: String,
    /// Its words for a new download: `{url}`, `{file}`, `{folder}` and `{name}` stand for what they say.
    pub fetch: &'static [&'static str],
    /// Its words for going on with one.
    pub resume: &'static [&'static str],
    /// How it is asked for its version.
    pub version: &'static [&'static str],
}

/// The programs beside which swath stands, as Debian packages them.
#[must_use]
pub fn peers() -> Vec<Program> {
    let peer = |name, path: &str, fetch, resume| Program {
        name,
        path: path.into(),
        fetch,
        resume,
        version: &["--version"],
    };
    vec![
        peer(
            "curl",
            "curl",
            &["-q", "-fsSL", "--retry", "5", "-o", "{file}", "{url}"],
            &["-q", "-fsSL", "--retry", "5", "-C", "-", "-o", "{file}", "{url}"],
        ),
        peer(
            "wget",
            "wget",
            &["-q", "--no-config", "-O", "{file}", "{url}"],
            &["-q", "--no-config", "-c", "-O", "{file}", "{url}"],
        ),
        peer(
            "wget2",
            "wget2",
            &["-q", "--no-config", "--chunk-size=1M", "--max-threads=8", "-O", "{file}", "{url}"],
            &["-q", "--no-config", "--chunk-size=1M", "--max-threads=8", "-c", "-O", "{file}", "{url}"],
        ),
        peer(
            "aria2",
            "aria2c",
            &[
                "-q",
                "--no-conf",
                "-x8",
                "-s8",
                "-k1M",
                "--file-allocation=none",
                "-d",
                "{folder}",
                "-o",
                "{name}",
                "{url}",
            ],
            &[
                "-q",
                "--no-conf",
                "-x8",
                "-s8",
                "-k1M",
                "--file-allocation=none",
                "-c",
                "-d",
                "{folder}",
                "-o",
                "{name}",
                "{url}",
            ],
        ),
        peer(
            "axel",
            "axel",
            &["-q", "-n8", "-o", "{file}", "{url}"],
            &["-q", "-n8", "-o", "{file}", "{url}"],
        ),
        peer(
            "lftp",
            "lftp",
            &["-c", "set net:max-retries 5; set net:reconnect-interval-base 1; pget -n 8 {url} -o {file}"],
            &[
                "-c",
                "set net:max-retries 5; set net:reconnect-interval-base 1; set pget:save-status 1s; pget -c -n 8 {url} -o {file}",
            ],
        ),
    ]
}

/// swath itself.
#[must_use]
pub fn swath(path: &Path) -> Program {
    let words: &[&str] = &["get", "-c", "8", "-o", "{file}", "{url}"];
    Program {
        name: "swath",
        path: path.display().to_string(),
        fetch: words,
        resume: words,
        version: &["--version"],
    }
}

impl Program {
    /// The command that fetches `url` into `file`, with words of `fetch` or `resume`.
    ///
    /// # Panics
    /// If the path has no folder or name.
    #[must_use]
    pub fn command(&self, words: &[&str], url: &str, file: &Path) -> Command {
        let folder = file.parent().expect("a file lies in a folder");
        let name = file.file_name().expect("a file has a name").to_string_lossy();
        let mut command = Command::new(&self.path);
        for word in words {
            let word = word.replace("{url}", url).replace("{file}", &file.to_string_lossy());
            command.arg(word.replace("{folder}", &folder.to_string_lossy()).replace("{name}", &name));
        }
        // What its user configured, and a proxy in the environment, would be somebody else's behaviour.
        for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env_remove(name);
        }
        command
            .env("HOME", folder)
            .env("XDG_CONFIG_HOME", folder)
            .env("XDG_CACHE_HOME", folder)
            .current_dir(folder);
        command
    }

    /// Asks it for its version; nothing when it cannot be started.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        let output = Command::new(&self.path).args(self.version).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let number = |word: &&str| word.contains('.') && word.starts_with(|c: char| c.is_ascii_digit());
        text.split([' ', '\n', ',', '(', ')', '|']).find(number).map(str::to_owned)
    }
}

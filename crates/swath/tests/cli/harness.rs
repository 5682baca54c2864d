//! Runs the built binary in an empty directory with an empty environment, and shows all of what it did.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// One run to be: arguments, variables, files.
pub(crate) struct Swath {
    directory: tempfile::TempDir,
    shown: String,
    variables: Vec<(String, String)>,
}

impl Swath {
    /// An empty directory and no variables.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        Self { directory, shown: String::new(), variables: Vec::new() }
    }

    /// Where it runs.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.shown, "{name}={value} ");
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Puts a file into the directory.
    pub(crate) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.path().join(name), content).expect("a file");
        self
    }

    /// The command, not yet started.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(args).env_clear().current_dir(self.path()).stdin(Stdio::null());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs it to its end.
    pub(crate) fn output(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the binary runs")
    }

    /// Runs it and shows command, exit code, standard output and standard error together.
    pub(crate) fn show(&self, args: &[&str]) -> String {
        let output = self.output(args);
        let words: Vec<String> = args.iter().map(|arg| shell_word(arg)).collect();
        let mut shown = format!("$ {}swath {}\n", self.shown, words.join(" "));
        let _ = writeln!(shown, "exit code {}", output.status.code().expect("it was not killed"));
        for (name, octets) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            if !octets.is_empty() {
                // Snapshots keep no spaces at line ends: editors take them away.
                let text = String::from_utf8_lossy(octets);
                let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
                let _ = write!(shown, "--- {name}\n{}\n", lines.join("\n"));
            }
        }
        shown
    }
}

/// The binary under test.
pub(crate) fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_swath"))
}

fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=/.:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

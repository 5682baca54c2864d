//! The test's own large clip, made by ffmpeg once: a moving test pattern under noise, so that it does not compress.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use crate::place;

/// How long the clip is, in seconds.
pub const SECONDS: u32 = 240;
/// The least it may weigh: less, and an engine would hold all of it before anybody seeks.
pub const LEAST_BYTES: u64 = 150_000_000;

/// Where the index (the `moov` box) of an MP4 file lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    /// Before the media data: playable from the first bytes on.
    Front,
    /// After it, as encoders leave it: a player must ask for the tail first.
    End,
}

impl Index {
    /// Gives the name of the clip with this index.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Front => "front.mp4",
            Self::End => "end.mp4",
        }
    }
}

/// Gives the folder that holds both clips and `watch.html`, a page with nothing but one of them; makes it first.
///
/// Both come from one encode, so their pictures are the same and only the order of their boxes differs. What was made by an earlier run
/// is used again.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = place::work("clips-1");
        if !is_whole(&folder) {
            encode(&folder.join(Index::End.file_name()));
            move_index(&folder.join(Index::End.file_name()), &folder.join(Index::Front.file_name()));
            assert!(
                is_whole(&folder),
                "ffmpeg made clips of less than {LEAST_BYTES} bytes in {}",
                folder.display()
            );
        }
        fs::write(folder.join("watch.html"), WATCH).expect("the clips' folder can be written to");
        folder
    })
}

/// Gives the length of the clip with this index, in bytes.
pub fn length(index: Index) -> u64 {
    let path = folder().join(index.file_name());
    fs::metadata(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).len()
}

/// A page that shows the media its query names, and leaves everything else to the engine.
pub const WATCH: &str = "<!doctype html><meta charset=utf-8><title>watch</title><link rel=icon href='data:,'>
<video controls muted preload=auto style='width:100%'></video>
<script>document.querySelector('video').src = decodeURIComponent(location.search.slice(1));</script>
";

/// Gives a film of 40 seconds as a recorder writes it: in fragments, so that what is there can be played before it is complete.
pub fn recording() -> &'static Path {
    static FILM: OnceLock<PathBuf> = OnceLock::new();
    FILM.get_or_init(|| {
        let film = folder().join("recording.mp4");
        if !film.exists() {
            let mut command = ffmpeg();
            command.arg("-i").arg(folder().join(Index::End.file_name())).args(["-t", "40", "-c", "copy"]);
            command.args([
                "-fflags",
                "+bitexact",
                "-movflags",
                "+frag_keyframe+empty_moov+default_base_moof",
            ]);
            run(&mut command, &film);
        }
        film
    })
}

fn is_whole(folder: &Path) -> bool {
    [Index::Front, Index::End].iter().all(|index| {
        fs::metadata(folder.join(index.file_name())).is_ok_and(|facts| facts.len() >= LEAST_BYTES)
    })
}

fn encode(to: &Path) {
    let seconds = SECONDS.to_string();
    let mut command = ffmpeg();
    command.args(["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25"]);
    command.args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", &seconds]);
    // Noise of a fixed seed, and settings that write no dates or versions: the same ffmpeg makes the same file again.
    command.args([
        "-vf",
        "noise=alls=60:allf=t:all_seed=8206",
        "-fflags",
        "+bitexact",
        "-flags",
        "+bitexact",
    ]);
    command.args([
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-threads",
        "2",
        "-pix_fmt",
        "yuv420p",
        "-g",
        "50",
    ]);
    command.args(["-b:v", "6500k", "-c:a", "aac", "-b:a", "96k"]);
    run(&mut command, to);
}

fn move_index(from: &Path, to: &Path) {
    let mut command = ffmpeg();
    command.arg("-i").arg(from).args(["-c", "copy", "-fflags", "+bitexact", "-movflags", "+faststart"]);
    run(&mut command, to);
}

fn ffmpeg() -> Command {
    let mut command = Command::new(place::program("ffmpeg"));
    command.args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"]);
    command
}

/// Runs ffmpeg into a neighbour of `to` and renames it, so that an interrupted run leaves no clip that looks whole.
fn run(command: &mut Command, to: &Path) {
    let unfinished = to.with_extension("unfinished.mp4");
    let output = command.arg(&unfinished).stdin(Stdio::null()).output().expect("ffmpeg can be started");
    assert!(output.status.success(), "ffmpeg failed: {}", String::from_utf8_lossy(&output.stderr));
    fs::rename(&unfinished, to).unwrap_or_else(|error| panic!("cannot rename to {}: {error}", to.display()));
}

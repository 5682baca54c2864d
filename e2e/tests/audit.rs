//! `swath audit` against real servers, in the configuration that their packages come with: their known faults are
//! found, and what they are known to do right is not held against them.
//!
//! Each claim was checked by hand once; docs/audit.md says how to repeat an audit.

use std::{
    collections::BTreeMap,
    fs::{self, File, FileTimes},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant, SystemTime},
};

use serde_json::Value;
use swath_e2e::{
    place,
    process::{LOOK_EVERY, Started, free_port},
    swath::binary,
};

/// The longest wait for a server to take connections.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest an audit of a server on this machine may take.
const QUICK: Duration = Duration::from_secs(5);

/// A server over one old file of 200,000 octets.
struct Server {
    started: Started,
    url: String,
}

impl Server {
    fn start(name: &str, command: impl FnOnce(&Path, &Path, u16) -> Command) -> Self {
        let folder = place::work("audit").join(name);
        drop(fs::remove_dir_all(&folder));
        let root = folder.join("root");
        fs::create_dir_all(&root).expect("a folder");
        let clip = root.join("clip.mp4");
        let octets: Vec<u8> = (0..200_000_u32).map(|at| u8::try_from(at % 251).unwrap_or(0)).collect();
        fs::write(&clip, octets).expect("a file");
        let day = SystemTime::now() - Duration::from_secs(86_400);
        File::options()
            .write(true)
            .open(&clip)
            .and_then(|file| file.set_times(FileTimes::new().set_modified(day)))
            .expect("a date");
        let port = free_port();
        let mut command = command(&folder, &root, port);
        let mut started = Started::spawn(&mut command, name, &place::logs(&format!("audit-{name}")));
        let deadline = Instant::now() + PATIENCE;
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.ended().is_none() && Instant::now() < deadline, "{}", started.describe());
            std::thread::sleep(LOOK_EVERY);
        }
        Self { started, url: format!("http://127.0.0.1:{port}/clip.mp4") }
    }

    /// Verdicts by check.
    fn audited(&self) -> BTreeMap<String, String> {
        let began = Instant::now();
        let output =
            Command::new(binary()).args(["audit", "--format", "json", &self.url]).output().expect("it runs");
        let took = began.elapsed();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{said}\n{}", self.started.describe());
        assert!(took < QUICK, "{took:?}");
        let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let results = document["results"].as_array().expect("results").iter();
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        results.map(|result| (text(&result["id"]), text(&result["verdict"]))).collect()
    }
}

/// Holds verdicts to what is known: checks that fail, checks that only warn or note, checks that pass.
fn known(server: &Server, fail: &[&str], warn: &[&str], pass: &[&str]) {
    let verdicts = server.audited();
    let mut wrong = Vec::new();
    for (ids, due) in [(fail, &["fail"][..]), (warn, &["warn", "note"]), (pass, &["pass"])] {
        for id in ids {
            if !due.contains(&verdicts[*id].as_str()) {
                wrong.push(format!("{id}: {} where {due:?} is known", verdicts[*id]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}\n{verdicts:#?}", server.url, wrong.join("\n"));
}

/// What every one of these servers does right.
const RIGHT: [&str; 14] = [
    "range-served",
    "last-octet",
    "clamped",
    "suffix",
    "suffix-longer",
    "partial-octets",
    "partial-length",
    "complete-length-true",
    "if-range-other",
    "if-range-own",
    "if-range-weak",
    "if-none-match-own",
    "host",
    "content-range-elsewhere",
];

fn config(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("config");
    fs::write(&path, text).expect("a file");
    path
}

#[test]
fn nginx() {
    let server = Server::start("nginx", |folder, root, port| {
        let (folder_, root) = (folder.display(), root.display());
        // As root it would give up the rights to read the folder; as anybody else it passes over `user`.
        let path = config(
            folder,
            &format!(
                "user root; daemon off; pid {folder_}/pid; error_log {folder_}/errors; worker_processes 1;\n\
                 events {{}}\n\
                 http {{ access_log off; types {{ video/mp4 mp4; }}\n\
                 client_body_temp_path {folder_}/a; proxy_temp_path {folder_}/b; fastcgi_temp_path {folder_}/c;\n\
                 uwsgi_temp_path {folder_}/d; scgi_temp_path {folder_}/e;\n\
                 server {{ listen 127.0.0.1:{port}; root {root}; }} }}\n"
            ),
        );
        let mut command = Command::new(place::program("nginx"));
        command.arg("-c").arg(path).arg("-e").arg(folder.join("errors"));
        command
    });
    let fail = ["head-range", "tag-before-earlier", "tag-before-unmodified", "clamped-huge", "empty-members"];
    known(&server, &fail, &["reversed"], &RIGHT);
}

#[test]
fn lighttpd() {
    let server = Server::start("lighttpd", |folder, root, port| {
        let text = format!(
            "server.document-root = \"{}\"\nserver.bind = \"127.0.0.1\"\nserver.port = {port}\n\
             mimetype.assign = ( \".mp4\" => \"video/mp4\" )\n",
            root.display()
        );
        let path = config(folder, &text);
        let mut command = Command::new(place::program("lighttpd"));
        command.arg("-D").arg("-f").arg(path);
        command
    });
    let pass = [&RIGHT[..], &["head-range", "multipart", "unit-unknown"]].concat();
    known(&server, &["if-match-other", "if-unmodified-since"], &["unsatisfied-length"], &pass);
}

#[test]
fn apache() {
    let server = Server::start("apache2", |folder, root, port| {
        let modules = "/usr/lib/apache2/modules";
        let path = config(
            folder,
            &format!(
                "ServerRoot {0}\nServerName localhost\nListen 127.0.0.1:{port}\nPidFile {0}/pid\nErrorLog {0}/errors\n\
                 LoadModule mpm_event_module {modules}/mod_mpm_event.so\n\
                 LoadModule authz_core_module {modules}/mod_authz_core.so\n\
                 LoadModule mime_module {modules}/mod_mime.so\nTypesConfig {0}/types\nDocumentRoot {1}\n",
                folder.display(),
                root.display(),
            ),
        );
        fs::write(folder.join("types"), "video/mp4 mp4\n").expect("a file");
        let mut command = Command::new(place::program("apache2"));
        command.arg("-X").arg("-f").arg(path);
        command
    });
    let fail = ["head-range", "tag-before-unmodified", "not-modified-if-range", "if-none-match-weak-range"];
    let pass = [&RIGHT[..], &["multipart", "multipart-order", "unit-unknown", "if-match-other"]].concat();
    known(&server, &fail, &["unsatisfied-length"], &pass);
}

#[test]
fn caddy() {
    let server = Server::start("caddy", |folder, root, port| {
        let mut command = Command::new(place::program("caddy"));
        command.args(["file-server", "--listen", &format!("127.0.0.1:{port}"), "--root"]).arg(root);
        command.env("HOME", folder).env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME");
        command
    });
    let fail = ["head-range", "suffix-zero", "unit-unknown", "unit-case", "clamped-huge"];
    let pass = [&RIGHT[..], &["multipart", "tag-before-earlier", "if-match-other"]].concat();
    known(&server, &fail, &["unsatisfied-length"], &pass);
}

#[test]
fn python() {
    let server = Server::start("python3", |_, root, port| {
        let mut command = Command::new(place::program("python3"));
        command
            .args(["-m", "http.server", "--bind", "127.0.0.1", &port.to_string(), "--directory"])
            .arg(root);
        command
    });
    let fail = ["if-match-other", "if-unmodified-since", "host", "space-before-colon"];
    known(
        &server,
        &fail,
        &["accept", "etag"],
        &["head-length", "modified", "if-modified-since", "missing-range"],
    );
}

//! The three browser engines and what each must be told to be tested: quiet, fresh, allowed to play.

use std::{
    ffi::OsStr,
    fmt, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Map, Value, json};

use crate::place;

/// A browser engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Blink and Chromium's own media stack.
    Chromium,
    /// Gecko.
    Firefox,
    /// WebKit on GTK, whose media stack is GStreamer; Safari's is another.
    WebKitGtk,
}

/// All of them, in the order of the tables in docs/browsers.md.
pub const ENGINES: [Engine; 3] = [Engine::Chromium, Engine::Firefox, Engine::WebKitGtk];

impl fmt::Display for Engine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
            Self::WebKitGtk => "WebKitGTK",
        })
    }
}

impl Engine {
    /// Gives the name its files and logs go by.
    pub fn key(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::WebKitGtk => "webkitgtk",
        }
    }

    /// Says whether it needs an X display; the other two draw into memory.
    pub fn needs_display(self) -> bool {
        self == Self::WebKitGtk
    }

    /// Gives the command of its WebDriver server, listening on `port` of the loopback.
    pub fn driver(self, port: u16) -> Command {
        let (name, arguments): (_, &[&str]) = match self {
            Self::Chromium => ("chromedriver", &[]),
            // Its console messages are read in the browser's own context, see `Browser::complaints`.
            Self::Firefox => ("geckodriver", &["--allow-system-access", "--host=127.0.0.1"]),
            Self::WebKitGtk => ("WebKitWebDriver", &["--host=127.0.0.1"]),
        };
        let mut command = Command::new(place::program(name));
        command.arg(format!("--port={port}")).args(arguments);
        command
    }

    /// Gives the capabilities of a new session; `profile` is an empty folder that is its alone.
    pub fn capabilities(self, profile: &Path) -> Map<String, Value> {
        let capabilities = match self {
            Self::Chromium => chromium(profile),
            Self::Firefox => firefox(),
            Self::WebKitGtk => webkitgtk(profile),
        };
        let Value::Object(capabilities) = capabilities else { unreachable!("each is written as an object") };
        capabilities
    }
}

fn chromium(profile: &Path) -> Value {
    let data = format!("--user-data-dir={}", profile.join("chromium").display());
    json!({
        "browserName": "chrome",
        "goog:loggingPrefs": { "browser": "ALL" },
        "goog:chromeOptions": {
            "binary": place::program("chromium"),
            "args": [
                "--headless=new", "--disable-gpu", "--window-size=1280,900", data,
                // The tests also run as root, in containers: no sandbox of its own, no /dev/shm to speak of.
                "--no-sandbox", "--disable-dev-shm-usage",
                "--autoplay-policy=no-user-gesture-required",
                "--disable-quic", "--no-first-run", "--no-default-browser-check", "--disable-sync",
                "--disable-background-networking", "--disable-component-update", "--disable-extensions",
            ],
        },
    })
}

fn firefox() -> Value {
    json!({
        "browserName": "firefox",
        "moz:firefoxOptions": {
            "binary": place::program("firefox-esr"),
            "args": ["-headless", "--width=1280", "--height=900"],
            "prefs": {
                "media.autoplay.default": 0,
                "media.autoplay.blocking_policy": 0,
                // A busy machine is no endless script; one that has no end leaves a command without answer, which is noticed.
                "dom.max_script_run_time": 0,
                // Nothing leaves the machine: no updates, reports, studies, portal checks or speculative connections.
                "app.update.disabledForTesting": true,
                "browser.safebrowsing.downloads.remote.enabled": false,
                "browser.safebrowsing.malware.enabled": false,
                "browser.safebrowsing.phishing.enabled": false,
                "browser.search.update": false,
                "datareporting.policy.dataSubmissionEnabled": false,
                "datareporting.healthreport.uploadEnabled": false,
                "extensions.update.enabled": false,
                "media.gmp-manager.updateEnabled": false,
                "media.gmp-provider.enabled": false,
                "network.captive-portal-service.enabled": false,
                "network.connectivity-service.enabled": false,
                "network.dns.disablePrefetch": true,
                "network.prefetch-next": false,
                "toolkit.telemetry.enabled": false,
            },
        },
    })
}

fn webkitgtk(profile: &Path) -> Value {
    json!({
        "browserName": "MiniBrowser",
        "webkitgtk:browserOptions": {
            "binary": mini_browser_with_log(profile),
            "args": ["--automation", "--enable-write-console-messages-to-stdout=true"],
        },
    })
}

/// Gives where the session of `profile` leaves its console messages: WebKitGTK has no command that asks for them.
pub fn console_log(profile: &Path) -> PathBuf {
    profile.join("console.log")
}

/// Writes a script that starts MiniBrowser with its output in a file: its driver would throw the output away.
fn mini_browser_with_log(profile: &Path) -> PathBuf {
    let script = profile.join("minibrowser");
    let program = mini_browser();
    let log = console_log(profile);
    let text = format!("#!/bin/sh\nexec '{}' \"$@\" >>'{}' 2>&1\n", program.display(), log.display());
    fs::write(&script, text).expect("the profile's folder can be written to");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("our own file's mode can be set");
    script
}

/// Finds MiniBrowser, which Debian keeps among the libraries: `/usr/lib/ARCHITECTURE/webkit2gtk-4.1/MiniBrowser`.
fn mini_browser() -> PathBuf {
    ["/usr/lib", "/usr/libexec"]
        .iter()
        .find_map(|folder| place::find_below(Path::new(folder), OsStr::new("MiniBrowser"), 2))
        .expect("`MiniBrowser` is not installed; run e2e/setup.sh, which installs webkit2gtk-driver")
}

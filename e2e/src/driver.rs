//! One browser under WebDriver: its driver, its display, its profile, its session.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource, KeyAction, KeyActions},
    error::CmdError,
    key::Key,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    display::Display,
    engine::{Engine, console_log},
    process::{LOOK_EVERY, Started, free_port},
    turn::give_up_on_the_engine,
};

/// How long a driver may take to answer that it is ready.
const READY: Duration = Duration::from_secs(60);
/// How long a browser may take to start, and any command to be answered.
const COMMAND: Duration = Duration::from_secs(60);

/// More stops of the Tab key than any page here has.
const STOPS: usize = 80;

/// A running browser with one session.
#[derive(Debug)]
pub struct Browser {
    /// The session; commands the harness has no name for go through it.
    pub client: Client,
    /// Which engine it is.
    pub engine: Engine,
    // Dropped in this order: the driver and the browser, then what they live on.
    driver: Started,
    _display: Option<Display>,
    pub(crate) profile: TempDir,
    logs: PathBuf,
}

impl Browser {
    /// Starts `engine` with a fresh profile; logs go to `logs`.
    pub async fn open(engine: Engine, logs: &Path) -> Self {
        let profile = tempfile::tempdir().expect("the temporary folder can be written to");
        let display = engine.needs_display().then(|| Display::open(logs));
        let (driver, port) = start_driver(engine, display.as_ref(), profile.path(), logs);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(engine.capabilities(profile.path()));
        let address = format!("http://127.0.0.1:{port}");
        let client = match tokio::time::timeout(COMMAND, builder.connect(&address)).await {
            Ok(Ok(client)) => client,
            // Nothing was asked of swath yet: whatever the driver says of a browser that did not start, it is as good as nothing.
            Ok(Err(error)) => {
                give_up_on_the_engine(&format!("{engine} did not start: {error}\n{}", driver.describe()))
            }
            Err(_) => give_up_on_the_engine(&format!(
                "{engine} did not start within {COMMAND:?}\n{}",
                driver.describe()
            )),
        };
        Self { client, engine, driver, _display: display, profile, logs: logs.to_path_buf() }
    }

    /// Gives the engine's name and version as the browser gives them.
    pub fn version(&self) -> String {
        let answer = self.client.session_creation_response();
        let version = answer.and_then(|answer| answer.capabilities()?.get("browserVersion")?.as_str());
        format!("{} {}", self.engine, version.unwrap_or("of unknown version"))
    }

    /// Goes to `url` and waits until its page has loaded.
    pub async fn goto(&self, url: &str) {
        self.within(&format!("going to {url}"), self.client.goto(url)).await;
    }

    /// Runs `script` in the page, as the body of a function, and gives what it returns.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.within("a script", self.client.execute(script, arguments)).await
    }

    /// Runs `script` until it returns something that JavaScript holds for true, at most `patience`; gives that.
    ///
    /// A script that fails has not returned yet: pages are left while it runs.
    ///
    /// # Panics
    /// When it does not, with what it returned last, or why it failed.
    pub async fn run_until(&self, what: &str, patience: Duration, script: &str) -> Value {
        let deadline = Instant::now() + patience;
        loop {
            let last = match self.answer("a script", self.client.execute(script, Vec::new())).await {
                Ok(value) if is_true(&value) => return value,
                last => last,
            };
            assert!(Instant::now() < deadline, "{}: waited {patience:?} for {what}: {last:?}", self.engine);
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Saves what the page looks like as `e2e/.work/screenshots/ENGINE-NAME.png`, for people.
    pub async fn keep_screenshot(&self, name: &str) {
        let picture = self.within("a screenshot", self.client.screenshot()).await;
        let path = crate::place::work("screenshots").join(format!("{}-{name}.png", self.engine.key()));
        std::fs::write(&path, picture).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Clicks the first element that `css` selects.
    pub async fn click(&self, css: &str) {
        let what = format!("clicking on {css}");
        let element = self.within(&what, self.client.find(Locator::Css(css))).await;
        self.within(&what, element.click()).await;
    }

    /// Presses and releases keys one after another, as on a keyboard: what has the focus hears of them.
    pub async fn press(&self, keys: &str) {
        let none = KeyActions::new("keyboard".to_owned());
        let keys = keys
            .chars()
            .fold(none, |keys, value| keys.then(KeyAction::Down { value }).then(KeyAction::Up { value }));
        self.within("pressing keys", self.client.perform_actions(keys)).await;
    }

    /// Presses Tab until the element that `css` selects has the focus.
    ///
    /// # Panics
    /// When so many of them do not lead there that it cannot be reached.
    pub async fn tab_to(&self, css: &str) {
        let reached = format!("return document.activeElement.matches(`{css}`);");
        for _ in 0..STOPS {
            self.press(&Key::Tab.to_string()).await;
            if self.run(&reached, Vec::new()).await == Value::Bool(true) {
                return;
            }
        }
        panic!("{}: the Tab key does not lead to {css}", self.engine);
    }

    /// Ends the session as a user closes a window, then the driver.
    pub async fn close(self) {
        self.within("closing the session", self.client.clone().close()).await;
        let console = console_log(self.profile.path());
        if console.exists() {
            drop(std::fs::copy(&console, self.logs.join("console.log")));
        }
    }

    /// Awaits a command that has to succeed.
    ///
    /// # Panics
    /// When the driver says that it failed; and when it says nothing, which [`crate::turn::take_turn`] tells from a failure.
    pub async fn within<T>(&self, what: &str, command: impl Future<Output = Result<T, CmdError>>) -> T {
        self.answer(what, command).await.unwrap_or_else(|error| {
            panic!("{}: {what} failed: {error}\n{}", self.engine, self.driver.describe())
        })
    }

    /// Awaits what the driver says to a command, for a bounded time.
    async fn answer<T>(
        &self,
        what: &str,
        command: impl Future<Output = Result<T, CmdError>>,
    ) -> Result<T, CmdError> {
        let silence = match tokio::time::timeout(COMMAND, command).await {
            Ok(Err(error @ (CmdError::Failed(_) | CmdError::FailedC(_) | CmdError::Lost(_)))) => {
                format!("the driver went away: {error}")
            }
            Ok(answer) => return answer,
            Err(_) => format!("no answer from the driver in {COMMAND:?}"),
        };
        let (driver, stand) = (self.driver.describe(), self.driver.stand());
        give_up_on_the_engine(&format!("{}: {what}: {silence}\n{driver}\n{stand}", self.engine));
    }
}

/// Says whether JavaScript holds a value for true.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

/// Starts the driver on a free port, again with another if it lost the race for it.
fn start_driver(engine: Engine, display: Option<&Display>, home: &Path, logs: &Path) -> (Started, u16) {
    for attempt in 1..=3 {
        let port = free_port();
        let mut command = engine.driver(port);
        surround(&mut command, display, home);
        let mut driver = Started::spawn(&mut command, &format!("driver-{attempt}"), logs);
        if answers(&mut driver, port) {
            return (driver, port);
        }
    }
    panic!("{engine}'s driver did not get ready in three attempts; its logs are in {}", logs.display());
}

/// Sets what browsers find around them: a home of their own, one display or none, no session bus, no GPU.
fn surround(command: &mut Command, display: Option<&Display>, home: &Path) {
    command.env("HOME", home);
    for name in
        ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "DBUS_SESSION_BUS_ADDRESS", "WAYLAND_DISPLAY"]
    {
        command.env_remove(name);
    }
    let runtime = home.join("runtime");
    std::fs::create_dir_all(&runtime).expect("the profile's folder can be written to");
    command.env("XDG_RUNTIME_DIR", runtime);
    command.env("NO_AT_BRIDGE", "1").env("GIO_USE_VFS", "local").env("GSETTINGS_BACKEND", "memory");
    command.env("LIBGL_ALWAYS_SOFTWARE", "1").env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
    match display {
        Some(display) => command.env("DISPLAY", display.name()),
        None => command.env_remove("DISPLAY"),
    };
}

/// Waits until the driver accepts connections on `port`; false when it ended instead.
fn answers(driver: &mut Started, port: u16) -> bool {
    let deadline = Instant::now() + READY;
    while Instant::now() < deadline {
        if driver.ended().is_some() {
            return false;
        }
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    panic!("a driver did not get ready within {READY:?}: {}", driver.describe());
}

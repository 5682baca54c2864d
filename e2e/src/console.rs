//! What a browser complains of: errors and warnings of its console, violations of the page's policy among them.
//!
//! WebDriver has no command for it, so each engine is asked in its own way. The same access sets what people prefer, dark or light.

use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};

use crate::{
    driver::Browser,
    engine::{Engine, console_log},
};

impl Browser {
    /// Gives the errors and warnings that pages have caused in the console so far.
    ///
    /// Chromium tells each once: what was given is forgotten.
    pub async fn complaints(&self) -> Vec<String> {
        match self.engine {
            Engine::Chromium => self.chromium_complaints().await,
            Engine::Firefox => self.firefox_complaints().await,
            Engine::WebKitGtk => self.webkit_complaints(),
        }
    }

    async fn chromium_complaints(&self) -> Vec<String> {
        let entries = self.extension("se/log", json!({ "type": "browser" })).await;
        let entries = entries.as_array().cloned().unwrap_or_default();
        let bad =
            entries.iter().filter(|entry| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING")));
        bad.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    async fn firefox_complaints(&self) -> Vec<String> {
        // Of pages only: the browser's own code complains to the same service.
        let script = "return Services.console.getMessageArray()
            .filter(message => message instanceof Ci.nsIScriptError && /^https?:/.test(message.sourceName))
            .map(message => `${message.category}: ${message.errorMessage} (${message.sourceName})`);";
        let entries = self.firefox_privileged(script).await;
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Runs a script in the browser's own context instead of the page's.
    async fn firefox_privileged(&self, script: &str) -> Value {
        self.extension("moz/context", json!({ "context": "chrome" })).await;
        let value = self.run(script, Vec::new()).await;
        self.extension("moz/context", json!({ "context": "content" })).await;
        value
    }

    fn webkit_complaints(&self) -> Vec<String> {
        let text = std::fs::read_to_string(console_log(self.profile.path())).unwrap_or_default();
        let bad = |line: &&str| {
            line.starts_with("CONSOLE") && (line.contains(" ERROR ") || line.contains(" WARN "))
        };
        text.lines().filter(bad).map(str::to_owned).collect()
    }

    /// Makes the pages believe that their reader prefers dark colours, or light ones.
    ///
    /// # Panics
    /// For WebKitGTK, which takes that from the desktop's theme at its start.
    pub async fn prefer(&self, scheme: &str) {
        match self.engine {
            Engine::Chromium => {
                let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
                let command =
                    json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": [feature] } });
                self.extension("goog/cdp/execute", command).await;
            }
            Engine::Firefox => {
                let value = u8::from(scheme == "light");
                let name = "layout.css.prefers-color-scheme.content-override";
                self.firefox_privileged(&format!("Services.prefs.setIntPref('{name}', {value});")).await;
            }
            Engine::WebKitGtk => panic!("WebKitGTK cannot be told to prefer {scheme} colours"),
        }
    }

    /// Draws the page as on a screen of this size, narrower than the engine's windows get; nothing for others than Chromium.
    pub async fn narrow_to(&self, width: u32, height: u32) {
        if self.engine == Engine::Chromium {
            let params = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
            let command = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": params });
            self.extension("goog/cdp/execute", command).await;
        }
    }

    async fn extension(&self, path: &'static str, content: Value) -> Value {
        self.within(path, self.client.issue_cmd(Extension { path, content })).await
    }
}

/// A command of one browser's own, posted below its session.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    content: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.content.to_string()))
    }
}

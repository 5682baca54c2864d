//! What a test does with a page's first `<video>`: play, seek, wait, look.

use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::{
    driver::Browser,
    process::LOOK_EVERY,
    stand::{STUCK, Stand},
    turn::give_up_on_the_engine,
};

/// How long a seek or a start may take: software decoding on two busy cores, a paced connection.
pub const PATIENCE: Duration = Duration::from_secs(45);

/// How long a seek that may never arrive is watched.
pub const TRIAL: Duration = Duration::from_secs(6);

/// How far from the place that was asked for an element may begin to play, in seconds.
const ASTRAY: f64 = 5.0;

/// What the element said of itself at one moment.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// The position, in seconds.
    pub current_time: f64,
    /// The length in seconds, once known.
    pub duration: Option<f64>,
    /// Whether it is paused.
    pub paused: bool,
    /// Whether it is looking for a position.
    pub seeking: bool,
    /// Whether it has reached the end.
    pub ended: bool,
    /// How much it has: 0 nothing to 4 enough.
    pub ready_state: u8,
    /// Its error, code and text.
    pub error: Option<String>,
    /// Why play() was refused.
    pub refused: Option<String>,
    /// The times it holds.
    pub buffered: Vec<(f64, f64)>,
}

const LOOK: &str = "const video = document.querySelector('video');
    if (!video) return null;
    const buffered = [];
    for (let i = 0; i < video.buffered.length; i++) buffered.push([video.buffered.start(i), video.buffered.end(i)]);
    return { currentTime: video.currentTime, duration: isFinite(video.duration) ? video.duration : null,
             paused: video.paused, seeking: video.seeking, ended: video.ended, readyState: video.readyState,
             error: video.error && `${video.error.code} ${video.error.message}`,
             refused: window.swathRefused || null, buffered };";

const PLAY: &str = "const video = document.querySelector('video');
    video.muted = true;
    video.play().catch(error => { window.swathRefused = String(error); });";

/// The page's first `<video>`.
#[derive(Debug)]
pub struct Video<'a> {
    browser: &'a Browser,
}

impl<'a> Video<'a> {
    /// Takes the video of the page that `browser` shows.
    pub fn of(browser: &'a Browser) -> Self {
        Self { browser }
    }

    /// Looks at it.
    pub async fn state(&self) -> State {
        let value = self.browser.run(LOOK, Vec::new()).await;
        assert!(!value.is_null(), "{}: the page has no <video>", self.browser.engine);
        serde_json::from_value(value).expect("the script returns what State has")
    }

    /// Looks until `done`, at most `patience`.
    ///
    /// # Panics
    /// When that does not come, or when the element reports an error; and when it stands still though it holds what it needs, which
    /// [`crate::turn::take_turn`] tells from a failure.
    pub async fn wait(&self, what: &str, patience: Duration, done: impl Fn(&State) -> bool) -> State {
        let deadline = Instant::now() + patience;
        let mut stand = Stand::default();
        loop {
            let state = self.state().await;
            let engine = self.browser.engine;
            assert!(state.error.is_none(), "{engine}: the video failed while waiting for {what}: {state:?}");
            if done(&state) {
                return state;
            }
            let now = Instant::now();
            let stood = stand.look(&state, now);
            if stood >= STUCK {
                give_up_on_the_engine(&format!(
                    "{engine}: the picture has stood still for {stood:?}, with all there that it needs, while we waited for {what}: {state:?}"
                ));
            }
            assert!(now < deadline, "{engine}: waited {patience:?} for {what}: {state:?}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Plays, muted, until the position has gone on by a second.
    pub async fn play(&self) -> State {
        let before = self.wait("its length", PATIENCE, |state| state.duration.is_some()).await.current_time;
        self.browser.run(PLAY, Vec::new()).await;
        self.wait("the picture to move", PATIENCE, |state| state.current_time >= before + 1.0).await
    }

    /// Plays, muted, until the picture has moved; the length need not be known.
    pub async fn start(&self) -> State {
        self.browser.run(PLAY, Vec::new()).await;
        self.wait("the picture to move", PATIENCE, |state| state.current_time > 0.0).await
    }

    /// Asks for the picture to move and looks for [`TRIAL`]; gives what the element says then.
    pub async fn try_to_play(&self) -> State {
        self.browser.run(PLAY, Vec::new()).await;
        tokio::time::sleep(TRIAL).await;
        self.state().await
    }

    /// Pauses.
    pub async fn pause(&self) {
        self.browser.run("document.querySelector('video').pause();", Vec::new()).await;
    }

    /// Lets go of the media, so that leaving the page does not cut it off in the midst: Firefox would complain.
    pub async fn let_go(&self) {
        let script =
            "const video = document.querySelector('video'); video.removeAttribute('src'); video.load();";
        self.browser.run(script, Vec::new()).await;
    }

    /// Asks for `position`, in seconds.
    async fn ask_for(&self, position: f64) {
        self.browser
            .run("document.querySelector('video').currentTime = arguments[0];", vec![position.into()])
            .await;
    }

    /// Goes to `position` (seconds) and plays on there for a second.
    pub async fn seek(&self, position: f64) -> State {
        self.seek_until(position, |_| false).await
    }

    /// Goes to `position` (seconds) and plays on there for a second, unless it is `settled` in another way.
    pub async fn seek_until(&self, position: f64, settled: impl Fn(&State) -> bool) -> State {
        let asked = Instant::now();
        self.ask_for(position).await;
        self.wait(&format!("{position:.1} s"), PATIENCE, |state| {
            // Who is further than the clock has arrived elsewhere, and not played on from there.
            let most = position + asked.elapsed().as_secs_f64() + ASTRAY;
            settled(state) || !state.seeking && (position + 1.0..most).contains(&state.current_time)
        })
        .await
    }

    /// Asks for `position` and looks until `settled`, or for [`TRIAL`]; gives what the element says then.
    pub async fn try_to_seek(&self, position: f64, settled: impl Fn(&State) -> bool) -> State {
        self.ask_for(position).await;
        let deadline = Instant::now() + TRIAL;
        loop {
            let state = self.state().await;
            if settled(&state) || Instant::now() >= deadline {
                return state;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Goes to shortly before the end and plays until it is reached.
    pub async fn reach_the_end(&self) -> State {
        let duration = self.state().await.duration.expect("the length is known by now");
        self.ask_for(duration - 2.0).await;
        self.wait("the end", PATIENCE, |state| state.ended).await
    }
}

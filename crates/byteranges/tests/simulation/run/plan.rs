//! What a seed decides beforehand: the settings, and what the world does by itself.
//!
//! In: random numbers. Out: settings, and occurrences in time.

use super::*;

pub(super) fn draw_settings(random: &mut Random, traits: &Traits) -> Settings {
    let count = random.pick(&[1, 1, 2, 3]);
    let named = random.chance(50);
    let path =
        |path| PathSettings { source: u16::from(path == 2), budget: None, one_at_a_time: path == 2 && named };
    let paths = (0..count).map(path).collect();
    let strong = traits.tags == Tags::Strong;
    Settings {
        paths,
        lanes: if random.chance(50) {
            Lanes::Fixed(random.between(1, 5) as usize)
        } else {
            Lanes::Auto(random.between(1, 6) as usize)
        },
        assurance: match random.below(10) {
            0 if !strong => Assurance::LengthOnly,
            0..4 => Assurance::Overlap,
            _ => Assurance::Compared,
        },
        on_change: match random.below(10) {
            0 => OnChange::Fail,
            1 => OnChange::KeepBoth,
            _ => OnChange::Restart,
        },
        max_segment: if random.chance(20) {
            std::num::NonZeroU64::new(random.between(300, 3000))
        } else {
            None
        },
        window: if random.chance(15) { std::num::NonZeroU64::new(random.between(500, 4000)) } else { None },
        min_segment: random.between(100, 800),
        overlap: 64,
        lead: 128,
        sync_octets: random.between(500, 4000),
        sync_interval: Duration::from_millis(random.between(50, 800)),
        hedge_permille: random.pick(&[0, 50, 200]),
        retries: 6,
        backoff_max: Duration::from_secs(5),
        verify: random.chance(10),
        ..Settings::default()
    }
}

/// A mirror has the same file under the same tag; or under tags of its own, perhaps with octets that differ; or another.
pub(super) fn draw_mirror(first: &Server, length: u64, random: &mut Random) -> Server {
    let kind = random.below(4);
    if kind == 0 {
        return first.clone();
    }
    let traits = Traits::draw(random);
    if kind == 1 {
        return Server::new(traits, length, 1, random);
    }
    let mut mirror = Server { traits, mirror: 2, ..first.clone() };
    if kind == 3 {
        let content = &mut mirror.versions[0].content;
        let from = random.below(length + 1) as usize;
        content[from..].iter_mut().for_each(|octet| *octet ^= 0x77);
    }
    mirror
}

impl World {
    /// Decides beforehand what the world does by itself.
    pub(super) fn plan(&mut self) {
        self.at(Duration::ZERO, Occurrence::Start);
        let moment = |random: &mut Random| Duration::from_millis(random.between(10, CALM.as_millis() as u64));
        let early = |random: &mut Random| Duration::from_millis(random.between(10, 4000));
        for _ in 0..self.random.pick(&[0, 0, 1, 1, 2, 4]) {
            let when = early(&mut self.random);
            self.at(when, Occurrence::Replace);
        }
        for _ in 0..self.random.pick(&[0, 0, 1, 2, 5]) {
            let when = early(&mut self.random);
            let power = self.random.chance(50);
            self.at(when, Occurrence::Kill { power });
        }
        if self.random.chance(20) {
            let when = early(&mut self.random);
            self.at(when, Occurrence::Tell(Event::Interrupted));
        }
        for path in 0..self.links.len() {
            if self.random.chance(20) {
                let (down, up) = (early(&mut self.random), moment(&mut self.random));
                self.at(down, Occurrence::Path { path, up: false });
                self.at(down + up, Occurrence::Path { path, up: true });
            }
            self.at(CALM, Occurrence::Path { path, up: true });
        }
    }
}

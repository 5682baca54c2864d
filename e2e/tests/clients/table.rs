//! Every row of the tables in spec/ that a live server can be asked, through curl, over each transport.
//!
//! One server per way of serving: the fixtures that are served without ranges or without entity tags, and those whose
//! entity tag has to be weak, need arguments or a clock of their own.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use swath_e2e::clients::curl::{Answer, curl};
use swath_e2e::clients::program;
use swath_e2e::swath::Swath;
use swath_spec::{Fixture, Observed, Own, Row, Transport, Verdict, disk, judge, rows};

/// Longer than a tag is weak after a change (20 ms).
const TAG_SETTLES: Duration = Duration::from_millis(100);

/// Longer than a date is weak after a change (2.5 s).
const DATE_SETTLES: Duration = Duration::from_millis(2600);

/// How long a date is surely weak after a change, and how often a file is changed until it was asked for within that time.
const YOUNG: (Duration, usize) = (Duration::from_millis(2400), 10);

/// How far behind a server's clock is where every tag has to be weak.
const BEHIND: Duration = Duration::from_secs(3600);

/// How a fixture has to be served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// As the command line does without arguments.
    Plain,
    /// Without ranges.
    WithoutRanges,
    /// Without entity tags.
    WithoutTags,
    /// By a clock that is behind, so that every change lies in its future and every tag is weak.
    Young,
}

impl Way {
    const ALL: [Self; 4] = [Self::Plain, Self::WithoutRanges, Self::WithoutTags, Self::Young];

    fn of(row: &Row) -> Self {
        match row.fixture {
            Fixture::Dyn => Self::WithoutRanges,
            Fixture::FDate => Self::WithoutTags,
            Fixture::FWeak => Self::Young,
            // A tag is weak for some milliseconds only, too few for two runs of curl.
            Fixture::FNew if row.id == "young-tag" => Self::Young,
            _ => Self::Plain,
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Plain | Self::Young => &["--precompressed"],
            Self::WithoutRanges => &["--no-ranges"],
            Self::WithoutTags => &["--etag", "none"],
        }
    }
}

#[test]
fn every_row_over_http_1_1() {
    every_row(Transport::H1, &[], &["--http1.1"], "HTTP/1.1");
}

#[test]
fn every_row_over_http_2_in_plain_text() {
    every_row(Transport::H2, &[], &["--http2-prior-knowledge"], "HTTP/2");
}

#[test]
fn every_row_over_http_1_1_under_tls() {
    every_row(Transport::Tls, &["--tls-self-signed"], &["-k", "--http1.1"], "HTTP/1.1");
}

#[test]
fn every_row_over_http_2_under_tls() {
    every_row(Transport::Tls, &["--tls-self-signed"], &["-k", "--http2"], "HTTP/2");
}

fn every_row(transport: Transport, serve: &[&str], ask: &[&str], version: &str) {
    let root = tempfile::tempdir().expect("a root");
    disk::lay_out(root.path()).expect("the fixtures are laid out");
    // The files were dated long ago, but changed just now: their dates are strong a little later.
    std::thread::sleep(DATE_SETTLES);
    let rows: Vec<Row> = rows().expect("the tables are read");
    let rows: Vec<&Row> = rows.iter().filter(|row| row.transports.contains(transport)).collect();
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for way in Way::ALL {
        let launch = Swath::of(root.path()).args(serve).args(way.arguments());
        let behind = clock_behind();
        let launch =
            if way == Way::Young { launch.through(&behind.each_ref().map(String::as_str)) } else { launch };
        let client = Client { server: launch.start(), way, ask, version };
        let mut plain = HashMap::new();
        let mut exchanges = 0;
        for row in rows.iter().filter(|row| Way::of(row) == way) {
            asked += 1;
            let said = if row.fixture == Fixture::FNew {
                client.judge_while_young(row, root.path(), &mut exchanges)
            } else {
                exchanges += 1;
                let own = plain.entry(row.fixture.name()).or_insert_with(|| {
                    exchanges += 1;
                    client.own(row.fixture)
                });
                client.judge(row, own)
            };
            if let Err(why) = said {
                wrong.push(format!("{} ({:?}): {why}", row.id, row.method));
            }
        }
        assert_eq!(client.server.stop().len(), exchanges, "{way:?}: one record for each exchange");
    }
    assert_eq!(asked, rows.len(), "each row once");
    assert!(asked > 200, "{asked} rows");
    assert!(wrong.is_empty(), "{} of {asked} rows over {ask:?}:\n{}", wrong.len(), wrong.join("\n"));
}

/// The words that start a program with a clock that is [`BEHIND`].
///
/// `faketime` itself stays between the test and the program, and would take the signals meant for it; it tells which library it preloads.
fn clock_behind() -> [String; 4] {
    let library = program::run("faketime", ["-f", "-1h", "printenv", "LD_PRELOAD"]).text();
    let settings = [
        "env".to_owned(),
        format!("FAKETIME=-{}s", BEHIND.as_secs()),
        "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
    ];
    let [env, offset, monotonic] = settings;
    [env, format!("LD_PRELOAD={}", library.trim()), offset, monotonic]
}

struct Client<'a> {
    server: Swath,
    way: Way,
    ask: &'a [&'a str],
    version: &'a str,
}

impl Client<'_> {
    /// What the server says about a fixture without conditions: its validators and its clock.
    fn own(&self, fixture: Fixture) -> Own {
        let mut words = vec![OsString::from("-I")];
        if let Some(coding) = fixture.coding() {
            words.extend(["-H".into(), OsString::from(format!("Accept-Encoding: {coding}"))]);
        }
        let clock = SystemTime::now() - if self.way == Way::Young { BEHIND } else { Duration::ZERO };
        let now = clock.duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs();
        let plain = self.exchange(fixture, words);
        Own::from_plain(in_octets(&plain), i64::try_from(now).expect("a clock before the year 292277026596"))
    }

    /// Judges an answer about the young fixture, still young by its date, and old enough for a tag that stays as it is.
    ///
    /// On a machine that does other things it may grow old before it is asked for; then it is written anew.
    fn judge_while_young(&self, row: &Row, root: &Path, exchanges: &mut usize) -> Result<(), String> {
        for _ in 0..YOUNG.1 {
            let written = Instant::now();
            disk::touch_new(root).expect("the young fixture is written");
            std::thread::sleep(TAG_SETTLES);
            let own = self.own(row.fixture);
            let said = self.judge(row, &own);
            *exchanges += 2;
            if written.elapsed() < YOUNG.0 {
                return said;
            }
        }
        Err(format!("not asked within {:?}, {} times", YOUNG.0, YOUNG.1))
    }

    fn judge(&self, row: &Row, own: &Own) -> Result<(), String> {
        let mut words: Vec<OsString> = match row.method {
            // -X HEAD alone would have curl wait for content.
            "HEAD" => vec!["-I".into()],
            // A wrong 200 of the largest fixture must not fill the disk.
            method => ["--max-filesize", "1000000", "-X", method].map(OsString::from).into(),
        };
        for (name, value) in row.request(own)? {
            let field = [name.as_bytes(), b": ", &value].concat();
            // curl takes "Name:" for an order to leave the field out, and "Name;" for an empty one.
            let field = if value.is_empty() { [name.as_bytes(), b";"].concat() } else { field };
            words.extend(["-H".into(), OsStr::from_bytes(&field).to_owned()]);
        }
        let answer = self.exchange(row.fixture, words);
        if answer.code != 0 || answer.version != self.version {
            return Err(format!("curl: {} {:?} {}", answer.code, answer.version, answer.complaint));
        }
        let fields = in_octets(&answer);
        let mut seen = Observed::new(answer.status, fields, answer.content);
        if row.method == "HEAD" {
            // With -I curl writes the head where the content would stand.
            seen = Observed::new(seen.status, seen.fields, Vec::new());
        }
        match judge(row, own, &seen) {
            Verdict::Ours => Ok(()),
            Verdict::Conforming(why) => Err(format!("conforming, but not ours: {why}")),
            Verdict::Wrong(why) => Err(why),
        }
    }

    fn exchange(&self, fixture: Fixture, words: Vec<OsString>) -> Answer {
        let ask = self.ask.iter().map(OsString::from);
        curl(ask.chain(words).chain([OsString::from(self.server.url(fixture.target()))]))
    }
}

fn in_octets(answer: &Answer) -> Vec<(String, Vec<u8>)> {
    answer.fields.iter().map(|(name, value)| (name.clone(), value.as_bytes().to_vec())).collect()
}

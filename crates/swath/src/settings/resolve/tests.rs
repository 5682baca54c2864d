//! What was typed means what it should, and what is wrong is told.

use swath_serve::{
    lens::Trust,
    limits::Limits,
    listen::{DEFAULT_ADDRESS, ListenAddress},
    log::Format,
};

use super::{
    super::{
        TlsSettings,
        layers::{self, Layer},
        setting::Setting,
    },
    records::INSPECT_ADDRESS,
    *,
};

fn layers(typed: &[(&'static Setting, &str)]) -> Layers {
    let mut layer = Layer::default();
    for (setting, value) in typed {
        layer.put(setting, vec![value.into()], layers::Origin::Flag(setting.flag()));
    }
    Layers(vec![layer])
}

fn complaints(typed: &[(&'static Setting, &str)]) -> Vec<String> {
    resolve(&layers(typed)).expect_err("complaints")
}

#[test]
fn the_defaults_of_the_table_mean_the_defaults_of_the_library() {
    let settings = resolve(&layers(&[])).expect("defaults are fine");
    assert_eq!(settings.answers.policy, Policy::default());
    assert_eq!(settings.root, PathBuf::from("."));
    assert_eq!(settings.limits, Limits::default());
    assert_eq!(settings.listen.addresses, [ListenAddress::from(DEFAULT_ADDRESS)]);
    assert!(!settings.listen.given && settings.files.index && !settings.files.hidden);
    assert_eq!(settings.records.log, Format::Text);
    assert!(settings.records.metrics.is_none() && settings.answers.cors.is_empty());
}

#[test]
fn every_setting_with_a_meaning_of_its_own_complains_about_nonsense() {
    // Paths take anything, and so does a field value.
    let free = ["root", "tls-cert", "tls-key", "config", "cache-control", "inspect-record"];
    for setting in table::ALL.iter().filter(|setting| !free.contains(&setting.key)) {
        let complaints = complaints(&[(setting, "\u{1}nonsense")]);
        assert_eq!(complaints.len(), 1, "{}: {complaints:?}", setting.key);
        assert!(complaints[0].starts_with(&format!("{}: ", setting.flag())), "{complaints:?}");
    }
}

#[test]
fn a_url_as_root_is_a_lens_and_says_nothing_of_files() {
    let url = [(&table::ROOT, "https://origin.example/media")];
    let lens = resolve(&layers(&url)).expect("resolves").lens.expect("a lens");
    assert_eq!(lens.origin.to_string(), "https://origin.example/media/");
    assert_eq!((lens.trust, lens.patience.as_secs()), (Trust::System, 30));
    for more in [
        (&table::HIDDEN, "true"),
        (&table::NO_RANGES, "true"),
        (&table::DEMO, "true"),
        (&table::ORIGIN_TIMEOUT, "soon"),
    ] {
        assert_eq!(complaints(&[url[0], more]).len(), 1, "{more:?}");
    }
    let both = [url[0], (&table::ORIGIN_CACERT, "ca.pem"), (&table::ORIGIN_INSECURE, "true")];
    assert_eq!(complaints(&both).len(), 1);
    assert_eq!(complaints(&[(&table::ROOT, "http://origin.example/?query")]).len(), 1);
    for (setting, value) in
        [(&table::ORIGIN_CACERT, "ca.pem"), (&table::ORIGIN_INSECURE, "true"), (&table::ORIGIN_TIMEOUT, "1s")]
    {
        assert_eq!(complaints(&[(setting, value)]).len(), 1, "{}", setting.key);
    }
    let mut weaker = layers(&url);
    let mut file = Layer::default();
    file.put(&table::HIDDEN, vec!["true".into()], layers::Origin::Variable("SWATH_HIDDEN".to_owned()));
    weaker.0.push(file);
    assert!(resolve(&weaker).is_ok(), "a weaker place may speak of files");
}

#[test]
fn an_inspector_listens_on_loopback_only() {
    let inspect =
        |value| resolve(&layers(&[(&table::INSPECT, value)])).map(|settings| settings.records.inspect);
    assert_eq!(inspect("off"), Ok(None));
    assert_eq!(inspect("on"), Ok(Some(INSPECT_ADDRESS)));
    for fine in ["127.0.0.1:0", "127.1.2.3:80", "[::1]:8207"] {
        assert_eq!(inspect(fine), Ok(Some(fine.parse().expect("an address"))));
    }
    for public in ["0.0.0.0:8207", "[::]:8207", "192.0.2.1:8207"] {
        assert!(inspect(public).expect_err("public")[0].contains("ssh -L 8207:127.0.0.1:8207"), "{public}");
    }
}

#[test]
fn off_turns_off_what_a_weaker_layer_turned_on() {
    let mut strong = layers(&[(&table::MAX_OPEN_RANGE, "off")]);
    strong.0.extend(layers(&[(&table::MAX_OPEN_RANGE, "4MiB")]).0);
    assert_eq!(resolve(&strong).expect("resolves").answers.policy.max_open_range, None);
}

#[test]
fn a_certificate_comes_with_its_key_and_alone() {
    let cases: [&[(&'static Setting, &str)]; 4] = [
        &[(&table::TLS_CERT, "c.pem")],
        &[(&table::TLS_KEY, "k.pem")],
        &[(&table::TLS_CERT, "c.pem"), (&table::TLS_KEY, "k.pem"), (&table::TLS_SELF_SIGNED, "true")],
        &[(&table::LISTEN, "https://127.0.0.1:0")],
    ];
    for typed in cases {
        assert_eq!(complaints(typed).len(), 1, "{typed:?}");
    }
    let pair = [(&table::TLS_CERT, "c.pem"), (&table::TLS_KEY, "k.pem")];
    let tls = resolve(&layers(&pair)).expect("resolves").listen.tls;
    assert_eq!(tls, TlsSettings::Files { cert: "c.pem".into(), key: "k.pem".into() });
}

#[test]
fn a_demo_and_a_root_in_one_breath_are_refused() {
    let typed = [(&table::DEMO, "true"), (&table::ROOT, "media")];
    let said = ["--demo serves built-in media, yet ROOT names something else: leave one of them out"];
    assert_eq!(complaints(&typed), said);
    let over = |strong: &'static Setting, weak: &'static Setting| {
        let mut file = Layer::default();
        file.put(weak, vec!["true".into()], layers::Origin::Variable(weak.variable()));
        let mut layers = layers(&[(strong, "true")]);
        layers.0.push(file);
        layers
    };
    assert!(resolve(&over(&table::DEMO, &table::ROOT)).expect("resolves").demo);
    assert!(resolve(&over(&table::ROOT, &table::DEMO)).is_err());
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let typed = [(&table::GRACE, "10"), (&table::PARTS_MAX, "0"), (&table::CORS, "https://a/b")];
    assert_eq!(complaints(&typed).len(), 3);
}

//! A lens before nginx: what comes through is what nginx says, for curl and for a downloader in eight pieces.

use std::fs;

use swath_e2e::clients::curl::{Answer, curl};
use swath_e2e::clients::noise::noise;
use swath_e2e::clients::program;
use swath_e2e::nginx;
use swath_e2e::place;
use swath_e2e::process::Started;
use swath_e2e::swath::Swath;

/// Content of the large file.
const LENGTH: usize = 10_000_000;

/// nginx with some of what it is often wrongly told to do.
struct Nginx {
    started: Started,
    port: u16,
    octets: Vec<u8>,
}

impl Nginx {
    fn start(name: &str) -> Self {
        let name = format!("lens-{name}");
        let root = place::work(&name).join("root");
        fs::create_dir_all(root.join("base/dir")).expect("a folder");
        let octets = noise(7, LENGTH);
        fs::write(root.join("base/clip.bin"), &octets).expect("a file");
        fs::write(root.join("base/page.html"), "<p>swath</p>".repeat(1000)).expect("a file");
        let root = root.display();
        // Unless told otherwise (gzip_proxied) nginx compresses nothing for a request that has Via.
        let settings = format!(
            "root {root}; default_type application/octet-stream; types {{ text/html html; }}\n\
             location / {{ gzip on; gzip_min_length 1; gzip_types *; gzip_proxied any; }}\n\
             location /base/off/ {{ alias {root}/base/; max_ranges 0; }}\n"
        );
        let (started, port) = nginx::start(&name, &settings);
        Self { started, port, octets }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/base{path}", self.port)
    }

    fn lens(&self) -> Swath {
        Swath::of(self.url("/")).start()
    }
}

/// The fields of an answer, without what belongs to a connection or a moment.
fn fields(answer: &Answer) -> Vec<(String, Option<String>)> {
    let names = [
        "server",
        "content-type",
        "content-length",
        "content-encoding",
        "content-range",
        "accept-ranges",
        "last-modified",
        "etag",
        "vary",
    ];
    names.iter().map(|name| ((*name).to_owned(), answer.field(name).map(str::to_owned))).collect()
}

#[test]
fn curl_gets_the_same_with_and_without_the_lens() {
    let nginx = Nginx::start("same");
    let lens = nginx.lens();
    let gzip = "Accept-Encoding: gzip";
    for (path, arguments, status) in [
        ("/clip.bin", &["-r", "1000-1999"][..], 206),
        ("/clip.bin", &["-r", "0-0,-1"], 206),
        ("/clip.bin", &["-r", "90000000-"], 416),
        ("/clip.bin", &["-I"], 200),
        ("/off/clip.bin", &["-r", "1000-1999"], 200),
        ("/page.html", &["-H", gzip], 200),
        ("/page.html", &["-H", gzip, "-r", "0-9"], 200),
        ("/none", &[], 404),
    ] {
        let ask = |url: String| curl([arguments, &[url.as_str()]].concat()).expect(status);
        let (plain, through) = (ask(nginx.url(path)), ask(lens.url(path)));
        let mut due = fields(&plain);
        if arguments.contains(&"0-0,-1") {
            // Each answer has a boundary of its own.
            due.retain(|(name, _)| name != "content-type");
            assert_eq!(plain.parts().len(), through.parts().len());
        } else if !arguments.contains(&"-I") {
            // With -I, curl writes the head where content would be.
            assert!(plain.content == through.content, "{path} {arguments:?}");
        }
        let got: Vec<_> =
            fields(&through).into_iter().filter(|field| due.iter().any(|(n, _)| *n == field.0)).collect();
        assert_eq!(got, due, "{path} {arguments:?} {}", nginx.started.describe());
    }
    let records = lens.stop();
    assert!(records.iter().all(|record| record.because.as_deref() == Some("forwarded")), "{records:#?}");
    assert!(records.iter().all(|record| record.outcome == "finished"), "{records:#?}");
}

#[test]
fn a_directory_redirects_to_the_lens() {
    let nginx = Nginx::start("redirect");
    let lens = nginx.lens();
    let plain = curl([nginx.url("/dir")]).expect(301);
    assert_eq!(plain.field("location"), Some(nginx.url("/dir/").as_str()), "nginx names itself");
    let through = curl([lens.url("/dir")]).expect(301);
    assert_eq!(through.field("location"), Some("/dir/"));
}

#[test]
fn a_download_in_eight_pieces_is_whole() {
    let nginx = Nginx::start("pieces");
    let lens = nginx.lens();
    let folder = tempfile::tempdir().expect("a folder");
    let into = folder.path().to_str().expect("UTF-8");
    let url = lens.url("/clip.bin");
    let _ = program::run("aria2c", ["-x8", "-s8", "-k1M", "--no-conf", "-d", into, "-o", "clip", &url])
        .succeeded();
    assert!(fs::read(folder.path().join("clip")).expect("a file") == nginx.octets, "other octets came");
    let pieces = lens.stop().iter().filter(|record| record.status == Some(206)).count();
    assert!(pieces >= 2, "{pieces} pieces");
}

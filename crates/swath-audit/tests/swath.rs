//! `swath serve`'s own server, audited over HTTP/1.1 in the clear and under TLS: nothing is found.

mod server;

use std::time::Duration;

use swath_audit::{Options, Report, Target, Trust, Verdict, audit};

use server::Server;

async fn audited(server: &Server, url: &str, origin: Option<&str>) -> Report {
    let options = Options {
        trust: Trust::File(server.certificate.clone()),
        origin: origin.map(str::to_owned),
        timeout: Duration::from_secs(20),
        ..Options::default()
    };
    audit(Target::read(url).unwrap(), &options).await.unwrap()
}

fn clean(report: &Report, passed: usize) {
    let told: Vec<_> = report
        .results
        .iter()
        .filter(|result| !matches!(result.verdict, Verdict::Pass | Verdict::Na))
        .map(|result| {
            format!("{} {}: {}", result.verdict, result.check.id, result.said.as_deref().unwrap_or(""))
        })
        .collect();
    assert!(told.is_empty(), "{}:\n{}", report.url, told.join("\n"));
    assert!(report.count(Verdict::Pass) >= passed, "{}: {} passed", report.url, report.count(Verdict::Pass));
    assert!(report.spent.requests <= 300 && report.spent.bytes <= 32 << 20, "{:?}", report.spent);
}

#[tokio::test]
async fn every_kind_of_file_is_served_without_a_fault() {
    let server = Server::start();
    for (path, passed) in [
        ("/f10k.bin", 120),
        ("/f10.txt", 90),
        ("/f2048.bin", 95),
        ("/f0.bin", 40),
        ("/crlf.bin", 120),
        ("/big.bin", 115),
        ("/coded.txt", 120),
    ] {
        clean(
            &audited(&server, &format!("{}{path}", server.plain), Some("https://maps.example")).await,
            passed,
        );
    }
    let tls = audited(&server, &format!("{}/f10k.bin", server.tls), None).await;
    clean(&tls, 115);
    let h2 = tls.results.iter().find(|result| result.check.id == "h2-same").unwrap();
    assert_eq!(h2.verdict, Verdict::Pass, "{:?}", h2.said);
}

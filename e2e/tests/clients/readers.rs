//! Programs that read a small part of a large file: fsspec (zip), pdf.js, geotiff.js, PMTiles.

use serde_json::{Value, json};
use swath_e2e::clients::program::{command, python, run, run_command, script};
use swath_e2e::clients::site::Site;
use swath_e2e::clients::{geotiff, noise, pdf, pmtiles};

use crate::witness::{assert_clean, bytes_sent, of};

fn node(name: &str, arguments: &[&str]) -> Value {
    let script = script(name);
    let words = [script.to_str().expect("UTF-8")].into_iter().chain(arguments.iter().copied());
    let text = run("node", words).text();
    // Libraries may print warnings before; the script's own line comes last.
    serde_json::from_str(text.lines().last().unwrap_or_default())
        .unwrap_or_else(|why| panic!("{why}: {text}"))
}

#[test]
fn fsspec_reads_one_member_of_a_large_zip() {
    let site = Site::new();
    let archive = site.file("many.zip");
    let (interpreter, maker) = python("zip_make.py");
    let (members, length) = ("40", "1048576");
    let digests =
        run(&interpreter, [maker.as_os_str(), archive.as_os_str(), members.as_ref(), length.as_ref()]).text();
    let digest = digests.lines().nth(37).expect("forty digests");
    site.age("many.zip");
    let whole = archive.metadata().expect("the archive is there").len();
    let server = site.serve().start();
    let (interpreter, reader) = python("zip_member.py");
    let url = server.url("/many.zip");
    let text =
        run_command(&mut command(interpreter, [reader.as_os_str(), url.as_ref(), "part-0037.bin".as_ref()]))
            .text();
    assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), json!({"members": 40, "sha256": digest}));
    let records = server.stop();
    assert_clean(&records);
    assert!(
        of(&records, "/many.zip")
            .iter()
            .all(|record| record.method.as_deref() == Some("HEAD") || record.status == Some(206))
    );
    let sent = bytes_sent(&records, "/many.zip");
    assert!(sent < whole / 20, "{sent} of {whole} octets for one member of forty: {records:#?}");
}

#[test]
fn pdf_js_reads_one_late_page_of_a_linearised_pdf() {
    let site = Site::new();
    pdf::write_linearized(&site.file("report.pdf"), 216);
    site.age("report.pdf");
    let whole = site.file("report.pdf").metadata().expect("the PDF is there").len();
    assert!(whole > 40_000_000, "{whole} octets");
    let server = site.serve().start();
    let seen = node("pdf_page.mjs", &[&server.url("/report.pdf"), "197"]);
    assert_eq!(seen, json!({"pages": 216, "text": pdf::line_of(197), "pictures": [[512, 384]]}));
    let records = server.stop();
    assert_clean(&records);
    let asked = of(&records, "/report.pdf");
    assert!(asked[0].because.is_some(), "{records:#?}");
    assert!(asked.iter().filter(|record| record.status == Some(206)).count() >= 3, "{records:#?}");
    let sent = bytes_sent(&records, "/report.pdf");
    assert!(sent < whole / 5, "{sent} of {whole} octets for one page of 216: {records:#?}");
}

#[test]
fn geotiff_js_reads_a_window_with_one_range_per_request() {
    geotiff_window(0);
}

#[test]
fn geotiff_js_reads_a_window_with_several_ranges_in_one_request() {
    geotiff_window(16);
}

fn geotiff_window(ranges_per_request: usize) {
    let site = Site::new();
    let raster = geotiff::write(&site.file("map.tif"), 32, 16);
    site.age("map.tif");
    let whole = site.file("map.tif").metadata().expect("the map is there").len();
    let server = site.serve().start();
    let seen = node(
        "geotiff_window.mjs",
        &[&server.url("/map.tif"), &ranges_per_request.to_string(), "300", "300", "900", "900"],
    );
    assert_eq!((&seen["width"], &seen["height"]), (&json!(8192), &json!(4096)));
    assert_eq!(
        seen["sha256"],
        noise::sha256(&raster.window(300, 300, 900, 900)).as_str(),
        "each sample of the window"
    );
    let records = server.stop();
    assert_clean(&records);
    let asked = of(&records, "/map.tif");
    assert!(asked.iter().all(|record| record.status == Some(206)), "{records:#?}");
    let several = asked
        .iter()
        .filter(|record| record.range.as_deref().is_some_and(|range| range.contains(',')))
        .collect::<Vec<_>>();
    if ranges_per_request == 0 {
        assert!(several.is_empty(), "{records:#?}");
    } else {
        assert_eq!(several.len(), 1, "three rows of tiles in one request: {records:#?}");
        assert_eq!(several[0].content_range, None, "an answer in parts");
    }
    let sent = bytes_sent(&records, "/map.tif");
    assert!(sent < whole / 20, "{sent} of {whole} octets: {records:#?}");
}

#[test]
fn pmtiles_reads_tiles_through_leaf_directories() {
    const DEEPEST: u32 = 7;
    let site = Site::new();
    pmtiles::write(&site.file("world.pmtiles"), DEEPEST);
    site.age("world.pmtiles");
    let whole = site.file("world.pmtiles").metadata().expect("the archive is there").len();
    let server = site.serve().start();
    let names = ["0/0/0", "3/1/1", "7/100/27", "7/127/127", "8/0/0"];
    let url = server.url("/world.pmtiles");
    let seen = node("pmtiles_tiles.mjs", &[&[url.as_str()], &names[..]].concat());
    assert_eq!(seen["maxZoom"], DEEPEST);
    for name in &names[..4] {
        let tile = &seen["tiles"][name];
        let number = tile["number"].as_u64().unwrap_or_else(|| panic!("{name} is in the archive: {seen}"));
        assert_eq!(tile["sha256"], noise::sha256(&pmtiles::tile(number)).as_str(), "{name}");
    }
    assert_eq!(seen["tiles"]["8/0/0"], Value::Null, "deeper than the archive goes");
    let records = server.stop();
    assert_clean(&records);
    let asked = of(&records, "/world.pmtiles");
    assert!(asked.len() >= 6 && asked.iter().all(|record| record.status == Some(206)), "{records:#?}");
    let sent = bytes_sent(&records, "/world.pmtiles");
    assert!(sent < whole / 100, "{sent} of {whole} octets for four tiles: {records:#?}");
}

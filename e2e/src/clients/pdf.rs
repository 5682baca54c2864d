//! A large linearised PDF: pages that carry a line of text and a picture of noise each.
//!
//! In: a path and a number of pages. Out: the file, written by hand as PDF 1.4 objects and then linearised by `qpdf`,
//! the same in every run. A reader that fetches by ranges needs one page's share of it to show one page.

use std::io::Write;
use std::path::Path;

use super::noise::noise;
use super::program;

/// The side lengths of each page's picture, in samples of one octet.
const PICTURE: (usize, usize) = (512, 384);

/// The text that stands on page `number` (from 1).
#[must_use]
pub fn line_of(number: usize) -> String {
    format!("Page {number} of the long report")
}

/// Writes the PDF to `path`.
///
/// # Panics
///
/// If it cannot be written or `qpdf` fails.
pub fn write_linearized(path: &Path, pages: usize) {
    let plain = path.with_extension("plain.pdf");
    std::fs::write(&plain, document(pages)).expect("the plain PDF is written");
    let arguments =
        ["--linearize", "--deterministic-id", "--stream-data=preserve", "--object-streams=disable"];
    let _ = program::run(
        "qpdf",
        arguments.iter().map(AsRef::as_ref).chain([plain.as_os_str(), path.as_os_str()]),
    )
    .succeeded();
    std::fs::remove_file(&plain).expect("the plain PDF is removed");
}

/// Pages under one node of the page tree. A reader must look at a page's elder siblings to count its way to it,
/// so a flat tree would make it visit every page before.
const BRANCH: usize = 6;

/// Object numbers: 1 catalogue, 2 root of the page tree, 3 font, then the tree's nodes, then page, content and picture of each page.
fn document(pages: usize) -> Vec<u8> {
    let nodes = pages.div_ceil(BRANCH);
    let mut pdf = Pdf { octets: b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec(), offsets: Vec::new() };
    pdf.object("<< /Type /Catalog /Pages 2 0 R >>", None);
    let list = |numbers: &mut dyn Iterator<Item = usize>| {
        numbers.map(|number| format!("{number} 0 R ")).collect::<String>()
    };
    pdf.object(&format!("<< /Type /Pages /Count {pages} /Kids [ {}] >>", list(&mut (4..4 + nodes))), None);
    pdf.object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>", None);
    let first_page = 4 + nodes;
    for node in 0..nodes {
        let own = node * BRANCH..pages.min((node + 1) * BRANCH);
        let (count, kids) = (own.len(), list(&mut own.map(|page| first_page + 3 * page)));
        pdf.object(&format!("<< /Type /Pages /Parent 2 0 R /Count {count} /Kids [ {kids}] >>"), None);
    }
    for page in 0..pages {
        let (parent, content, picture) =
            (4 + page / BRANCH, first_page + 3 * page + 1, first_page + 3 * page + 2);
        pdf.object(
            &format!(
                "<< /Type /Page /Parent {parent} 0 R /MediaBox [0 0 612 792] /Contents {content} 0 R \
                 /Resources << /Font << /F1 3 0 R >> /XObject << /Im {picture} 0 R >> >> >>"
            ),
            None,
        );
        let drawing =
            format!("BT /F1 24 Tf 72 720 Td ({}) Tj ET q 468 0 0 351 72 300 cm /Im Do Q", line_of(page + 1));
        pdf.object(&format!("<< /Length {} >>", drawing.len()), Some(drawing.as_bytes()));
        let (width, height) = PICTURE;
        let samples = noise(page as u64, width * height);
        pdf.object(
            &format!(
                "<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceGray \
                 /BitsPerComponent 8 /Length {} >>",
                samples.len()
            ),
            Some(&samples),
        );
    }
    pdf.finish()
}

struct Pdf {
    octets: Vec<u8>,
    offsets: Vec<usize>,
}

impl Pdf {
    fn object(&mut self, dictionary: &str, stream: Option<&[u8]>) {
        self.offsets.push(self.octets.len());
        let number = self.offsets.len();
        write!(self.octets, "{number} 0 obj\n{dictionary}\n").expect("memory takes any octets");
        if let Some(stream) = stream {
            self.octets.extend_from_slice(b"stream\n");
            self.octets.extend_from_slice(stream);
            self.octets.extend_from_slice(b"\nendstream\n");
        }
        self.octets.extend_from_slice(b"endobj\n");
    }

    fn finish(mut self) -> Vec<u8> {
        let table = self.octets.len();
        let count = self.offsets.len() + 1;
        write!(self.octets, "xref\n0 {count}\n0000000000 65535 f \n").expect("memory takes any octets");
        for offset in &self.offsets {
            writeln!(self.octets, "{offset:010} 00000 n ").expect("memory takes any octets");
        }
        write!(self.octets, "trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n")
            .expect("memory takes any octets");
        self.octets
    }
}

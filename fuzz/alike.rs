//! Makes answers alike that differ by nature. In: octets of answers. Out: text to compare.

/// Replaces what differs from one answer to the next: the time, and boundaries that nobody can guess.
pub fn alike(octets: &[u8]) -> String {
    let text = octets.escape_ascii().to_string().replace("\\r\\n", "\n");
    let mut boundaries = Vec::new();
    let lines: Vec<&str> = text
        .lines()
        .map(|line| {
            if let Some((_, boundary)) = line.split_once("multipart/byteranges; boundary=") {
                boundaries.push(boundary.to_owned());
            }
            if line.starts_with("date: ") || line.starts_with("Date: ") { "date: now" } else { line }
        })
        .collect();
    let mut text = lines.join("\n");
    for boundary in boundaries {
        assert!(boundary.len() >= 16, "{boundary}");
        text = text.replace(&boundary, &"B".repeat(boundary.len()));
    }
    // The one thing that differs: where there is no content the engine writes its length last.
    let heads = text.split("\n\n").map(|head| match head.split_once("\ncontent-length: 0\n") {
        Some((before, after)) => format!("{before}\n{after}\ncontent-length: 0"),
        None => head.to_owned(),
    });
    heads.collect::<Vec<_>>().join("\n\n")
}

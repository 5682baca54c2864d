//! The inspector's page and what it is made of: a name in, octets with their type out.
//!
//! The page is a frame that says what will stand where; the script fills it from the stream. Without a script there are
//! the exports, which the page says.

use maud::{DOCTYPE, Markup, html};

use super::Source;
use crate::pages::asset;

/// The fixed files beside the page.
const FILES: &[(&str, &str, &[u8])] = &[
    ("inspect.css", CSS, include_bytes!("../../assets/inspect/inspect.css")),
    ("main.js", JS, include_bytes!("../../assets/inspect/main.js")),
    ("store.js", JS, include_bytes!("../../assets/inspect/store.js")),
    ("words.js", JS, include_bytes!("../../assets/inspect/words.js")),
    ("build.js", JS, include_bytes!("../../assets/inspect/build.js")),
    ("files.js", JS, include_bytes!("../../assets/inspect/files.js")),
    ("diagram.js", JS, include_bytes!("../../assets/inspect/diagram.js")),
    ("map.js", JS, include_bytes!("../../assets/inspect/map.js")),
    ("why.js", JS, include_bytes!("../../assets/inspect/why.js")),
];
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

/// Finds a fixed file: its type and its octets.
pub(super) fn file(name: &str) -> Option<(&'static str, &'static [u8])> {
    let ours = FILES.iter().find(|(known, ..)| *known == name).map(|(_, kind, octets)| (*kind, *octets));
    ours.or_else(|| {
        let shared = asset(name).filter(|_| matches!(name, "style.css" | "favicon.svg"))?;
        Some((shared.content_type, shared.content))
    })
}

/// Writes the page.
pub(super) fn page(source: &Source) -> String {
    let (kind, name) = match source {
        Source::Live(name) => ("Live", name),
        Source::Recording(name) => ("Recording", name),
    };
    let live = matches!(source, Source::Live(_));
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Inspector: " (name) }
                link rel="icon" type="image/svg+xml" href="favicon.svg";
                link rel="stylesheet" href="style.css";
                link rel="stylesheet" href="inspect.css";
                script type="module" src="main.js" {}
            }
            body.inspector {
                header.top {
                    div {
                        h1 { "What is exchanged" }
                        p.quiet { span.source { (kind) } " " bdi { (name) } " " span id="state" {} }
                    }
                    (buttons(live))
                }
                (filters())
                main {
                    noscript {
                        p.note { "This page needs its script. Without it: " a href="api/export.txt" { "the transcript" } "." }
                    }
                    p.unseen role="status" id="said" {}
                    dl.figures id="figures" {}
                    div.columns {
                        section.files aria-labelledby="files-title" {
                            h2 id="files-title" { "Files and clients" }
                            p.quiet id="lack" {}
                            ul id="files" {}
                        }
                        div.detail id="detail" {
                            section.why aria-labelledby="why-title" { h2 id="why-title" { "Why" } div id="why" {} }
                            section.map aria-labelledby="map-title" { h2 id="map-title" { "File map" } div id="map" {} }
                            section.diagram aria-labelledby="diagram-title" {
                                div.heading {
                                    h2 id="diagram-title" { "Exchanges" }
                                    label { input type="checkbox" id="oldest"; " oldest first" }
                                }
                                div id="diagram" {}
                            }
                        }
                    }
                }
                footer {
                    p { "Content is never kept. Credentials, cookies and the values of queries are masked. Keys: "
                        @if live { kbd { "p" } " pauses, " } kbd { "/" } " filters." }
                }
            }
        }
    };
    markup.into_string()
}

fn buttons(live: bool) -> Markup {
    html! {
        div.actions role="group" aria-label="The view" {
            @if live {
                button.button type="button" id="pause" aria-pressed="false" { "Pause" }
                button.button type="button" id="clear" { "Clear" }
            }
            details.export {
                summary.button { "Export" }
                ul id="exports" {
                    li { a href="api/export.json" download="exchanges.json" data-form="json" { "JSON" } " " span.quiet { "all that is kept" } }
                    li { a href="api/export.har" download="exchanges.har" data-form="har" { "HAR" } " " span.quiet { "for a browser's developer tools" } }
                    li { a href="api/export.txt" download="exchanges.txt" data-form="txt" { "Text" } " " span.quiet { "a transcript" } }
                }
            }
        }
    }
}

fn filters() -> Markup {
    html! {
        form.filters id="filters" role="search" aria-label="Filter exchanges" {
            label { "Path " input type="search" id="by-path" placeholder="any part of it" autocomplete="off"; }
            label { "Client " select id="by-client" { option value="" { "all" } } }
            label { "Status " select id="by-status" {
                @for (value, shown) in [("", "all"), ("2", "2xx"), ("206", "206"), ("3", "3xx"), ("4", "4xx"), ("5", "5xx")] {
                    option value=(value) { (shown) }
                }
            } }
            label { "Reason " select id="by-reason" { option value="" { "all" } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_names_is_there_and_nothing_reaches_elsewhere() {
        let page = page(&Source::Live("<b>&".into()));
        assert!(page.contains("&lt;b&gt;&amp;"), "the name is text");
        assert!(page.contains("<kbd>p</kbd>") && page.contains("\"pause\""));
        let recorded = super::page(&Source::Recording("run.jsonl".into()));
        assert!(
            !recorded.contains("<kbd>p</kbd>") && !recorded.contains("\"pause\""),
            "there is nothing to pause"
        );
        for link in page.split("href=\"").skip(1).chain(page.split("src=\"").skip(1)) {
            let link = link.split('"').next().unwrap_or_default();
            assert!(link.starts_with("api/export.") || file(link).is_some() || link.is_empty(), "{link}");
        }
        for (name, _, octets) in FILES {
            let text = std::str::from_utf8(octets).expect("text").replace("http://www.w3.org/2000/svg", "");
            for sign in
                ["http:", "https:", "@import", "eval(", "innerHTML", "insertAdjacentHTML", "document.write"]
            {
                assert!(!text.contains(sign), "{sign} in {name}");
            }
            for import in text.split("from './").skip(1) {
                let import = import.split('\'').next().unwrap_or_default();
                assert!(file(import).is_some(), "{name} imports {import}");
            }
        }
        assert!(file("player.js").is_none() && file("").is_none());
    }
}

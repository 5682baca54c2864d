//! A panel above the root's listing: a greeting with things to try, given by whoever starts the server.

use maud::{Markup, html};

/// What a panel says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Panel {
    /// Its heading.
    pub title: String,
    /// A sentence or two.
    pub text: String,
    /// Links to try; written as they are, so they must be safe references.
    pub links: Vec<PanelLink>,
    /// Command lines to copy.
    pub commands: Vec<String>,
}

/// One link of a panel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PanelLink {
    /// Where it leads, relative to the root.
    pub href: String,
    /// The words of the link.
    pub label: String,
    /// What will be seen there.
    pub note: String,
}

impl Panel {
    pub(super) fn markup(&self) -> Markup {
        html! {
            section.panel aria-labelledby="panel-title" {
                h2 id="panel-title" { (self.title) }
                p { (self.text) }
                ul {
                    @for link in &self.links {
                        li { a href=(link.href) { (link.label) } " " span.quiet { (link.note) } }
                    }
                }
                @if !self.commands.is_empty() {
                    details {
                        summary { "In a shell" }
                        // One block: a click and Ctrl-A within it, and the keyboard can scroll it.
                        pre tabindex="0" { code {
                            @for command in &self.commands { (command) "\n" }
                        } }
                    }
                }
            }
        }
    }
}

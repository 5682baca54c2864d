//! What every page has around its content: head, way back, foot.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use percent_encoding::percent_decode_str;

use super::{asset, name};

/// The frame of a page.
pub(super) struct Shell<'a> {
    /// The title of the window, as plain text.
    pub(super) title: &'a str,
    /// The raw path the page stands at; links to assets are made relative to it.
    pub(super) path: &'a str,
    /// The scripts that are loaded, in their order.
    pub(super) scripts: &'a [&'a str],
}

impl Shell<'_> {
    /// Puts the frame around the content.
    pub(super) fn around(&self, main: &Markup, foot: &Markup) -> Markup {
        let root = name::way_to_root(self.path);
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) }
                    link rel="icon" type="image/svg+xml" href=(asset::link(&root, "favicon.svg"));
                    link rel="stylesheet" href=(asset::link(&root, "style.css"));
                    @for script in self.scripts {
                        script defer src=(asset::link(&root, script)) {}
                    }
                }
                body {
                    (ICONS)
                    main { (main) }
                    footer { (foot) }
                }
            }
        }
    }
}

/// One step of the way from the root: where it leads and what it is called.
pub(super) struct Crumb {
    pub(super) href: String,
    pub(super) shown: String,
}

/// How many directories above the page are named at most; beyond, those next to the root are left out.
const CRUMBS_MAX: usize = 32;

/// The directories on the way to a raw path, the root first and called `root_title`; the page's own directory is the last.
pub(super) fn crumbs(path: &str, root_title: &str) -> Vec<Crumb> {
    let directories: Vec<&str> = match path.rsplit_once('/') {
        Some((before, _)) => before.split('/').skip(1).collect(),
        None => Vec::new(),
    };
    let climb = |steps: usize| if steps == 0 { "./".to_owned() } else { "../".repeat(steps) };
    let mut crumbs = vec![Crumb { href: climb(directories.len()), shown: root_title.to_owned() }];
    for (index, directory) in
        directories.iter().enumerate().skip(directories.len().saturating_sub(CRUMBS_MAX))
    {
        if !directory.is_empty() {
            let href = climb(directories.len() - 1 - index);
            crumbs.push(Crumb {
                href,
                shown: name::shown(&percent_decode_str(directory).collect::<Vec<u8>>()),
            });
        }
    }
    crumbs
}

/// Draws the way from the root; `at_directory` says that the last crumb is the page itself, and so no link.
pub(super) fn breadcrumbs(crumbs: &[Crumb], at_directory: bool) -> Markup {
    let links = if at_directory { crumbs.len().saturating_sub(1) } else { crumbs.len() };
    html! {
        @if links > 0 {
            nav.crumbs aria-label="The way here" {
                ol {
                    @for crumb in &crumbs[..links] {
                        li { a href=(crumb.href) { bdi { (crumb.shown) } } }
                    }
                }
            }
        }
    }
}

/// Draws one of the [`ICONS`]; beside it there is always text that says the same.
pub(super) fn icon(id: &str) -> Markup {
    html! { svg.icon aria-hidden="true" { use href={ "#i-" (id) } {} } }
}

/// The icons, defined once on the page and used by name: so they take the colour of the text around them.
const ICONS: PreEscaped<&str> = PreEscaped(
    r##"<svg class="unseen" aria-hidden="true" focusable="false"><defs>
<symbol id="i-folder" viewBox="0 0 20 20"><path class="fill" d="M2 5.5A1.5 1.5 0 0 1 3.5 4h4l2 2h7A1.5 1.5 0 0 1 18 7.5v7a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 2 14.5z"/></symbol>
<symbol id="i-up" viewBox="0 0 20 20"><path class="line" d="M4 9l6-6 6 6M10 3v14"/></symbol>
<symbol id="i-film" viewBox="0 0 20 20"><path class="line" d="M3 4h14v12H3z"/><path class="fill" d="M8.2 6.8v6.4l5-3.2z"/></symbol>
<symbol id="i-sound" viewBox="0 0 20 20"><path class="line" d="M4 8v4M7 5v10M10 7v6M13 3.5v13M16 8v4"/></symbol>
<symbol id="i-image" viewBox="0 0 20 20"><path class="line" d="M3 4h14v12H3zM3 13.5l4-4 3.5 3.5 2.5-2.5 4 4"/><circle class="fill" cx="13" cy="7.5" r="1.3"/></symbol>
<symbol id="i-text" viewBox="0 0 20 20"><path class="line" d="M5 2.5h7l3 3v12H5zM7.5 9h5M7.5 12h5M7.5 15h3"/></symbol>
<symbol id="i-pack" viewBox="0 0 20 20"><path class="line" d="M3 6.5h14v10H3zM3 6.5l2-3h10l2 3M8 10h4"/></symbol>
<symbol id="i-file" viewBox="0 0 20 20"><path class="line" d="M5 2.5h7l3 3v12H5zM12 2.5v3h3"/></symbol>
<symbol id="i-get" viewBox="0 0 20 20"><path class="line" d="M10 3v9.5M5.5 8.5L10 13l4.5-4.5M4 17h12"/></symbol>
</defs></svg>"##,
);

#[cfg(test)]
mod tests {
    use super::*;

    fn way(path: &str) -> Vec<(String, String)> {
        crumbs(path, "root").into_iter().map(|crumb| (crumb.href, crumb.shown)).collect()
    }

    #[test]
    fn the_way_is_told_in_relative_links() {
        let step = |href: &str, shown: &str| (href.to_owned(), shown.to_owned());
        assert_eq!(way("/"), [step("./", "root")]);
        assert_eq!(way("/a%20b/c/"), [step("../../", "root"), step("../", "a b"), step("./", "c")]);
        assert_eq!(way("/a/clip.mp4"), [step("../", "root"), step("./", "a")]);
        assert_eq!(way("/a//b/"), [step("../../../", "root"), step("../../", "a"), step("./", "b")]);
        assert_eq!(way("*"), [step("./", "root")]);
        let deep = way(&"/x".repeat(2000));
        assert_eq!(deep.len(), 1 + CRUMBS_MAX);
        assert_eq!(deep[CRUMBS_MAX], step("./", "x"));
    }
}

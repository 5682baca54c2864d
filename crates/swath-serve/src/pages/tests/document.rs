//! Reads a page as a browser does and lists its elements.

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// One element of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) tag: String,
    pub(super) attributes: Vec<(String, String)>,
    /// All text below it.
    pub(super) text: String,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn has_class(&self, class: &str) -> bool {
        self.attribute("class").is_some_and(|classes| classes.split(' ').any(|one| one == class))
    }
}

/// Parses a page and gives its elements in their order; panics where a parser would have to guess.
pub(super) fn elements(html: &str) -> Vec<Element> {
    let mut options = ParseOpts::default();
    options.tokenizer.exact_errors = true;
    options.tree_builder.exact_errors = true;
    let dom = parse_document(RcDom::default(), options).from_utf8().one(html.as_bytes());
    assert!(dom.errors.borrow().is_empty(), "{:?} in {html}", dom.errors.borrow());
    let mut elements = Vec::new();
    walk(&dom.document, &mut elements);
    elements
}

fn walk(node: &Handle, elements: &mut Vec<Element>) {
    if let NodeData::Element { name, attrs, .. } = &node.data {
        let attributes = attrs.borrow();
        let attributes =
            attributes.iter().map(|one| (one.name.local.to_string(), one.value.to_string())).collect();
        elements.push(Element { tag: name.local.to_string(), attributes, text: text_below(node) });
    }
    for child in node.children.borrow().iter() {
        walk(child, elements);
    }
}

fn text_below(node: &Handle) -> String {
    match &node.data {
        NodeData::Text { contents } => contents.borrow().to_string(),
        _ => node.children.borrow().iter().map(text_below).collect(),
    }
}

//! XML documents as EC2 and STS write them.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

/// An element with text or with elements in it.
#[derive(Debug, Clone)]
pub(super) struct Element {
    name: String,
    namespace: Option<&'static str>,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Text(String),
    Elements(Vec<Element>),
}

impl Element {
    /// `<name>text</name>`
    #[allow(clippy::needless_pass_by_value)] // Most texts are made where they are given.
    pub(super) fn text(name: &str, text: impl ToString) -> Self {
        Self { name: name.to_owned(), namespace: None, content: Content::Text(text.to_string()) }
    }

    /// `<name>…</name>`
    pub(super) fn tree(name: &str, elements: impl IntoIterator<Item = Self>) -> Self {
        let elements = elements.into_iter().collect();
        Self { name: name.to_owned(), namespace: None, content: Content::Elements(elements) }
    }

    /// `<name><item>…</item>…</name>`, an `item` for each list of elements.
    pub(super) fn set<I>(name: &str, items: impl IntoIterator<Item = I>) -> Self
    where
        I: IntoIterator<Item = Self>,
    {
        Self::tree(name, items.into_iter().map(|item| Self::tree("item", item)))
    }

    /// `<name><item>text</item>…</name>`
    pub(super) fn texts(name: &str, items: impl IntoIterator<Item = impl ToString>) -> Self {
        Self::tree(name, items.into_iter().map(|item| Self::text("item", item)))
    }

    pub(super) fn in_namespace(self, namespace: &'static str) -> Self {
        Self { namespace: Some(namespace), ..self }
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        let mut element = writer.create_element(&self.name);
        if let Some(namespace) = self.namespace {
            element = element.with_attribute(("xmlns", namespace));
        }
        match &self.content {
            Content::Text(text) if text.is_empty() => element.write_empty()?,
            Content::Text(text) => element.write_text_content(BytesText::new(text))?,
            Content::Elements(elements) if elements.is_empty() => element.write_empty()?,
            Content::Elements(elements) => element.write_inner_content(|writer| {
                elements.iter().try_for_each(|element| element.write(writer))
            })?,
        };
        Ok(())
    }
}

/// A document with this root.
pub(super) fn document(root: &Element) -> String {
    let mut writer = Writer::new(Vec::new());
    let declaration = Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None));
    let written = writer.write_event(declaration).and_then(|()| root.write(&mut writer));
    debug_assert!(written.is_ok(), "memory takes all that is written to it");
    String::from_utf8_lossy(&writer.into_inner()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_lists_are_items() {
        let root = Element::tree(
            "R",
            [
                Element::text("a", "<&>"),
                Element::texts("set", ["x", "y"]),
                Element::set("empty", Vec::<Vec<Element>>::new()),
            ],
        );
        assert_eq!(
            document(&root.in_namespace("urn:x")),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><R xmlns=\"urn:x\"><a>&lt;&amp;&gt;</a>\
             <set><item>x</item><item>y</item></set><empty/></R>"
        );
    }
}

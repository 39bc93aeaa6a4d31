//! Documents of people: files of JSON or TOML, read with bounds and refused with the place where they
//! are wrong. No line of a file is repeated as such, as it may hold a password.

use std::error::Error;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::marker::PhantomData;
use std::path::Path;

use heroku_data_link::model::{InvalidValue, LinkKind, TextFilter};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, IgnoredAny, IntoDeserializer, MapAccess};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The longest file that is read, in bytes.
const LONGEST: u64 = 1 << 20;
/// How deep TOML may be nested; JSON has a bound of its own. The parser's is one for each dotted key.
const DEEPEST: usize = 80;

/// A file that cannot be used: which one, where in it, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentError {
    file: String,
    place: Option<Place>,
    problem: String,
}

/// Counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    line: usize,
    column: usize,
}

impl DocumentError {
    /// A file that was read, and does not say what is needed.
    pub fn of(path: &Path, problem: &str) -> Self {
        Self::new(path, None, problem)
    }

    fn new(path: &Path, place: Option<Place>, problem: &str) -> Self {
        /// Room for the fields of the largest spec.
        const LONGEST: usize = 1000;
        let filter = TextFilter::new();
        let name = path.to_string_lossy();
        // The same judgement as for any other argument that may be a URL in the wrong place.
        let file = match InvalidValue::new("file", name.as_ref(), "").input() {
            Some(name) => filter.show(name),
            None => "the file (its name is left out, as it may hold a password)".to_owned(),
        };
        Self { file, place, problem: filter.show_up_to(problem, LONGEST) }
    }
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, place, problem } = self;
        match place {
            Some(Place { line, column }) => {
                write!(f, "{file}, line {line}, column {column}: {problem}")
            }
            None => write!(f, "{file}: {problem}"),
        }
    }
}

impl Error for DocumentError {}

/// The document of a file, whose name says whether it is JSON or TOML.
///
/// # Errors
///
/// When the file cannot be read, is longer than 1 MiB, is no text or nothing but white space, or is
/// not what its name says; when an object has a field twice, or a value is none of JSON's.
pub fn read(path: &Path) -> Result<Value, DocumentError> {
    Source::open(path)?.value()
}

/// What a file describes.
///
/// # Errors
///
/// As [`read`], and when the document is not that of a `T`.
pub fn parse<T: DeserializeOwned>(path: &Path) -> Result<T, DocumentError> {
    let source = Source::open(path)?;
    source.value()?;
    source.typed()
}

/// The spec of a link of this kind, whose field `kind` may be left out.
///
/// # Errors
///
/// As [`parse`], and when the document is of another kind.
pub fn spec<S: DeserializeOwned>(path: &Path, kind: LinkKind) -> Result<S, DocumentError> {
    let source = Source::open(path)?;
    let problem = match source.value()? {
        Value::Object(fields) => match fields.get("kind") {
            None => None,
            Some(Value::String(named)) => match LinkKind::of_name(named) {
                Some(named) if named == kind => None,
                Some(named) => Some(format!("its kind is {named}, but a spec of {kind} is needed")),
                None => {
                    let rule = format!("a spec of {kind} is needed");
                    Some(InvalidValue::new("kind of link", named.as_str(), rule).to_string())
                }
            },
            Some(_) => Some(format!("its kind is no text, but a spec of {kind} is needed")),
        },
        _ => Some(format!("it is no object, but a spec of {kind} is needed")),
    };
    match problem {
        Some(problem) => Err(DocumentError::of(path, &problem)),
        None => source.typed().map(|WithoutKind(spec)| spec),
    }
}

/// The text of a file of at most 1 MiB, or of standard input where the path is `-`.
///
/// # Errors
///
/// When it cannot be read, is longer, or is no text.
pub fn text(path: &Path) -> Result<String, DocumentError> {
    let refuse = |place, problem: &str| DocumentError::new(path, place, problem);
    let bytes = bytes(path).map_err(|error| refuse(None, &error.to_string()))?;
    if bytes.len() as u64 > LONGEST {
        return Err(refuse(None, "it is longer than 1 MiB"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..good]);
        refuse(Some(Place::after(&before)), "it is not UTF-8 text")
    })
}

fn bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().take(LONGEST + 1).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

impl Place {
    /// Where the text goes on after this.
    fn after(before: &str) -> Self {
        let last = before.rsplit('\n').next().unwrap_or_default();
        Self { line: before.matches('\n').count() + 1, column: last.chars().count() + 1 }
    }
}

#[derive(Clone, Copy)]
enum Format {
    Json,
    Toml,
}

impl Format {
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "toml" => Some(Self::Toml),
            _ => None,
        }
    }
}

/// A file that was read.
struct Source<'a> {
    path: &'a Path,
    format: Format,
    text: String,
}

impl<'a> Source<'a> {
    fn open(path: &'a Path) -> Result<Self, DocumentError> {
        let refuse = |problem: &str| DocumentError::of(path, problem);
        let format =
            Format::of(path).ok_or_else(|| refuse("its name must end in .json or .toml"))?;
        let mut text = text(path)?;
        if text.starts_with('\u{feff}') {
            // Some editors mark UTF-8 so, which neither format knows.
            text.remove(0);
        }
        if text.trim().is_empty() {
            return Err(refuse("it is empty"));
        }
        Ok(Self { path, format, text })
    }

    fn value(&self) -> Result<Value, DocumentError> {
        match self.format {
            Format::Json => {
                let Strict(value) = serde_json::from_str(&self.text)
                    .map_err(|error| self.json_error(None, &error))?;
                Ok(value)
            }
            Format::Toml => {
                let table =
                    DeTable::parse(&self.text).map_err(|error| self.toml_error(None, &error))?;
                let table = DeValue::Table(table.into_inner());
                json(table, 0, 0).map_err(|(start, problem)| self.error(self.place(start), problem))
            }
        }
    }

    fn typed<T: DeserializeOwned>(&self) -> Result<T, DocumentError> {
        match self.format {
            Format::Json => {
                let mut json = serde_json::Deserializer::from_str(&self.text);
                serde_path_to_error::deserialize(&mut json)
                    .map_err(|error| self.json_error(Some(error.path()), error.inner()))
            }
            Format::Toml => {
                let toml = toml::Deserializer::parse(&self.text)
                    .map_err(|error| self.toml_error(None, &error))?;
                serde_path_to_error::deserialize(toml)
                    .map_err(|error| self.toml_error(Some(error.path()), error.inner()))
            }
        }
    }

    fn json_error(
        &self,
        path: Option<&serde_path_to_error::Path>,
        error: &serde_json::Error,
    ) -> DocumentError {
        let (line, column) = (error.line(), error.column());
        let problem = error.to_string();
        let suffix = format!(" at line {line} column {column}");
        let problem = problem.strip_suffix(&suffix).unwrap_or(&problem);
        let place = (line > 0).then_some(Place { line, column });
        self.error(place, &in_field(path, problem))
    }

    /// Its own `Display` shows the line of the file.
    fn toml_error(
        &self,
        path: Option<&serde_path_to_error::Path>,
        error: &toml::de::Error,
    ) -> DocumentError {
        let place = error.span().and_then(|span| self.place(span.start));
        self.error(place, &in_field(path, error.message()))
    }

    fn place(&self, start: usize) -> Option<Place> {
        self.text.get(..start).map(Place::after)
    }

    fn error(&self, place: Option<Place>, problem: &str) -> DocumentError {
        DocumentError::new(self.path, place, problem)
    }
}

fn in_field(path: Option<&serde_path_to_error::Path>, problem: &str) -> String {
    match path {
        Some(path) if path.iter().next().is_some() => format!("{path}: {problem}"),
        Some(_) | None => problem.to_owned(),
    }
}

/// A value of JSON, none of whose objects has a field twice: of two, one would be ignored.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> de::Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, it: bool) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_i64<E: de::Error>(self, it: i64) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_u64<E: de::Error>(self, it: u64) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_f64<E: de::Error>(self, it: f64) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_str<E: de::Error>(self, it: &str) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = serde_json::Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(de::Error::custom(format_args!("the field `{name}` is there twice")));
            }
            let Strict(value) = fields.next_value()?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

/// The same as JSON; or where the part begins that JSON does not have, and why it is refused.
fn json(value: DeValue<'_>, start: usize, depth: usize) -> Result<Value, (usize, &'static str)> {
    if depth > DEEPEST {
        return Err((start, "it is nested too deep"));
    }
    match value {
        DeValue::String(text) => Ok(text.into_owned().into()),
        DeValue::Boolean(it) => Ok(it.into()),
        DeValue::Integer(number) => {
            let (digits, radix) = (number.as_str(), number.radix());
            i64::from_str_radix(digits, radix)
                .map(Value::from)
                .or_else(|_| u64::from_str_radix(digits, radix).map(Value::from))
                .map_err(|_| (start, "the number is too large"))
        }
        DeValue::Float(number) => {
            let number = number.as_str().parse().ok().and_then(serde_json::Number::from_f64);
            number.map(Value::Number).ok_or((start, "the number is infinite, or none"))
        }
        DeValue::Datetime(_) => Err((start, "dates and times are written as text, in quotes")),
        DeValue::Array(items) => items
            .into_iter()
            .map(|item| json_of(item, depth))
            .collect::<Result<_, _>>()
            .map(Value::Array),
        DeValue::Table(fields) => fields
            .into_iter()
            .map(|(name, field)| Ok((name.into_inner().into_owned(), json_of(field, depth)?)))
            .collect::<Result<_, _>>()
            .map(Value::Object),
    }
}

fn json_of(part: Spanned<DeValue<'_>>, depth: usize) -> Result<Value, (usize, &'static str)> {
    let start = part.span().start;
    json(part.into_inner(), start, depth + 1)
}

/// A spec, and beside it a field `kind` that was looked at before.
struct WithoutKind<S>(S);

impl<'de, S: Deserialize<'de>> Deserialize<'de> for WithoutKind<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SpecVisitor(PhantomData)).map(Self)
    }
}

struct SpecVisitor<S>(PhantomData<S>);

impl<'de, S: Deserialize<'de>> de::Visitor<'de> for SpecVisitor<S> {
    type Value = S;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the fields of a spec")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<S, A::Error> {
        S::deserialize(MapAccessDeserializer::new(OtherFields(fields)))
    }
}

/// The fields but for `kind`.
struct OtherFields<A>(A);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for OtherFields<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        mut seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        loop {
            match self.0.next_key_seed(Name(seed))? {
                None => return Ok(None),
                Some(Named::Other(name)) => return Ok(Some(name)),
                Some(Named::Kind(unused)) => seed = unused,
            }
            let IgnoredAny = self.0.next_value()?;
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.0.next_value_seed(seed)
    }
}

/// The name of a field. What refuses it does so while the parser knows the place.
struct Name<K>(K);

enum Named<K, T> {
    Kind(K),
    Other(T),
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for Name<K> {
    type Value = Named<K, K::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        match String::deserialize(deserializer)? {
            name if name == "kind" => Ok(Named::Kind(self.0)),
            name => self.0.deserialize(name.into_deserializer()).map(Named::Other),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use heroku_data_link::encryption::EncryptionSpec;
    use heroku_data_link::key_access::KeyAccessSpec;
    use heroku_data_link::peering::PeeringSpec;
    use heroku_data_link::privatelink::PrivateLinkSpec;
    use serde_json::json;

    use super::*;

    /// A file that is deleted after the test.
    struct Temporary(PathBuf);

    impl Temporary {
        fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
            static COUNT: AtomicUsize = AtomicUsize::new(0);
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("heroku-data-link-{}-{count}-{name}", std::process::id());
            let path = std::env::temp_dir().join(name);
            std::fs::write(&path, content).unwrap();
            Self(path)
        }
    }

    impl Drop for Temporary {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    /// What is said of a file, after its name.
    fn said<T: fmt::Debug>(
        name: &str,
        content: impl AsRef<[u8]>,
        read: impl Fn(&Path) -> Result<T, DocumentError>,
    ) -> String {
        let file = Temporary::new(name, content);
        let said = read(&file.0).unwrap_err().to_string();
        let path = file.0.to_str().unwrap();
        said.strip_prefix(path).unwrap_or_else(|| panic!("{said}")).to_owned()
    }

    #[test]
    fn both_formats_say_the_same() {
        let expected = json!({ "a": { "b": [1, -2, 3.5, true, "x"] }, "c": [{ "d": {} }] });
        for (name, text) in [
            ("a.json", expected.to_string()),
            ("a.JSON", format!("\u{feff}{expected}")),
            ("a.toml", "a.b = [0x1, -2, 3.5, true, 'x']\n[[c]]\nd = {}\n".to_owned()),
            ("a.toml", "\u{feff}c = [{ d = {} }]\n[a]\nb = [1, -2, 3.5, true, 'x']\n".to_owned()),
        ] {
            let file = Temporary::new(name, &text);
            assert_eq!(read(&file.0), Ok(expected.clone()), "{text}");
        }
        let file = Temporary::new("a.toml", "a = 18446744073709551615");
        assert_eq!(read(&file.0), Ok(json!({ "a": u64::MAX })));
    }

    #[test]
    fn what_is_no_document_is_refused_with_its_place() {
        let deep = "[".repeat(100_000);
        let keys = vec!["a"; 70].join(".");
        let long = vec!["a"; 100_000].join(".");
        for (name, text, expected) in [
            ("a.yaml", "a: 1", ": its name must end in .json or .toml"),
            ("a", "{}", ": its name must end in .json or .toml"),
            ("a.json", "", ": it is empty"),
            ("a.toml", " \n\u{feff}", ", line 2"),
            ("a.toml", " \n", ": it is empty"),
            ("a.json", "\u{feff}\n", ": it is empty"),
            ("a.json", "{\n \"a\": 1,\n}", ", line 3, column 1: trailing comma"),
            ("a.json", "{} {}", ", line 1, column 4: trailing characters"),
            (
                "a.json",
                "{\"a\": 1,\n \"a\": 2}",
                ", line 2, column 4: the field `a` is there twice",
            ),
            ("a.json", "[{\"b\": 1, \"b\": 1}]", "the field `b` is there twice"),
            ("a.json", "{\"a\": 1e999}", "number out of range"),
            ("a.json", &deep, "recursion limit"),
            ("a.toml", "a = 1\nb = \n", ", line 2, column 5"),
            ("a.toml", "a = 1\nb = 2\na = 3", ", line 3, column 1: duplicate key"),
            (
                "a.toml",
                "a = 1\nb = 2026-01-01",
                ", line 2, column 5: dates and times are written as",
            ),
            (
                "a.toml",
                "a = [1, 99999999999999999999]",
                ", line 1, column 9: the number is too large",
            ),
            ("a.toml", "a = nan", ", line 1, column 5: the number is infinite, or none"),
            ("a.toml", &["a=", &deep].concat(), "recurs"),
            ("a.toml", &[&long, "=1"].concat(), "recursion limit"),
            ("a.toml", &[&keys, " = { ", &keys, " = 1 }"].concat(), "it is nested too deep"),
        ] {
            let said = said(name, text, read);
            let text: String = text.chars().take(99).collect();
            assert!(said.contains(expected), "{name} {text}: {said}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for name in ["a.json", "a.toml"] {
            assert_eq!(said(name, b"{\n \"\xff", read), ", line 2, column 3: it is not UTF-8 text");
            let longest = usize::try_from(LONGEST).unwrap();
            let mut text = vec![b' '; longest];
            assert_eq!(said(name, &text, read), ": it is empty");
            text.push(b' ');
            assert_eq!(said(name, &text, read), ": it is longer than 1 MiB");
        }
        let directory =
            std::env::temp_dir().join(format!("heroku-data-link-{}.json", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let refused = read(&directory).unwrap_err().to_string();
        std::fs::remove_dir(&directory).unwrap();
        assert!(refused.contains(".json: Is a directory"), "{refused}");
        let refused = read(Path::new("there/is no.toml")).unwrap_err().to_string();
        assert!(refused.starts_with("there/is no.toml: No such file"), "{refused}");
    }

    #[test]
    fn a_password_is_not_repeated() {
        for url in ["redis://h:hunter2@host", "h:hunter2@host:1"] {
            let json = |text: &str| ("a.json", text.replace("URL", url));
            let toml = |text: &str| ("a.toml", text.replace("URL", url));
            for (name, text) in [
                json("{\"URL\": 1, \"URL\": 2}"),
                json("\"URL\""),
                json("{\"kind\": \"URL\"}"),
                json("{\"kind\": [\"URL\"]}"),
                json("{\"URL\": 1}"),
                json("{\"link\": \"URL\"}"),
                json("{\"link\": [\"URL\"]}"),
                json("{\"tags\": {\"URL\": 1}}"),
                json("{\"endpoint\": \"URL\"}"),
                json("{\"endpoint\": {\"URL\": {}}}"),
                json("{\"security-groups\": {\"owned\": {\"URL\": {}}}}"),
                json("URL"),
                json("{\"a\": \"URL"),
                toml("URL"),
                toml("link = URL"),
                toml("link = 'URL"),
                toml("link = 'URL'"),
                toml("link = ['URL']"),
                toml("'URL' = 1\n'URL' = 2"),
                toml("'URL' = 1"),
                toml("['URL']\n['URL']\n"),
                toml("[tags]\n'URL' = 1\n"),
                toml("kind = 'URL'"),
                toml("endpoint = { 'URL' = 1979-05-27 }"),
            ] {
                let said =
                    said(name, &text, |path| spec::<PrivateLinkSpec>(path, LinkKind::PrivateLink));
                assert!(!said.contains("hunter2"), "{text}: {said}");
            }
            let refused = read(Path::new(url)).unwrap_err().to_string();
            assert!(!refused.contains("hunter2"), "{refused}");
        }
        let refused = read(Path::new("hunter2@host.json")).unwrap_err().to_string();
        assert!(refused.starts_with("the file (its name is left out"), "{refused}");
    }

    const PEERING: &str = "link = 'office'\nspace = 'acme'\nvpc = 'vpc-0a1b2c3d4e5f60718'\n";

    #[test]
    fn a_spec_is_read_with_its_kind_and_without() {
        let bare = Temporary::new("bare.toml", PEERING);
        let kind = Temporary::new("kind.toml", format!("{PEERING}kind = 'peering'\n"));
        let read: PeeringSpec = spec(&bare.0, LinkKind::Peering).unwrap();
        assert_eq!(read.space.as_str(), "acme");
        assert_eq!(spec(&kind.0, LinkKind::Peering), Ok(read.clone()));
        let mut json = json!(read);
        json["kind"] = json!("peering");
        let json = Temporary::new("a.json", json.to_string());
        assert_eq!(spec(&json.0, LinkKind::Peering), Ok(read));
    }

    /// The simulated clouds are told to do what these say, too: that is `.ci/run`.
    #[test]
    fn the_samples_are_specs_of_the_kind_that_they_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
        let mut kinds = BTreeSet::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let kind = read(&path).unwrap()["kind"].as_str().and_then(LinkKind::of_name).unwrap();
            match kind {
                LinkKind::PrivateLink => drop(spec::<PrivateLinkSpec>(&path, kind).unwrap()),
                LinkKind::Peering => drop(spec::<PeeringSpec>(&path, kind).unwrap()),
                LinkKind::Encryption => drop(spec::<EncryptionSpec>(&path, kind).unwrap()),
                LinkKind::KeyAccess => drop(spec::<KeyAccessSpec>(&path, kind).unwrap()),
                other => panic!("{other} has no sample"),
            }
            kinds.insert(kind);
        }
        assert_eq!(kinds.len(), 4, "{kinds:?}");
    }

    #[test]
    fn what_is_no_such_spec_is_refused_with_its_field() {
        for (rest, expected) in [
            ("kind = 'privatelink'", ": its kind is privatelink, but a spec of peering is needed"),
            ("kind = 'peer'", "\"peer\" is not a kind of link: a spec of peering is needed"),
            ("kind = 1", "its kind is no text, but a spec of peering is needed"),
            (
                "color = 1",
                ", line 4, column 1: color: unknown field `color`, expected one of `link`",
            ),
            ("tags = { team = 1 }", ", line 4, column 17: tags.team: invalid type: integer `1`"),
            ("inbound.ports = ['x']", ", line 4"),
            ("inbound.security-group = 'vpc-1'", "inbound.security-group: \"vpc-1\" is not a"),
            ("addon = 'x'", "a peering has no `addon`"),
            ("route-tables.some = 1", "route-tables.some: unknown variant `some`, expected one of"),
        ] {
            let text = format!("{PEERING}{rest}\n");
            let said = said("a.toml", &text, |path| spec::<PeeringSpec>(path, LinkKind::Peering));
            assert!(said.contains(expected), "{rest}: {said}");
        }
        for (text, expected) in [
            ("[]", ": it is no object, but a spec of peering is needed"),
            (
                "{\n\"link\": \"x\",\n\"vpc\": \"y\"}",
                ", line 3, column 10: vpc: \"y\" is not a VPC id",
            ),
            ("{\n\"link\": \"x\"\n}", ", line 3, column 1: missing field `space`"),
        ] {
            let said = said("a.json", text, |path| spec::<PeeringSpec>(path, LinkKind::Peering));
            assert!(said.contains(expected), "{text}: {said}");
        }
    }
}

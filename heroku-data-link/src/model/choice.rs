//! How a choice is written: as an object with one property, which is named like the variant.
//!
//! `{"existing": "vpce-1"}` for a variant with content, `{"owned": {}}` for one without. The latter
//! was written as a plain string before, `"owned"`, and is still read so.

use std::fmt;
use std::iter;

use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::de::{EnumAccess, Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serializer, forward_to_deserialize_any};

/// Serde of an enum that derives it with `#[serde(remote = "…")]`, which is its own name. Each of its
/// variants without content is `#[serde(with = "Empty")]`.
macro_rules! choice {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize($crate::model::choice::AnySpelling(deserializer))
            }
        }
    };
}
pub(crate) use choice;

/// What a variant without content has in its place: `{}`.
pub(crate) struct Empty;

impl Empty {
    pub(crate) fn serialize<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_map(Some(0))?.end()
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct NoFields {}

        // Nothing at all is what a plain string has, and what YAML reads from `owned:`.
        Option::<NoFields>::deserialize(deserializer).map(drop)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Empty {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Empty".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "object" })
    }
}

/// A deserializer whose enums may be objects with one property, plain strings, and what the format
/// has for enums.
pub(crate) struct AnySpelling<D>(pub(crate) D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for AnySpelling<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(Choice { variants, visitor })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Choice<V> {
    variants: &'static [&'static str],
    visitor: V,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Choice<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with one property: {}", self.variants.join(", "))
    }

    fn visit_str<E: Error>(self, variant: &str) -> Result<V::Value, E> {
        let object = MapDeserializer::new(iter::once((variant, ())));
        self.visitor.visit_enum(MapAccessDeserializer::new(object))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<V::Value, A::Error> {
        let value = self.visitor.visit_enum(MapAccessDeserializer::new(&mut object))?;
        match object.next_key::<String>()? {
            None => Ok(value),
            Some(second) => Err(A::Error::custom(format_args!(
                "`{second}` is one property too many, as only one can be chosen of {}",
                self.variants.join(", ")
            ))),
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(variant)
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde::de::value::EnumAccessDeserializer;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case", deny_unknown_fields, remote = "Door")]
    enum Door {
        #[serde(with = "Empty")]
        LeftOpen,
        Locked(u32),
        Revolving {
            #[serde(default)]
            wings: u32,
        },
    }

    choice!(Door);

    fn read(value: Value) -> Result<Door, String> {
        let text = serde_json::from_str::<Door>(&value.to_string());
        let value = serde_json::from_value(value).map_err(|error| error.to_string());
        assert_eq!(text.is_ok(), value.is_ok());
        value
    }

    #[test]
    fn a_choice_is_written_as_an_object_with_one_property() {
        for (door, written) in [
            (Door::LeftOpen, json!({ "left-open": {} })),
            (Door::Locked(3), json!({ "locked": 3 })),
            (Door::Revolving { wings: 4 }, json!({ "revolving": { "wings": 4 } })),
        ] {
            assert_eq!(serde_json::to_value(&door).unwrap(), written);
            assert_eq!(read(written), Ok(door));
        }
    }

    #[test]
    fn a_variant_without_content_is_read_from_a_plain_string_too() {
        for old in [json!("left-open"), json!({ "left-open": null })] {
            assert_eq!(read(old), Ok(Door::LeftOpen));
        }
    }

    #[test]
    fn a_choice_is_read_from_what_a_format_has_for_enums() {
        let object = MapDeserializer::<_, serde::de::value::Error>::new(iter::once(("locked", 3)));
        let tagged = EnumAccessDeserializer::new(MapAccessDeserializer::new(object));
        assert_eq!(Door::deserialize(AnySpelling(tagged)), Ok(Door::Locked(3)));
    }

    #[test]
    fn what_is_no_choice_is_refused_with_what_can_be_chosen() {
        let all = "left-open, locked, revolving";
        for (value, part) in [
            (json!(null), all),
            (json!(1), all),
            (json!([]), all),
            (json!({}), "expected"),
            (json!("shut"), "unknown variant `shut`"),
            (json!({ "shut": {} }), "unknown variant `shut`"),
            (json!("locked"), "expected u32"),
            (json!({ "left-open": {}, "locked": 3 }), "`locked` is one property too many"),
            (json!({ "left-open": {}, "shut": 3 }), "`shut` is one property too many"),
            (json!({ "left-open": { "wide": true } }), "unknown field `wide`"),
            (json!({ "left-open": 3 }), "invalid type"),
            (json!({ "revolving": { "doors": 4 } }), "unknown field `doors`"),
        ] {
            let error = read(value.clone()).unwrap_err();
            assert!(error.contains(part), "{value}: {error}");
        }
    }
}

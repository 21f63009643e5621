//! The JSON schema of the report, made from the types that write it.

use std::io::{self, Write};

use schemars::generate::SchemaSettings;

use super::json;
use crate::model::report::{Report, SCHEMA_VERSION};

/// Writes the schema (JSON Schema 2020-12) of the reports that this version writes.
pub fn write(out: &mut dyn Write) -> io::Result<()> {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<Report>();
    schema.insert("title".to_owned(), format!("whydown report, schema version {SCHEMA_VERSION}").into());
    json::write(&schema, out)
}

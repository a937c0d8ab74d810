//! Builds the document from the registered operations.

use std::borrow::Cow;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::doc::{Doc, Names, ResponseBody, schema, text};
use super::{Operation, Verb};
use crate::model::name;
use crate::picture::param::Spec;
use crate::web::error;

/// The document while it is built.
pub(super) struct Document {
    paths: Map<String, Value>,
    schemas: SchemaGenerator,
}

impl Document {
    pub(super) fn of(operations: &[Operation]) -> Self {
        // Paths that end with a slash exist for links of other services. Linters complain about
        // them, so they are not in the document.
        let operations = operations
            .iter()
            .filter(|operation| operation.path == "/" || !operation.path.ends_with('/'));
        // OpenAPI 3.1 uses JSON Schema unchanged, but has its own place for definitions.
        let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        let mut document = Self { paths: Map::new(), schemas: settings.into_generator() };
        for Operation { verb, path, doc } in operations {
            let operation = document.operation(*verb, path, doc);
            // `{*rest}` in axum matches the rest of the path. OpenAPI has no notation for that.
            let path = path.replace("{*", "{");
            let item = document.paths.entry(path).or_insert_with(|| json!({}));
            item[verb.name()] = operation;
        }
        document
    }

    pub(super) fn render(mut self) -> String {
        let error = self.error();
        let schemas = self.schemas.take_definitions(true);
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "seen",
                "version": env!("CARGO_PKG_VERSION"),
                "summary": env!("CARGO_PKG_DESCRIPTION"),
                "license": { "name": "MIT", "identifier": "MIT" },
            },
            "servers": [{ "url": "/" }],
            "paths": self.paths,
            "components": {
                "schemas": schemas,
                "responses": {
                    "error": {
                        "description": "The error, and what is allowed instead",
                        "headers": {
                            "Retry-After": {
                                "description": "Seconds until the same request may succeed",
                                "schema": { "type": "integer" },
                            },
                            "RateLimit": {
                                "description": "What is left of a quota, and when there is more",
                                "schema": text(),
                            },
                            "RateLimit-Policy": {
                                "description": "The limit",
                                "schema": text(),
                            },
                        },
                        "content": error,
                    },
                },
                "securitySchemes": {
                    "token": {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "The token of the counter, of its namespace or of the instance",
                    },
                },
            },
        })
        .to_string()
    }

    /// The media types of an error that is not a picture.
    fn error(&mut self) -> Value {
        json!({
            "application/json": { "schema": schema::<error::ErrorBody>(&mut self.schemas) },
            "application/problem+json": {
                "schema": schema::<error::Problem<'static>>(&mut self.schemas),
            },
        })
    }

    fn operation(&mut self, verb: Verb, path: &str, doc: &Doc) -> Value {
        let named = path_names(path).map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": name_form(name, doc.names) })
        });
        let asked = doc.query.iter().chain(doc.shared).map(|param| {
            json!({
                "name": param.name,
                "in": "query",
                "required": param.required,
                "description": param.summary,
                "schema": (param.schema)(),
            })
        });
        let looks = (doc.looks)();
        let looks = looks.iter().flat_map(look);
        let parameters: Vec<Value> = named.chain(asked).chain(looks).collect();
        let mut success = json!({ "description": "Done" });
        match doc.answer {
            ResponseBody::Json(schema) => {
                let schema = schema(&mut self.schemas);
                success["content"] = json!({ "application/json": { "schema": schema } });
                for (param, media) in [("callback", "application/javascript"), ("img", "image/gif")]
                {
                    if doc.query.iter().chain(doc.shared).any(|p| p.name == param) {
                        success["content"][media] = json!({ "schema": text() });
                    }
                }
            }
            ResponseBody::Several(schema, others) => {
                let schema = schema(&mut self.schemas);
                success["content"] = json!({ "application/json": { "schema": schema } });
                for media in others {
                    success["content"][media] = json!({ "schema": text() });
                }
            }
            ResponseBody::Other(media) => {
                success["content"] = json!({ media: { "schema": text() } })
            }
            ResponseBody::Nothing => {}
        }
        // Errors of badges and charts are drawn as pictures.
        let error = match doc.answer {
            ResponseBody::Other(media @ "image/svg+xml") => {
                json!({ "description": "The error", "content": { media: { "schema": text() } } })
            }
            // A badge's is a picture, a card's is not.
            ResponseBody::Other(media @ "image/png") => {
                let mut content = self.error();
                content[media] = json!({ "schema": text() });
                json!({ "description": "The error", "content": content })
            }
            _ => json!({ "$ref": "#/components/responses/error" }),
        };
        let mut operation = json!({
            "operationId": operation_id(verb, path),
            "summary": doc.summary,
            "parameters": parameters,
            "responses": {
                doc.status.to_string(): success,
                "4XX": error,
                "default": error,
            },
        });
        for (status, schema) in doc.other_responses {
            let schema = schema(&mut self.schemas);
            operation["responses"][status.to_string()] = json!({
                "description": "An answer with the fields of this route",
                "content": { "application/json": { "schema": schema } },
            });
        }
        if let Some(body) = doc.body {
            // Fields that are always sent may be absent when read.
            let settings = SchemaSettings::draft2020_12().for_deserialize();
            let settings = settings.with(|settings| settings.inline_subschemas = true);
            let schema = body(&mut settings.into_generator());
            operation["requestBody"] = json!({
                "required": true,
                "content": { doc.takes: { "schema": schema } },
            });
        }
        operation["security"] = if doc.token { json!([{ "token": [] }]) } else { json!([]) };
        operation
    }
}

/// A parameter about looks, under each of its names. Invalid values are not refused, so the
/// valid ones are in the description instead of the schema.
fn look(spec: &Spec) -> impl Iterator<Item = Value> {
    let Spec { names, summary, values, default } = *spec;
    names.iter().enumerate().map(move |(nth, name)| {
        let description = match nth {
            0 => format!("{summary}: {values}. Default: {default}"),
            _ => format!("The same as `{}`", names[0]),
        };
        json!({
            "name": name,
            "in": "query",
            "required": false,
            "description": description,
            "schema": text(),
        })
    })
}

/// The names in the braces of a path.
fn path_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .map(|name| name.trim_start_matches('*'))
}

fn name_form(which: &str, names: Names) -> Value {
    let rule = r"(?!\.{1,2}(?:,|$))[A-Za-z0-9_.-]{1,64}";
    let pattern: Cow<'_, str> = match names {
        Names::Several(most) if which == "key" => {
            format!("^{rule}(,{rule}){{0,{}}}$", most - 1).into()
        }
        Names::CountApi => "^(:HOST:|:PATHNAME:|[A-Za-z0-9_.-]{3,64})$".into(),
        Names::Elsewhere => {
            return json!({ "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$" });
        }
        _ => format!("^{rule}$").into(),
    };
    json!({ "type": "string", "pattern": pattern, "description": name::ALLOWED })
}

/// `get /hit/{namespace}/{key}` as `get_hit_namespace_key`.
fn operation_id(verb: Verb, path: &str) -> String {
    let mut id = verb.name().to_owned();
    for part in path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
        id.push('_');
        id.push_str(part);
    }
    // The same path with a slash at its end is another route.
    if path.len() > 1 && path.ends_with('/') {
        id.push_str("_slash");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_an_id_of_its_own() {
        assert_eq!(operation_id(Verb::Get, "/hit/{namespace}/{key}"), "get_hit_namespace_key");
        assert_eq!(operation_id(Verb::Post, "/create/"), "post_create_slash");
        assert_eq!(operation_id(Verb::Get, "/"), "get");
    }
}

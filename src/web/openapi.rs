//! `/openapi.json`: what the API takes and answers (OpenAPI 3.1).
//!
//! The document is built from the table that also builds the router, and the schemas
//! of bodies from the types that are sent.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Bytes;
use axum::handler::Handler;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, MethodRouter, get, on};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::App;
use super::error;
use crate::model::name;
use crate::picture::param::Spec;
use crate::web::base_path;

/// Makes the JSON Schema of a type.
pub(crate) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The JSON Schema of `T`.
pub(crate) fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// What the document says about a route. It stands beside the route's handler.
pub(crate) struct Doc {
    /// One sentence, without a full stop.
    pub summary: &'static str,
    /// What the query may hold, and what is refused if it is wrong.
    pub query: &'static [Param],
    /// What the query may hold about looks; a value that is wrong is left out.
    pub looks: fn() -> Vec<Spec>,
    /// The schema of the body, where there is one.
    pub body: Option<SchemaOf>,
    /// The media type of the body.
    pub takes: &'static str,
    /// The status of success.
    pub status: u16,
    /// What success looks like.
    pub answer: ResponseBody,
    /// Further responses, by status. Errors are added to every route.
    pub other_responses: &'static [(u16, SchemaOf)],
    /// Whether it needs a token.
    pub token: bool,
    /// How the path names counters.
    pub names: Names,
}

/// What success looks like.
#[derive(Clone, Copy)]
pub(crate) enum ResponseBody {
    /// JSON with this schema, or a script with `?callback=`.
    Json(SchemaOf),
    /// JSON with this schema, or one of these media types if the client prefers it.
    Several(SchemaOf, &'static [&'static str]),
    /// Something else, of this media type.
    Other(&'static str),
    /// No body.
    Nothing,
}

/// How a path names counters.
#[derive(Clone, Copy)]
pub(crate) enum Names {
    /// One.
    One,
    /// Up to this many, separated by commas.
    Several(usize),
    /// One, by CountAPI's rule.
    CountApi,
}

/// A parameter of a query.
pub(crate) struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub summary: &'static str,
    /// Its JSON Schema.
    pub schema: fn() -> Value,
    /// Whether it must be there.
    pub required: bool,
}

impl Doc {
    /// A route that answers with JSON of type `T` and reads nothing but its path.
    pub(crate) const fn json<T: JsonSchema>(summary: &'static str) -> Self {
        Self {
            summary,
            query: &[],
            looks: Vec::new,
            body: None,
            takes: "application/json",
            status: 200,
            answer: ResponseBody::Json(schema::<T>),
            other_responses: &[],
            token: false,
            names: Names::One,
        }
    }

    /// A route that answers with something else.
    pub(crate) const fn other(summary: &'static str, media: &'static str) -> Self {
        Self { answer: ResponseBody::Other(media), ..Self::json::<()>(summary) }
    }

    /// Adds parameters.
    pub(crate) const fn query(self, query: &'static [Param]) -> Self {
        Self { query, ..self }
    }

    /// The same with these parameters about looks.
    pub(crate) const fn looks(self, looks: fn() -> Vec<Spec>) -> Self {
        Self { looks, ..self }
    }

    /// The same with other answers.
    pub(crate) const fn other_responses(self, other_responses: &'static [(u16, SchemaOf)]) -> Self {
        Self { other_responses, ..self }
    }

    /// Requires a token.
    pub(crate) const fn owners(self) -> Self {
        Self { token: true, ..self }
    }

    /// Changes the status of success.
    pub(crate) const fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Changes how the path names counters.
    pub(crate) const fn names(self, names: Names) -> Self {
        Self { names, ..self }
    }
}

impl Param {
    /// An optional parameter.
    pub(crate) const fn new(
        name: &'static str,
        summary: &'static str,
        schema: fn() -> Value,
    ) -> Self {
        Self { name, summary, schema, required: false }
    }

    /// Makes it required.
    pub(crate) const fn required(self) -> Self {
        Self { required: true, ..self }
    }
}

/// Any text.
pub(crate) fn text() -> Value {
    json!({ "type": "string" })
}

/// A total or an amount.
pub(crate) fn number() -> Value {
    json!({ "type": "integer", "minimum": -9_007_199_254_740_991_i64, "maximum": 9_007_199_254_740_991_i64 })
}

/// A name by CountAPI's rule.
pub(crate) fn countapi_name() -> Value {
    json!({ "type": "string", "pattern": "^[A-Za-z0-9_.-]{3,64}$" })
}

/// On or off.
pub(crate) fn switch() -> Value {
    json!({ "type": "string", "enum": ["", "1", "0", "true", "false", "yes", "no", "on", "off"] })
}

/// `?callback=`, on most routes that read.
pub(crate) const CALLBACK: Param = Param::new(
    "callback",
    "Answer with a script that calls this function (JSONP)",
    || json!({ "type": "string", "pattern": "^[A-Za-z_$][A-Za-z0-9_$.]{0,63}$" }),
);

/// The method of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Verb {
    fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Put => MethodFilter::PUT,
            Self::Patch => MethodFilter::PATCH,
            Self::Delete => MethodFilter::DELETE,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Put => "put",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }
}

/// The routes and their documentation.
pub(crate) struct Table {
    router: Router<App>,
    operations: Vec<Operation>,
}

/// A route of the API, as it was registered.
struct Operation {
    verb: Verb,
    path: &'static str,
    doc: &'static Doc,
}

/// The document while it is built.
struct Document {
    paths: Map<String, Value>,
    schemas: SchemaGenerator,
}

impl Table {
    /// An empty table.
    pub(crate) fn new() -> Self {
        Self { router: Router::new(), operations: Vec::new() }
    }

    /// Adds a route of the API, also to the document.
    pub(crate) fn api<H, T>(
        mut self,
        verbs: &[Verb],
        path: &'static str,
        handler: H,
        doc: &'static Doc,
    ) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        for verb in verbs {
            self.operations.push(Operation { verb: *verb, path, doc });
            self.router = self.router.route(path, on(verb.filter(), handler.clone()));
        }
        self
    }

    /// Adds a route of a counter under both paths, with and without its namespace.
    pub(crate) fn counter<H, T>(
        self,
        verbs: &[Verb],
        paths: [&'static str; 2],
        handler: H,
        doc: &'static Doc,
    ) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.api(verbs, paths[0], handler.clone(), doc).api(verbs, paths[1], handler, doc)
    }

    /// Adds a route outside the API: pages for people, and the addresses of other
    /// counters' badges.
    pub(crate) fn route(mut self, path: &str, methods: MethodRouter<App>) -> Self {
        self.router = self.router.route(path, methods);
        self
    }

    /// The documented paths.
    #[cfg(test)]
    pub(crate) fn documented(&self) -> Vec<String> {
        self.operations.iter().map(|operation| operation.path.to_owned()).collect()
    }

    /// The router, with a route for the document. That is built on the first request for
    /// it, since it takes megabytes to build and most instances never serve it.
    pub(crate) fn finish(self) -> Router<App> {
        let operations = self.operations;
        let document = LazyLock::new(move || Bytes::from(Document::of(&operations).render()));
        let document: Arc<LazyLock<Bytes, _>> = Arc::new(document);
        let answer = move |headers: HeaderMap| {
            let document = document.clone();
            async move { served(LazyLock::force(&document), &headers) }
        };
        self.router.route("/openapi.json", get(answer))
    }
}

/// The document for a client, with the address that a proxy shows it at.
fn served(document: &Bytes, headers: &HeaderMap) -> impl IntoResponse + use<> {
    let document = match base_path::of(headers) {
        "" => document.clone(),
        base => {
            let text = String::from_utf8_lossy(document);
            text.replacen("\"url\":\"/\"", &format!("\"url\":\"{base}/\""), 1).into()
        }
    };
    ([(CONTENT_TYPE, "application/json")], document)
}

impl Document {
    fn of(operations: &[Operation]) -> Self {
        // The same path with a slash at its end is there for other services' links, and
        // linters take it for a mistake.
        let operations = operations
            .iter()
            .filter(|operation| operation.path == "/" || !operation.path.ends_with('/'));
        // OpenAPI 3.1 takes JSON Schema as it is, and keeps it elsewhere.
        let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        let mut document = Self { paths: Map::new(), schemas: settings.into_generator() };
        for Operation { verb, path, doc } in operations {
            let operation = document.operation(*verb, path, doc);
            let item = document.paths.entry(*path).or_insert_with(|| json!({}));
            item[verb.name()] = operation;
        }
        document
    }

    fn render(mut self) -> String {
        let error = schema::<error::ErrorBody>(&mut self.schemas);
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
                        "description": "What is wrong, and what would be right",
                        "content": { "application/json": { "schema": error } },
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

    fn operation(&mut self, verb: Verb, path: &str, doc: &Doc) -> Value {
        let named = path_names(path).map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": name_form(name, doc.names) })
        });
        let asked = doc.query.iter().map(|param| {
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
                    if doc.query.iter().any(|p| p.name == param) {
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
        // The errors of badges and charts are pictures too.
        let error = match doc.answer {
            ResponseBody::Other(media @ "image/svg+xml") => {
                json!({ "description": "What is wrong", "content": { media: { "schema": text() } } })
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
                "description": "As CountAPI or Abacus has it",
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

/// A parameter about looks under each of its names. Any text is accepted, so the
/// values are in the description and not in the schema.
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

/// The names in braces of a path.
fn path_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn name_form(which: &str, names: Names) -> Value {
    let rule = r"(?!\.{1,2}(?:,|$))[A-Za-z0-9_.-]{1,64}";
    let pattern: Cow<'_, str> = match names {
        Names::Several(most) if which == "key" => {
            format!("^{rule}(,{rule}){{0,{}}}$", most - 1).into()
        }
        Names::CountApi => "^(:HOST:|:PATHNAME:|[A-Za-z0-9_.-]{3,64})$".into(),
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

//! The documentation of a route: its summary, parameters, body and answers.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::model::tally::MAX_TOTAL;
use crate::picture::param::Spec;

/// Makes the JSON Schema of a type.
pub(crate) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The JSON Schema of `T`.
pub(crate) fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// The documentation of a route, kept next to the route's handler.
pub(crate) struct Doc {
    /// One sentence, without a full stop.
    pub summary: &'static str,
    /// The query parameters that are refused if invalid.
    pub query: &'static [QueryParam],
    /// Further ones, shared by several routes.
    pub shared: &'static [QueryParam],
    /// The query parameters about looks. Invalid ones are ignored.
    pub looks: fn() -> Vec<Spec>,
    /// The schema of the body, if there is one.
    pub body: Option<SchemaOf>,
    /// The media type of the body.
    pub takes: &'static str,
    /// The status of success.
    pub status: u16,
    /// The body of a successful answer.
    pub answer: ResponseBody,
    /// Further responses, by status. Errors are added to every route.
    pub other_responses: &'static [(u16, SchemaOf)],
    /// Whether it needs a token.
    pub token: bool,
    /// How the path names counters.
    pub names: Names,
    /// Whether it is an expensive read, which has a limit: see `limits/reads.rs`.
    pub expensive: bool,
}

/// The body of a successful answer.
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
    /// One, by CountAPI's rule for names.
    CountApi,
    /// One, by another service's rule for names.
    Elsewhere,
}

/// A parameter of a query.
#[derive(Clone, Copy)]
pub(crate) struct QueryParam {
    /// Its name.
    pub name: &'static str,
    /// Its purpose.
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
            shared: &[],
            looks: Vec::new,
            body: None,
            takes: "application/json",
            status: 200,
            answer: ResponseBody::Json(schema::<T>),
            other_responses: &[],
            token: false,
            names: Names::One,
            expensive: false,
        }
    }

    /// A route that answers with something else.
    pub(crate) const fn other(summary: &'static str, media: &'static str) -> Self {
        Self { answer: ResponseBody::Other(media), ..Self::json::<()>(summary) }
    }

    /// A route whose answer has no body.
    pub(crate) const fn nothing(summary: &'static str) -> Self {
        Self { answer: ResponseBody::Nothing, ..Self::json::<()>(summary) }
    }

    /// Adds parameters.
    pub(crate) const fn query(self, query: &'static [QueryParam]) -> Self {
        Self { query, ..self }
    }

    /// Adds parameters that several routes share.
    pub(crate) const fn shared(self, shared: &'static [QueryParam]) -> Self {
        Self { shared, ..self }
    }

    /// Whether the document has a parameter of this name. [`Query`] asserts it, so that a route
    /// cannot read an undocumented parameter.
    ///
    /// [`Query`]: crate::web::request::query::Query
    pub(crate) fn declares(&self, name: &str) -> bool {
        let asked = self.query.iter().chain(self.shared).any(|param| param.name == name);
        asked || (self.looks)().iter().any(|spec| spec.names.contains(&name))
    }

    /// Adds parameters about looks.
    pub(crate) const fn looks(self, looks: fn() -> Vec<Spec>) -> Self {
        Self { looks, ..self }
    }

    /// Adds further answers.
    pub(crate) const fn other_responses(self, other_responses: &'static [(u16, SchemaOf)]) -> Self {
        Self { other_responses, ..self }
    }

    /// Requires a token.
    pub(crate) const fn owners(self) -> Self {
        Self { token: true, ..self }
    }

    /// Declares an expensive read.
    pub(crate) const fn expensive(self) -> Self {
        Self { expensive: true, ..self }
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

impl QueryParam {
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

/// Any text but an empty one.
pub(crate) fn some_text() -> Value {
    json!({ "type": "string", "minLength": 1 })
}

/// A total or an amount.
pub(crate) fn number() -> Value {
    json!({ "type": "integer", "minimum": -MAX_TOTAL, "maximum": MAX_TOTAL })
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
pub(crate) const CALLBACK: QueryParam = QueryParam::new(
    "callback",
    "Answer with a script that calls this function (JSONP)",
    || json!({ "type": "string", "pattern": "^[A-Za-z_$][A-Za-z0-9_$.]{0,63}$" }),
);

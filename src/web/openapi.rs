//! `/openapi.json`: a description of the API (OpenAPI 3.1).
//!
//! The table that builds the router also builds the document, and the types of bodies provide
//! their schemas.

mod doc;
mod document;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::handler::Handler;
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, get, on};
use tokio::sync::OnceCell;
use tokio::task::JoinError;

pub(crate) use self::doc::{
    CALLBACK, Doc, Names, QueryParam, ResponseBody, countapi_name, number, schema, some_text,
    switch, text,
};
use self::document::Document;
use super::App;
use crate::web::base_path;
use crate::web::error::ApiError;
use crate::web::response::etag;

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
    /// The expensive reads.
    expensive: Router<App>,
    operations: Vec<Operation>,
}

/// A documented route.
#[derive(Clone, Copy)]
pub(crate) struct Operation {
    /// Its method.
    pub verb: Verb,
    /// Its path, with names in braces.
    pub path: &'static str,
    /// Its documentation.
    pub doc: &'static Doc,
}

impl Operation {
    /// In builds for tests, panics if the document lacks a parameter that the route reads, and
    /// logs the others: tests/openapi.rs looks for parameters that no route reads.
    pub(crate) fn reads(&self, name: &str) {
        if cfg!(debug_assertions) {
            assert!(self.doc.declares(name), "the document of {} lacks {name}", self.path);
            tracing::trace!(method = self.verb.name(), path = self.path, name, "parameter read");
        }
    }
}

impl Table {
    /// An empty table.
    pub(crate) fn new() -> Self {
        Self { router: Router::new(), expensive: Router::new(), operations: Vec::new() }
    }

    /// Adds a route to the router and to the document.
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
            let operation = Operation { verb: *verb, path, doc };
            self.operations.push(operation);
            let route = on(verb.filter(), handler.clone());
            // In tests, `Query` checks that handlers read only documented parameters.
            #[cfg(debug_assertions)]
            let route = route.layer(axum::Extension(&*Box::leak(Box::new(operation))));
            let router = if doc.expensive { &mut self.expensive } else { &mut self.router };
            *router = std::mem::take(router).route(path, route);
        }
        self
    }

    /// Adds a route of a counter under two paths, with and without a namespace.
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

    /// Adds a route that is not in the document, such as a page for people.
    pub(crate) fn route(mut self, path: &str, methods: MethodRouter<App>) -> Self {
        self.router = self.router.route(path, methods);
        self
    }

    /// Adds a page for people that is expensive to read.
    pub(crate) fn expensive(mut self, path: &str, methods: MethodRouter<App>) -> Self {
        self.expensive = self.expensive.route(path, methods);
        self
    }

    /// The documented paths.
    #[cfg(test)]
    pub(crate) fn documented(&self) -> Vec<String> {
        self.operations.iter().map(|operation| operation.path.to_owned()).collect()
    }

    /// The routers of all and of expensive reads, with a route for the document. The document is
    /// built on the first request, since building it takes megabytes and most instances never
    /// serve it.
    pub(crate) fn finish(self) -> [Router<App>; 2] {
        let operations = Arc::new(self.operations);
        let document = Arc::new(OnceCell::new());
        let answer = move |headers: HeaderMap| {
            let (operations, document) = (operations.clone(), document.clone());
            async move {
                match document.get_or_try_init(|| built(operations)).await {
                    Ok(document) => served(document, &headers),
                    Err(bug) => ApiError::serialization(bug).into_response(),
                }
            }
        };
        [self.router, self.expensive.route("/openapi.json", get(answer))]
    }
}

/// Builds the document and its tag, which takes tens of milliseconds, off the threads that
/// answer.
async fn built(operations: Arc<Vec<Operation>>) -> Result<(Bytes, HeaderValue), JoinError> {
    let build = move || {
        let document = Bytes::from(Document::of(&operations).render());
        let tag = etag::of(&document);
        (document, tag)
    };
    tokio::task::spawn_blocking(build).await
}

/// The document for a client, with the base path of its proxy.
fn served((document, tag): &(Bytes, HeaderValue), headers: &HeaderMap) -> Response {
    let json = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
    match base_path::of(headers) {
        "" => ([json, (ETAG, tag.clone())], document.clone()).into_response(),
        base => {
            let text = String::from_utf8_lossy(document);
            let text = text.replacen("\"url\":\"/\"", &format!("\"url\":\"{base}/\""), 1);
            ([json], text).into_response()
        }
    }
}

//! The service as one would write it first: axum, fred, one `INCR` per request.
//! `benches/compare` measures seen against it.
//!
//! Usage: `incr PORT REDIS_URL`.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::get;
use fred::clients::Client;
use fred::interfaces::{ClientLike, KeysInterface};
use fred::types::config::Config;

async fn hit(State(redis): State<Client>, Path(key): Path<(String, String)>) -> impl IntoResponse {
    let total: i64 = redis.incr(format!("{}:{}", key.0, key.1)).await.expect("Redis answers");
    axum::Json(serde_json::json!({ "value": total }))
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, port, url] = arguments.as_slice() else { panic!("usage: incr PORT REDIS_URL") };
    let redis = Client::new(Config::from_url(url).expect("a Redis URL"), None, None, None);
    redis.init().await.expect("Redis answers");
    let router = Router::new().route("/hit/{namespace}/{key}", get(hit)).with_state(redis);
    let address = format!("127.0.0.1:{port}");
    let listener = tokio::net::TcpListener::bind(address).await.expect("the port is free");
    axum::serve(listener, router).await.expect("it serves");
}

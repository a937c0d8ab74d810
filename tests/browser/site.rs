//! Another person's site, on its own origin.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// Answers every path with one document until the tests end.
pub struct Site {
    pub port: u16,
}

impl Site {
    /// A site of pages with this body.
    pub fn page(body: &str) -> Self {
        let page = format!("<!doctype html><meta charset=utf-8><link rel=icon href=data:,>{body}");
        Self::serving("text/html", page)
    }

    /// A site of documents of this type.
    pub fn serving(kind: &'static str, content: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it has an address").port();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let content = content.clone();
                thread::spawn(move || answer(client, kind, &content));
            }
        });
        Self { port }
    }

    /// A page's address, under a host name that is not this machine's.
    pub fn url(&self, path: &str) -> String {
        format!("http://site.test:{}{path}", self.port)
    }
}

fn answer(mut client: TcpStream, kind: &str, content: &str) {
    let head = BufReader::new(&client).lines().map_while(Result::ok);
    // A browser opens connections ahead of need and may send nothing on them.
    if head.take_while(|line| !line.is_empty()).count() == 0 {
        return;
    }
    let length = content.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    let _ = client.write_all(head.as_bytes()).and_then(|()| client.write_all(content.as_bytes()));
}

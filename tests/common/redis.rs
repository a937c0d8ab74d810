//! A real Redis or Valkey server for one test.

use std::cell::RefCell;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;

/// Sentinel's configuration and state, in its folder.
const SENTINEL: &str = "sentinel.conf";

/// A server in its own folder, killed and deleted when dropped.
pub struct Redis {
    child: Option<Child>,
    program: PathBuf,
    pub port: u16,
    folder: tempfile::TempDir,
    arguments: Vec<String>,
    tls: bool,
}

impl Redis {
    /// A server that syncs every write to its append-only file.
    pub fn durable() -> Self {
        Self::start(&["--appendonly", "yes", "--appendfsync", "always", "--save", ""])
    }

    /// The same on the test's own port.
    pub fn durable_on(port: u16) -> Self {
        Self::start(&[
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
            "--port",
            &port.to_string(),
        ])
    }

    pub fn start(arguments: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().expect("a temporary folder"), arguments, false)
    }

    /// A Cluster of one node, as strict about slots as a larger one.
    pub fn start_cluster() -> Self {
        // Otherwise the cluster bus takes the port plus 10,000, which may not exist.
        let bus = free_port().to_string();
        let announced = ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"];
        let redis = Self::start(&[&announced[..], &["--cluster-port", &bus]].concat());
        assert_eq!(redis.ask(&["cluster", "addslotsrange", "0", "16383"]), "OK");
        super::wait_until("the Cluster is well", || {
            redis.ask(&["cluster", "info"]).contains("cluster_state:ok")
        });
        redis
    }

    /// The only Sentinel of a master, which it calls `main`.
    pub fn start_sentinel(master: &Self) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let watched = format!(
            "sentinel monitor main 127.0.0.1 {} 1\n\
             sentinel down-after-milliseconds main 1000\n\
             sentinel failover-timeout main 5000\n",
            master.port
        );
        std::fs::write(folder.path().join(SENTINEL), watched).expect("a file");
        Self::start_in(folder, &["--sentinel"], false)
    }

    /// A Cluster of this many masters, each with an equal part of the slots, which goes on when
    /// one is lost.
    pub fn start_cluster_of(masters: u16) -> Vec<Self> {
        let nodes: Vec<(Self, String)> = (0..masters)
            .map(|_| {
                let bus = free_port().to_string();
                let arguments = ["--cluster-enabled", "yes", "--cluster-port", &bus];
                let more = ["--cluster-node-timeout", "2000", "--cluster-require-full-coverage"];
                let safe = ["no", "--appendonly", "yes", "--appendfsync", "always", "--save", ""];
                (Self::start(&[&arguments[..], &more, &safe].concat()), bus)
            })
            .collect();
        let slots = 16384 / usize::from(masters) + 1;
        for (n, (node, _)) in nodes.iter().enumerate() {
            let last = (slots * (n + 1)).min(16384) - 1;
            node.ask(&["cluster", "set-config-epoch", &(n + 1).to_string()]);
            let (first, last) = ((slots * n).to_string(), last.to_string());
            assert_eq!(node.ask(&["cluster", "addslotsrange", &first, &last]), "OK");
        }
        for (node, bus) in &nodes[1..] {
            nodes[0].0.ask(&["cluster", "meet", "127.0.0.1", &node.port.to_string(), bus]);
        }
        for (node, _) in &nodes {
            super::wait_until("the Cluster is well", || {
                let info = node.ask(&["cluster", "info"]);
                let size = format!("cluster_size:{masters}");
                ["cluster_state:ok", "cluster_slots_ok:16384", &size]
                    .iter()
                    .all(|s| info.contains(s))
            });
        }
        nodes.into_iter().map(|(node, _)| node).collect()
    }

    /// A replica that follows a master of a Cluster, once all its nodes know it.
    pub fn start_cluster_replica(master: &Self, nodes: &[Self]) -> Self {
        let bus = free_port().to_string();
        let cluster = ["--cluster-enabled", "yes", "--cluster-port", &bus];
        let more = ["--cluster-node-timeout", "2000", "--cluster-require-full-coverage", "no"];
        let safe = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
        let replica = Self::start(&[&cluster[..], &more, &safe].concat());
        master.ask(&["cluster", "meet", "127.0.0.1", &replica.port.to_string(), &bus]);
        let id = master.ask(&["cluster", "myid"]);
        super::wait_until("the replica knows its master", || {
            replica.ask(&["cluster", "replicate", &id]) == "OK"
        });
        super::wait_until("the replica follows", || {
            let replicates = |node: &Self| {
                node.ask(&["cluster", "nodes"])
                    .lines()
                    .any(|line| line.contains(&format!(":{}@", replica.port)) && line.contains(&id))
            };
            replica.ask(&["info", "replication"]).contains("master_link_status:up")
                && nodes.iter().all(replicates)
        });
        replica
    }

    /// A server that speaks only TLS, with `server.pem` and `server.key` of `folder`.
    pub fn start_tls(folder: tempfile::TempDir) -> Self {
        let file = |name| folder.path().join(name).display().to_string();
        let arguments = ["--appendonly", "yes", "--tls-auth-clients", "no", "--tls-cert-file"];
        let (certificate, key) = (file("server.pem"), file("server.key"));
        let arguments = [&arguments[..], &[&certificate, "--tls-key-file", &key]].concat();
        Self::start_in(folder, &arguments, true)
    }

    fn start_in(folder: tempfile::TempDir, arguments: &[&str], tls: bool) -> Self {
        let arguments = arguments.iter().map(ToString::to_string).collect();
        let (program, port) = (program(), free_port());
        let mut redis = Self { child: None, program, port, folder, arguments, tls };
        // Another test's server may have taken the port meanwhile.
        for _ in 0..5 {
            match redis.launch(&[]) {
                Ok(()) => return redis,
                Err(said) if said.contains("already in use") => redis.port = free_port(),
                Err(said) => panic!("the server did not start:\n{said}"),
            }
        }
        panic!("no port is free");
    }

    /// Starts it, or restarts it on the same port and files.
    pub fn again(&mut self) {
        self.again_with(&[]);
    }

    /// The same with more arguments, this time only.
    pub fn again_with(&mut self, more: &[&str]) {
        assert!(self.child.is_none(), "it runs");
        self.launch(more).unwrap_or_else(|said| panic!("the server did not start:\n{said}"));
    }

    /// Starts the server; its output if it did not start.
    fn launch(&mut self, more: &[&str]) -> Result<(), String> {
        let port = self.port.to_string();
        let ports: &[&str] =
            if self.tls { &["--port", "0", "--tls-port", &port] } else { &["--port", &port] };
        let sentinel = Some(self.folder.path().join(SENTINEL)).filter(|file| file.exists());
        let mut child = Command::new(&self.program)
            .args(sentinel)
            .args(ports)
            .args(["--bind", "127.0.0.1", "--dir"])
            .arg(self.folder.path())
            .args(&self.arguments)
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut said = String::new();
        while let Some(Ok(line)) = lines.next() {
            if line.contains("Ready to accept connections") || line.contains("Sentinel ID is") {
                self.child = Some(child);
                // A full pipe would block the server: read and drop its output.
                thread::spawn(move || lines.for_each(drop));
                return Ok(());
            }
            said.push_str(&line);
            said.push('\n');
        }
        child.wait().expect("it ends");
        Err(said)
    }

    /// Kills it, as a power cut would.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
    }

    /// Waits until it ends on its own.
    pub fn wait(&mut self) {
        self.child.take().expect("it runs").wait().expect("it ends");
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Suspends the process (`STOP`) or lets it go on (`CONT`).
    pub fn signal(&self, name: &str) {
        super::signal(self.child.as_ref().expect("it runs").id(), name);
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn cluster_url(&self) -> String {
        self.url().replace("redis://", "redis-cluster://")
    }

    /// The server's reply to a command, as text.
    pub fn ask(&self, command: &[&str]) -> String {
        String::from_utf8_lossy(&self.ask_bytes(command)).trim().into()
    }

    /// The same as bytes, without the final newline.
    pub fn ask_bytes(&self, command: &[&str]) -> Vec<u8> {
        let name = self.program.file_name().expect("a file").to_string_lossy();
        let client = self.program.with_file_name(name.replace("-server", "-cli"));
        let output = Command::new(client)
            .args(["-p", &self.port.to_string()])
            .args(command)
            .output()
            .expect("there is a redis-cli beside the server");
        output.stdout.strip_suffix(b"\n").map(<[u8]>::to_vec).unwrap_or_default()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A port that nobody uses at the moment.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it has an address").port()
}

thread_local! {
    static SERVER: RefCell<Option<PathBuf>> = const { RefCell::new(None) };
}

/// The server program that this thread starts from now on.
pub fn use_server(program: PathBuf) {
    SERVER.set(Some(program));
}

/// The path of a Redis or Valkey server, from PATH or installed by `tests/get-redis`.
fn program() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let found = || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        // Tests run at the same time, and only one may install it.
        let lock = File::create(std::env::temp_dir().join("seen-get-redis.lock"));
        let lock = lock.expect("a lock file");
        lock.lock().expect("the lock");
        let output = Command::new("sh")
            .arg(root.join("tests/get-redis"))
            .stderr(Stdio::inherit())
            .output()
            .expect("there is a shell");
        assert!(
            output.status.success(),
            "these tests need a Redis or Valkey server; tests/get-redis got none"
        );
        PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
    };
    SERVER.with_borrow(Clone::clone).unwrap_or_else(|| PROGRAM.get_or_init(found).clone())
}

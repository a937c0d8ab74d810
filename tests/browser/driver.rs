//! A headless Chromium, driven through its chromedriver by WebDriver (W3C).

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::common::{TIMEOUT, say_skipped};

/// The programs that `tests/get-browser` found.
pub struct Tools {
    browser: PathBuf,
    driver: PathBuf,
    pub axe: PathBuf,
}

/// The browser and its driver, from PATH or installed now; `None` if `SEEN_TEST_BROWSER=none`.
/// The tests fail if neither can be had.
pub fn tools() -> Option<&'static Tools> {
    static TOOLS: OnceLock<Option<Tools>> = OnceLock::new();
    let find = || {
        if std::env::var_os("SEEN_TEST_BROWSER").is_some_and(|wish| wish == "none") {
            return None;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/get-browser");
        let output = Command::new("sh").arg(script).stderr(Stdio::inherit()).output();
        let output = output.expect("there is a shell");
        assert!(output.status.success(), "these tests need a Chromium; tests/get-browser got none");
        let output = String::from_utf8(output.stdout).expect("paths");
        let mut lines = output.lines().map(PathBuf::from);
        let mut next = || lines.next().expect("three lines");
        Some(Tools { browser: next(), driver: next(), axe: next() })
    };
    let tools = TOOLS.get_or_init(find).as_ref();
    if tools.is_none() {
        say_skipped("SEEN_TEST_BROWSER=none: a test with a browser");
    }
    tools
}

/// A browser with its own profile, closed when dropped.
pub struct Browser {
    driver: Child,
    /// The address of the session.
    session: String,
    client: ureq::Agent,
    /// Temporary files of the browser and its driver, which do not clean up all of theirs.
    _scraps: tempfile::TempDir,
}

/// Starts a chromedriver and returns the port that it prints.
fn launch(program: &Path, scraps: &Path) -> Option<(Child, u16)> {
    let mut driver = Command::new(program)
        .arg("--port=0")
        .env("TMPDIR", scraps)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver starts");
    let mut lines = BufReader::new(driver.stdout.take().expect("it is piped")).lines();
    let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let port = line.split_once("successfully on port ")?.1.trim_end_matches('.');
        port.parse::<u16>().ok()
    });
    if port.is_none() {
        // It closed its output, so it has ended.
        let _ = driver.wait();
    }
    thread::spawn(move || lines.for_each(drop));
    Some((driver, port?))
}

impl Browser {
    /// Starts a browser, or returns `None` if the tests run without one.
    pub fn start() -> Option<Self> {
        let tools = tools()?;
        let scraps = tempfile::tempdir().expect("a temporary folder");
        // The driver picks a port that is free on IPv4 and gives up if IPv6 has it in use: try
        // again.
        let (driver, port) = (0..5)
            .find_map(|_| launch(&tools.driver, scraps.path()))
            .expect("chromedriver says its port");
        let client = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT * 2))
            .build()
            .into();
        let session = format!("http://127.0.0.1:{port}");
        let mut browser = Self { driver, session, client, _scraps: scraps };
        let mut arguments = vec![
            "--headless=new",
            "--disable-gpu",
            // Containers have a small /dev/shm.
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
            "--no-first-run",
            "--hide-scrollbars",
            // Host names for sites of another origin. No other name resolves.
            "--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        ];
        let unwanted = std::env::var_os("SEEN_TEST_BROWSER_SANDBOX").is_some_and(|w| w == "none");
        if is_root() || unwanted {
            // Chromium's sandbox refuses to run as root, and cannot start in Nix' own sandbox.
            arguments.push("--no-sandbox");
        }
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": tools.browser, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }}});
        let session = browser.ask("POST", "/session", &capabilities);
        let id = session["sessionId"].as_str().expect("a session has an id");
        browser.session = format!("{}/session/{id}", browser.session);
        Some(browser)
    }

    /// Sends a WebDriver command and returns its value.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.session);
        let answer = match method {
            "POST" => self.client.post(&url).send_json(body),
            "DELETE" => self.client.delete(&url).call(),
            _ => self.client.get(&url).call(),
        };
        let mut answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let text = answer.body_mut().with_config().limit(1 << 28).read_to_string();
        let text = text.expect("chromedriver answers in text");
        let mut answer: Value = serde_json::from_str(&text).expect("chromedriver answers in JSON");
        let value = answer["value"].take();
        assert!(value.get("error").is_none(), "{method} {path} {body}: {value:#}");
        value
    }

    /// Opens a page and waits until it has loaded.
    pub fn open(&self, url: &str) {
        self.ask("POST", "/url", &json!({"url": url}));
    }

    /// The handle of the current tab.
    pub fn tab(&self) -> Value {
        self.ask("GET", "/window", &Value::Null)
    }

    /// Opens another tab and switches to it.
    pub fn new_tab(&self) {
        let tab = self.ask("POST", "/window/new", &json!({"type": "tab"}));
        self.use_tab(&tab["handle"]);
    }

    pub fn use_tab(&self, tab: &Value) {
        self.ask("POST", "/window", &json!({"handle": tab}));
    }

    /// Runs a function body in the page and returns its result; awaits a promise.
    pub fn run(&self, script: &str) -> Value {
        self.ask("POST", "/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Evaluates an expression in the page.
    pub fn value(&self, expression: &str) -> Value {
        self.run(&format!("return {expression}"))
    }

    pub fn text(&self, selector: &str) -> String {
        let text = self.value(&format!("document.querySelector({selector:?}).textContent"));
        text.as_str().expect("text").trim().to_owned()
    }

    /// Waits until an expression has this value, for a test's timeout at most.
    #[track_caller]
    pub fn wait(&self, expression: &str, goal: impl Into<Value>) {
        let (started, goal) = (Instant::now(), goal.into());
        loop {
            let found = self.value(expression);
            if found == goal {
                return;
            }
            assert!(started.elapsed() < TIMEOUT, "{expression} is {found} and never {goal}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Clicks as a person would: the element must be visible and uncovered.
    pub fn click(&self, selector: &str) {
        let find = json!({"using": "css selector", "value": selector});
        let element = self.ask("POST", "/element", &find);
        let id = element.as_object().and_then(|e| e.values().next()).and_then(Value::as_str);
        let path = format!("/element/{}/click", id.expect("an element has an id"));
        self.ask("POST", &path, &json!({}));
    }

    /// Sends a command of the DevTools protocol.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.ask("POST", "/goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    /// Sets the window's size and the colour scheme.
    pub fn look(&self, width: u32, height: u32, scheme: &str) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", &scheme);
    }

    /// Slows every later load down, to a bad mobile network.
    pub fn slow_network(&self) {
        let slow = json!({"offline": false, "latency": 100, "downloadThroughput": 20_000, "uploadThroughput": 20_000});
        self.devtools("Network.enable", &json!({}));
        self.devtools("Network.emulateNetworkConditions", &slow);
    }

    /// Runs a script in every page of this tab, before the page's own.
    pub fn before_each_page(&self, script: &str) {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({"source": script}));
    }

    /// Turns the pages' scripts on or off.
    pub fn scripts(&self, on: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", &json!({"value": !on}));
    }

    /// A screenshot as PNG, of the whole page or the visible part.
    pub fn screenshot(&self, whole: bool) -> Vec<u8> {
        let shot =
            self.devtools("Page.captureScreenshot", &json!({"captureBeyondViewport": whole}));
        STANDARD.decode(shot["data"].as_str().expect("a picture")).expect("base64")
    }

    /// Errors and failed loads of the pages since the last call.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.ask("POST", "/se/log", &json!({"type": "browser"}));
        let lines = log.as_array().expect("a list").iter();
        let bad = lines.filter(|line| matches!(line["level"].as_str(), Some("SEVERE" | "WARNING")));
        bad.map(|line| line["message"].to_string()).collect()
    }

    /// The requests of the pages since the last call, as method and address.
    pub fn requests(&self) -> Vec<String> {
        let log = self.ask("POST", "/se/log", &json!({"type": "performance"}));
        let events = log.as_array().expect("a list").iter().filter_map(|line| {
            let event: Value = serde_json::from_str(line["message"].as_str()?).ok()?;
            let event = &event["message"];
            (event["method"] == "Network.requestWillBeSent").then(|| {
                let request = &event["params"]["request"];
                let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
                format!("{} {}", text("method"), text("url"))
            })
        });
        events.collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Quitting the session closes the browser; killing the driver alone would leave it
        // running.
        let _ = self.client.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("there is an id");
    id.stdout.trim_ascii() == b"0"
}

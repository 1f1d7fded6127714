//! The server as a process of its own, so that its CPU is measured apart from the load's, and a
//! client that costs as little as one can.
//!
//! Must not know what is measured.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use flowstead::platform::config::Config;
use flowstead::services::execution::Handlers;
use serde_json::{Value as Json, json};

use crate::machine::cpu_time_of;
use crate::turns::Noop;

/// With this argument and a folder the measuring program is the server.
pub(crate) const SERVE: &str = "--serve";
const USER: &str = "ada";
const PASSWORD: &str = "correct horse battery";

/// The server with its settings as shipped, except for its limits on one client; besides its own
/// handlers it has one that does nothing.
pub(crate) fn serve(folder: &str) -> ExitCode {
    let mut config = Config::default();
    config.data.folder = folder.into();
    config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    (config.server.rate_per_second, config.server.rate_burst) = (1_000_000, 1_000_000);
    flowstead::cli::host(config, Handlers::default().with("bench.noop", Arc::new(Noop)))
}

/// A running server; it is killed when dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
    setup_token: String,
}

impl Server {
    /// This program as the server.
    pub(crate) fn start(folder: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
        command.arg(SERVE).arg(folder);
        Self::spawn(command)
    }

    /// The product's own program.
    pub(crate) fn start_program(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowstead"));
        command.arg("serve").arg("--data").arg(folder).args(["--listen", "127.0.0.1:0"]);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        // Log lines are written as in life, and thrown away.
        let command = command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("the server starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("its output is a pipe");
        BufReader::new(output).read_line(&mut line).expect("it says when it is ready");
        let (_, address) = line.split_once("http://").expect("it says where it is");
        let address = address.split(['/', '\n']).next().unwrap_or_default();
        let setup_token = line.split_once("token=").map_or("", |(_, token)| token.trim());
        Self {
            process,
            address: address.parse().expect("an address and a port"),
            setup_token: setup_token.to_owned(),
        }
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn cpu_time(&self) -> Duration {
        cpu_time_of(self.process.id())
    }

    /// Waits until the server has nothing left to do, indexing included.
    pub(crate) fn wait_until_idle(&self) {
        loop {
            let before = self.cpu_time();
            std::thread::sleep(Duration::from_millis(1_500));
            if self.cpu_time().saturating_sub(before) < Duration::from_millis(30) {
                return;
            }
        }
    }

    /// Makes the administrator and gives a header that authorizes programs.
    pub(crate) fn set_up(&self) -> String {
        let mut connection = Connection::open(self.address);
        let administrator = json!({
            "token": self.setup_token,
            "user_id": USER,
            "email": "ada@example.org",
            "display_name": "Ada",
            "password": PASSWORD,
        });
        connection.post("/api/v1/setup", "", &administrator);
        let login = json!({ "name": USER, "password": PASSWORD });
        let tokens = connection.post("/api/v1/auth/login", "", &login);
        let header = |token: &Json| {
            format!("Authorization: Bearer {}\r\n", token.as_str().expect("a token"))
        };
        let access = header(&tokens["data"]["access_token"]);
        let token = connection.post("/api/v1/me/tokens", &access, &json!({ "name": "a bench" }));
        header(&token["data"]["token"])
    }

    /// Signs a browser in and gives the header of its cookies.
    pub(crate) fn sign_in(&self) -> String {
        let mut connection = Connection::open(self.address);
        let page = connection.call("GET", "/sign-in", "", "");
        let visitor = page.cookie();
        let csrf = page.body.split_once("name=\"csrf\" value=\"").map_or("", |(_, rest)| rest);
        let csrf = csrf.split('"').next().unwrap_or_default();
        let fields = [("csrf", csrf), ("email", USER), ("password", PASSWORD)];
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers =
            format!("Cookie: {visitor}\r\nContent-Type: application/x-www-form-urlencoded\r\n");
        let answer = connection.call("POST", "/sign-in", &headers, &form);
        assert_eq!(answer.status(), 303, "{}", answer.body);
        format!("Cookie: {visitor}; {}\r\n", answer.cookie())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; its folder is thrown away in any case.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One connection that is kept open.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

/// What was answered.
pub(crate) struct Answer {
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or_default()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    /// The cookie that is set, without its attributes.
    fn cookie(&self) -> &str {
        let cookie = self.header("set-cookie").unwrap_or_default();
        cookie.split(';').next().unwrap_or_default()
    }
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("loopback has no delay");
        Self { stream: BufReader::new(stream) }
    }

    /// Sends a request and reads its answer; `headers` are whole lines.
    pub(crate) fn call(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {length}\r\n\
             \r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes()).expect("the server reads");
        let mut answer = Answer { head: String::new(), body: String::new() };
        while !answer.head.ends_with("\r\n\r\n") {
            let read = self.stream.read_line(&mut answer.head).expect("the server answers");
            assert!(read > 0, "the server closed the connection");
        }
        let length = answer.header("content-length").and_then(|it| it.parse().ok());
        let length: u64 = length.expect("the length of the answer is known");
        let mut bytes = (&mut self.stream).take(length);
        bytes.read_to_string(&mut answer.body).expect("the answer is text");
        answer
    }

    /// Sends JSON that must be accepted, and gives the JSON of the answer.
    pub(crate) fn post(&mut self, path: &str, headers: &str, body: &Json) -> Json {
        let headers = format!("{headers}Content-Type: application/json\r\n");
        let answer = self.call("POST", path, &headers, &body.to_string());
        assert!((200..300).contains(&answer.status()), "POST {path}: {}", answer.body);
        serde_json::from_str(&answer.body).expect("the answer is JSON")
    }
}

//! The real program, serving from a folder of a test, and a client of its API.
//!
//! Knows nothing of the inside: what can be seen from outside is what counts.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::redirect::Policy;
use serde_json::{Value as Json, json};

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_flowstead");
/// The first administrator of a test's server.
pub(crate) const ADMINISTRATOR: &str = "ada";
/// The administrator's password.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Longer than any end should take; then a test fails instead of hanging.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server; it is killed when dropped.
pub(crate) struct Server {
    process: Child,
    /// Its address without a slash at the end.
    pub(crate) base: String,
    /// The line it printed when it was ready.
    pub(crate) ready_line: String,
    log: PathBuf,
    client: Client,
    token: Option<String>,
}

impl Server {
    /// Starts the program on a folder and a free port, and waits until it is ready.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    /// As [`Server::start`], with further environment variables.
    pub(crate) fn start_with(folder: &Path, environment: &[(&str, &str)]) -> Self {
        let log = folder.with_extension("log");
        let parent = log.parent().expect("a folder stands in another");
        std::fs::create_dir_all(parent).expect("the parent can be made");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log);
        let mut process = program(folder, environment)
            .stdout(Stdio::piped())
            .stderr(file.expect("the log can be written"))
            .spawn()
            .expect("the program starts");
        let mut ready_line = String::new();
        let output = process.stdout.take().expect("its output is a pipe");
        BufReader::new(output).read_line(&mut ready_line).expect("the output can be read");
        let ready_line = ready_line.trim_end().to_owned();
        let address = ready_line.split_whitespace().find(|word| word.starts_with("http"));
        let Some(address) = address else {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            panic!("no ready line but \"{ready_line}\"; its log:\n{log}");
        };
        let base = address.split("/setup").next().unwrap_or(address).to_owned();
        let client = http_client(PATIENCE);
        Self { process, base, ready_line, log, client, token: None }
    }

    /// The one-time token of the setup link, while there is no administrator.
    pub(crate) fn setup_token(&self) -> Option<&str> {
        self.ready_line.split_once("/setup?token=").map(|(_, token)| token)
    }

    /// Makes the administrator and lets this client be it from now on.
    pub(crate) fn set_up(&mut self) {
        let token = self.setup_token().expect("there is no administrator yet").to_owned();
        let administrator = json!({
            "token": token,
            "user_id": ADMINISTRATOR,
            "email": "ada@example.org",
            "display_name": "Ada",
            "password": PASSWORD,
        });
        let (status, answer) = self.call(Method::POST, "/api/v1/setup", Some(&administrator));
        assert_eq!(status, 201, "{answer}");
        self.sign_in(ADMINISTRATOR, PASSWORD);
    }

    /// Lets this client be a user from now on, by an API token that does not end.
    pub(crate) fn sign_in(&mut self, name: &str, password: &str) {
        let login = json!({ "name": name, "password": password });
        let (status, answer) = self.call(Method::POST, "/api/v1/auth/login", Some(&login));
        assert_eq!(status, 200, "{answer}");
        self.token = answer["data"]["access_token"].as_str().map(str::to_owned);
        let wanted = json!({ "name": format!("test {}", uuid::Uuid::now_v7()) });
        let (status, answer) = self.call(Method::POST, "/api/v1/me/tokens", Some(&wanted));
        assert_eq!(status, 201, "{answer}");
        self.token = answer["data"]["token"].as_str().map(str::to_owned);
    }

    /// Signs in as a browser without scripts does; gives the cookies of its session.
    pub(crate) fn browser_cookies(&self, name: &str, password: &str) -> String {
        let url = format!("{}/sign-in", self.base);
        let page = self.client.get(&url).send().expect("the server answers");
        let visitor = cookies_of(&page);
        let page = page.text().expect("a page");
        let csrf = page.split_once("name=\"csrf\" value=\"").expect("a form").1;
        let csrf = csrf.split('"').next().expect("a value ends");
        let form = [("csrf", csrf), ("email", name), ("password", password), ("next", "/")];
        let signed_in = self.client.post(&url).header("cookie", visitor).form(&form).send();
        let signed_in = signed_in.expect("the server answers");
        assert_eq!(signed_in.status(), 303);
        cookies_of(&signed_in)
    }

    /// Lets this client be whoever a token of an earlier life of the server belongs to.
    pub(crate) fn use_token(&mut self, token: &str) {
        self.token = Some(token.to_owned());
    }

    /// The token this client uses.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// A request as whoever signed in, for tests that need more than [`Server::call`].
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Calls the API; gives the status and the envelope, null when there is no JSON.
    pub(crate) fn call(&self, method: Method, path: &str, body: Option<&Json>) -> (u16, Json) {
        let request = self.request(method, path);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.send().expect("the server answers");
        let status = response.status().as_u16();
        (status, response.json().unwrap_or(Json::Null))
    }

    /// Reads data that must be there.
    pub(crate) fn get(&self, path: &str) -> Json {
        let (status, mut answer) = self.call(Method::GET, path, None);
        assert_eq!(status, 200, "GET {path}: {answer}");
        answer["data"].take()
    }

    /// Does something that must succeed, and gives the data.
    pub(crate) fn post(&self, path: &str, body: &Json) -> Json {
        let (status, mut answer) = self.call(Method::POST, path, Some(body));
        assert!((200..300).contains(&status), "POST {path}: {status} {answer}");
        answer["data"].take()
    }

    /// Asks for the data until it is as wanted, as work goes on behind the answers.
    pub(crate) fn wait_for(&self, path: &str, is_wanted: impl Fn(&Json) -> bool) -> Json {
        self.wait_for_answer(path, |answer| is_wanted(&answer["data"]))["data"].take()
    }

    /// As [`Server::wait_for`], with the whole envelope.
    pub(crate) fn wait_for_answer(&self, path: &str, is_wanted: impl Fn(&Json) -> bool) -> Json {
        let started = Instant::now();
        loop {
            let (status, answer) = self.call(Method::GET, path, None);
            assert_eq!(status, 200, "GET {path}: {answer}");
            if is_wanted(&answer) {
                return answer;
            }
            assert!(started.elapsed() < PATIENCE, "GET {path} stays {answer}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("the log can be read")
    }

    /// Asks it to end and waits until it has.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    /// Sends it a signal, such as `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &id]).status();
        assert!(sent.expect("kill runs").success(), "the program is gone already");
    }

    /// Ends it at once, as a power failure would.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("the program runs");
        self.process.wait().expect("the program ends");
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().expect("the program can be asked") {
                return status;
            }
            assert!(started.elapsed() < PATIENCE, "the program does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a browser sends back of the cookies an answer set.
fn cookies_of(answer: &Response) -> String {
    let lines = answer.headers().get_all("set-cookie").iter();
    let lines = lines.map(|line| line.to_str().expect("cookies are text"));
    let pairs: Vec<&str> = lines.filter_map(|line| line.split(';').next()).collect();
    pairs.join("; ")
}

/// A client for requests to this machine only, which follows no redirect.
pub(crate) fn http_client(timeout: Duration) -> Client {
    // An error means that another test has installed the provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .timeout(timeout)
        .build()
        .expect("a client")
}

/// The command that serves from a folder on a free port, with limits no test reaches.
fn program(folder: &Path, environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder)
        .env("FLOWSTEAD_SERVER__RATE_PER_SECOND", "1000000")
        .env("FLOWSTEAD_SERVER__RATE_BURST", "1000000")
        .env("FLOWSTEAD_SERVER__SIGN_IN_PER_MINUTE", "1000000")
        .envs(environment.iter().copied());
    command
}

/// Runs the program to its end; gives its exit code, output and errors.
pub(crate) fn run_program(
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> (i32, String, String) {
    let mut process = Command::new(PROGRAM)
        .args(arguments)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut errors = process.stderr.take().expect("its errors are a pipe");
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        errors.read_to_string(&mut text).map(|_| text).expect("its errors are text")
    });
    let mut output = String::new();
    let mut pipe = process.stdout.take().expect("its output is a pipe");
    pipe.read_to_string(&mut output).expect("its output is text");
    let status = process.wait().expect("the program ends");
    let errors = reader.join().expect("the reader ends");
    (status.code().expect("an exit code"), output, errors)
}

//! A real mail server for tests: aiosmtpd in a process of its own, writing a Maildir.
//!
//! Knows nothing of the product. Needs Python 3 with `aiosmtpd`; `FLOWSTEAD_TEST_PYTHON` names
//! another Python than `python3`.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long the server may take to answer; Python starts slowly on a busy machine.
const START_TIME: Duration = Duration::from_secs(30);

/// A running mail server; it stops when dropped.
pub(crate) struct SmtpServer {
    /// The port it listens on, at 127.0.0.1, without TLS or sign-in.
    pub(crate) port: u16,
    maildir: PathBuf,
    process: Child,
}

impl SmtpServer {
    /// Starts a server that delivers into a new Maildir in `folder`.
    pub(crate) fn start(folder: &Path) -> Self {
        let python = std::env::var("FLOWSTEAD_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
        require_module(&python);
        let maildir = folder.join("maildir");
        for attempt in 0.. {
            let port = free_port();
            let mut process = spawn(&python, port, &maildir);
            if greets(port, &mut process) {
                return Self { port, maildir, process };
            }
            // Another process took the port between finding and using it.
            assert!(attempt < 3, "the mail server does not start with {python}");
        }
        unreachable!("the loop ends by returning or by failing")
    }

    /// The delivered mails as they came over the wire, in no order.
    pub(crate) fn delivered(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.maildir.join("new")).expect("the Maildir is there");
        let read = |file: std::io::Result<std::fs::DirEntry>| {
            std::fs::read_to_string(file.expect("an entry").path()).expect("mail is text")
        };
        files.map(read).collect()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn require_module(python: &str) {
    let found = Command::new(python).args(["-c", "import aiosmtpd"]).output();
    assert!(
        found.is_ok_and(|output| output.status.success()),
        "{python} has no aiosmtpd: run `python3 -m venv venv && venv/bin/pip install aiosmtpd` \
         and set FLOWSTEAD_TEST_PYTHON=venv/bin/python"
    );
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound address").port()
}

fn spawn(python: &str, port: u16, maildir: &Path) -> Child {
    Command::new(python)
        .args(["-m", "aiosmtpd", "-n", "-l", &format!("127.0.0.1:{port}")])
        .args(["-c", "aiosmtpd.handlers.Mailbox"])
        .arg(maildir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("python starts, as it just did")
}

/// Waits for the greeting; false when the process ended instead.
fn greets(port: u16, process: &mut Child) -> bool {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let started = Instant::now();
    while started.elapsed() < START_TIME {
        if process.try_wait().expect("the process can be asked").is_some() {
            return false;
        }
        if let Ok(stream) = TcpStream::connect(address) {
            let mut line = String::new();
            let greeting = BufReader::new(stream).read_line(&mut line);
            return greeting.is_ok() && line.starts_with("220");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

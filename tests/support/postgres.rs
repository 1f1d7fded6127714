//! One real PostgreSQL for the whole test binary, and a fresh database for each test.
//!
//! Knows nothing of the store. The server listens on loopback, keeps its data in a temporary
//! folder, and is stopped by a watcher that notices the end of this process, however it ends.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, thread};

use postgres::{Client, NoTls};

/// The URL of an empty database that no other test uses. Its text order is English, not that of
/// bytes, so that a query which relies on the locale of the server is found out.
pub(crate) fn fresh_database() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(1);
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let server = server();
    run_sql(&server.url("postgres"), &format!("CREATE DATABASE {name}"));
    server.url(&name)
}

/// Runs statements on a connection of their own, from any thread.
pub(crate) fn run_sql(url: &str, sql: &str) {
    let (url, sql) = (url.to_owned(), sql.to_owned());
    // The driver runs a runtime of its own, which can't be inside a test's.
    let run = thread::spawn(move || {
        let mut client = Client::connect(&url, NoTls).expect("the test server answers");
        client.batch_execute(&sql).expect("the statement is right");
    });
    run.join().expect("the statement ran");
}

struct Server {
    port: u16,
    /// Its standard input is a pipe that closes when this process ends.
    _watcher: Child,
}

impl Server {
    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(start)
}

fn start() -> Server {
    let programs = programs().expect(
        "PostgreSQL is needed for these tests: \
         apt-get install -y --no-install-recommends postgresql-15",
    );
    let folder = env::temp_dir().join(format!("flowstead-postgres-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("the temporary folder can be written");
    let user = unprivileged_user();
    if let Some(user) = &user {
        check(Command::new("chown").arg(user).arg(&folder));
    }
    let watcher = watch(&programs, &folder, user.as_deref());
    let data = folder.join("data");
    let mut initdb = as_user(user.as_deref(), &programs.join("initdb"));
    initdb.args(["-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"]);
    initdb.args(["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]);
    check(initdb.arg("-D").arg(&data));
    // Another program can take a free port before the server does.
    let port = (0..5).find_map(|_| launch(&programs, &folder, user.as_deref()));
    Server { port: port.expect("the server starts; its log is in the folder"), _watcher: watcher }
}

fn launch(programs: &Path, folder: &Path, user: Option<&str>) -> Option<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let port = listener.local_addr().expect("a bound port has a number").port();
    drop(listener);
    let options = format!(
        "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} \
         -c max_connections=300 -c shared_buffers=32MB",
        folder.display()
    );
    let mut pg_ctl = as_user(user, &programs.join("pg_ctl"));
    pg_ctl.arg("-D").arg(folder.join("data")).arg("-l").arg(folder.join("log"));
    pg_ctl.args(["-w", "-o", &options, "start"]).stdout(Stdio::null()).stderr(Stdio::null());
    pg_ctl.status().is_ok_and(|status| status.success()).then_some(port)
}

/// Starts the watcher, in a process group of its own so that an interrupt does not reach it.
fn watch(programs: &Path, folder: &Path, user: Option<&str>) -> Child {
    let stop = format!(
        "cd /; read -r _; {}{}/pg_ctl -D {folder}/data -m immediate stop; rm -rf {folder}",
        user.map_or(String::new(), |user| format!("runuser -u {user} -- ")),
        programs.display(),
        folder = folder.display(),
    );
    let mut watcher = Command::new("sh");
    watcher.args(["-c", &stop]).process_group(0).stdin(Stdio::piped());
    watcher.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a shell can be started")
}

/// The server refuses to run as root, which is who runs tests in a container.
fn unprivileged_user() -> Option<String> {
    let id = Command::new("id").arg("-u").output().expect("the user's id can be asked for");
    if id.stdout != b"0\n" {
        return None;
    }
    let exists = |user: &&str| {
        let id = Command::new("id").arg(user).output();
        id.is_ok_and(|output| output.status.success())
    };
    Some(["postgres", "nobody"].into_iter().find(exists).expect("a user besides root").to_owned())
}

fn as_user(user: Option<&str>, program: &Path) -> Command {
    let Some(user) = user else { return Command::new(program) };
    let mut command = Command::new("runuser");
    command.args(["-u", user, "--"]).arg(program).current_dir("/");
    command
}

fn check(command: &mut Command) {
    let output = command.output().expect("the program can be started");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The folder of the newest installed server's programs.
fn programs() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = installed.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.extend(env::split_paths(&path));
    folders.into_iter().rev().find(|folder| folder.join("initdb").is_file())
}

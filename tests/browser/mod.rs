//! The pages in a real browser, as a new user meets them; the steps stand beside this file.
//!
//! Knows only the real program from outside. Needs Chromium and Node.js with npm;
//! `FLOWSTEAD_TEST_CHROMIUM` names another browser than `/usr/bin/chromium`. Pictures of every page
//! in three modes are left in `tests/output/screenshots`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support::server::Server;
use crate::support::smtp::SmtpServer;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn a_new_user_gets_an_expense_approved() {
    let pictures = pictures();
    let office = Office::open();
    office.walk("journey.mjs", &[&office.setup_link, "with-scripts", &pictures]);
    office.expect_mail();
    office.walk("keyboard.mjs", &[]);
    office.walk("travel.mjs", &["with-scripts", &pictures]);
    office.walk("changes.mjs", &["with-scripts", &pictures]);
    office.walk("pages.mjs", &[&pictures, &format!("{ROOT}/templates/pages")]);
}

#[test]
fn the_same_works_without_scripts() {
    let office = Office::open();
    office.walk("journey.mjs", &[&office.setup_link, "without-scripts", &pictures()]);
    office.expect_mail();
    office.walk("travel.mjs", &["without-scripts", &pictures()]);
    office.walk("changes.mjs", &["without-scripts", &pictures()]);
}

/// A server on an empty folder, and the mail server of its company.
struct Office {
    server: Server,
    setup_link: String,
    mail: SmtpServer,
    folder: PathBuf,
}

impl Office {
    fn open() -> Self {
        let folder =
            std::env::temp_dir().join(format!("flowstead-office-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&folder).expect("a temporary folder can be made");
        let mail = SmtpServer::start(&folder);
        let port = mail.port.to_string();
        let environment = [
            ("FLOWSTEAD_MAIL__HOST", "127.0.0.1"),
            ("FLOWSTEAD_MAIL__PORT", &port),
            ("FLOWSTEAD_MAIL__TLS", "none"),
            ("FLOWSTEAD_MAIL__FROM", "Flowstead <flowstead@example.org>"),
            // What is stuck should be so soon.
            ("FLOWSTEAD_EXECUTION__BACKOFF_MS", "10"),
        ];
        let server = Server::start_with(&folder.join("data"), &environment);
        let token = server.setup_token().expect("a fresh folder has a setup link");
        let setup_link = format!("{}/setup?token={token}", server.base);
        Self { server, setup_link, mail, folder }
    }

    /// Runs one file of steps against the server; it says itself what went wrong.
    fn walk(&self, steps: &str, arguments: &[&str]) {
        let output = Command::new("node")
            .arg(steps_folder().join(steps))
            .arg(&self.server.base)
            .args(arguments)
            .output()
            .expect("node is installed, as npm was used");
        assert!(
            output.status.success(),
            "{steps} {arguments:?}:\n{}{}\nThe server's log:\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
            self.server.log()
        );
    }

    /// The requester was told, once.
    fn expect_mail(&self) {
        let mails = self.mail.delivered();
        let approvals = mails.iter().filter(|mail| {
            mail.contains("requester@example.org") && mail.contains("Subject: Approved: Breakfast")
        });
        assert_eq!(approvals.count(), 1, "{mails:#?}");
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        // What stays behind lies in the folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The folder of the steps, with the packages they need.
fn steps_folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(ROOT).join("tests/browser");
        if !folder.join("node_modules/playwright-core").is_dir() {
            let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
            let output = Command::new("npm").args(arguments).current_dir(&folder).output();
            let output = output.expect("npm runs; install Node.js 20 or newer");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        folder
    })
}

fn pictures() -> String {
    format!("{ROOT}/tests/output/screenshots")
}

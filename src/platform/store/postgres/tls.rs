//! How a connection to PostgreSQL is made: the URL read, TLS when it asks for it.
//!
//! Knows nothing of transactions.
//!
//! **Invariant:** with TLS, the server's certificate and name are always verified.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use postgres::config::SslMode;
use postgres::{Client, Config, NoTls};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::platform::store::options::PostgresOptions;
use crate::platform::store::sql::StoreError;

/// A server that does not answer within this is treated as absent.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// What every session needs: no thread waits for ever on a lock, and our short statements gain
/// nothing from compilation. A plan that is kept would stay with the table as it was when the
/// session began: on a young database, sequential scans of what has grown since.
const SESSION: &str = "SET lock_timeout = '10s'; SET jit = off; SET TIME ZONE 'UTC'; \
     SET plan_cache_mode = force_custom_plan";

/// Everything needed to connect, checked once.
#[derive(Clone)]
pub(super) struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl Connector {
    /// Reads the URL and the certificates.
    pub(super) fn new(options: &PostgresOptions) -> Result<Self, StoreError> {
        let url = options.url.replace("sslmode=verify-full", "sslmode=require");
        let url = url.replace("sslmode=verify-ca", "sslmode=require");
        let mut config: Config = url
            .parse()
            .map_err(|error| unusable(&format!("the URL of PostgreSQL can't be read: {error}")))?;
        config.application_name("flowstead").connect_timeout(CONNECT_TIMEOUT);
        let tls = match config.get_ssl_mode() {
            SslMode::Require => Some(tls(options.root_certificates.as_deref())?),
            _ => None,
        };
        Ok(Self { config, tls })
    }

    /// A connector to the database with this name at the end, which is made when missing.
    pub(super) fn beside(mut self, suffix: &str) -> Result<Self, StoreError> {
        let own = self.config.get_dbname().or(self.config.get_user()).unwrap_or("postgres");
        let name = format!("{own}_{suffix}");
        let failed = |error: &postgres::Error| unusable(&format!("cannot use PostgreSQL: {error}"));
        let mut client = self.connect().map_err(|error| failed(&error))?;
        let known = client.query("SELECT 1 FROM pg_database WHERE datname = $1", &[&name]);
        if known.map_err(|error| failed(&error))?.is_empty() {
            let quoted = name.replace('"', "\"\"");
            let made = client.batch_execute(&format!("CREATE DATABASE \"{quoted}\""));
            // Another node may have been faster.
            let is_there = |error: &postgres::Error| {
                error.code() == Some(&postgres::error::SqlState::DUPLICATE_DATABASE)
            };
            if let Err(error) = made
                && !is_there(&error)
            {
                return Err(unusable(&format!(
                    "the database {name} is missing and can't be made ({error}); make it, or let \
                     the user of store.url make databases"
                )));
            }
        }
        self.config.dbname(&name);
        Ok(self)
    }

    /// Opens a connection and prepares the session.
    pub(super) fn connect(&self) -> Result<Client, postgres::Error> {
        let mut client = match &self.tls {
            Some(tls) => self.config.connect(tls.clone())?,
            None => self.config.connect(NoTls)?,
        };
        client.batch_execute(SESSION)?;
        Ok(client)
    }
}

fn tls(root_certificates: Option<&Path>) -> Result<MakeRustlsConnect, StoreError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&format!("TLS is not available: {error}")))?
        .with_root_certificates(roots(root_certificates)?)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn roots(file: Option<&Path>) -> Result<RootCertStore, StoreError> {
    let certificates = match file {
        Some(file) => read_certificates(file)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates);
    if added == 0 {
        return Err(unusable(
            "PostgreSQL is to be reached by TLS, but no certificate of an authority was found; \
             name a PEM file of them, or install the system's (package ca-certificates)",
        ));
    }
    Ok(roots)
}

fn read_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, StoreError> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    read.map_err(|error| {
        unusable(&format!("cannot read the certificates in {}: {error}", file.display()))
    })
}

fn unusable(text: &str) -> StoreError {
    StoreError::Unusable(text.to_owned())
}

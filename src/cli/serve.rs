//! `flowstead serve`: puts the parts together, serves, and stops in good order.
//!
//! The only composition root. Must not hold what any part does.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::serve::ListenerExt as _;
use clap::Args;
use jiff::tz::TimeZone;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::cli::config_check::SettingFlags;
use crate::cli::installation::Installation;
use crate::cli::outcome::{Failure, Outcome, REFUSED, UNREADABLE};
use crate::cli::output::print_line;
use crate::http::app::{App, Parts};
use crate::http::live::LiveBus;
use crate::http::live_bridge;
use crate::http::router::router;
use crate::platform::blobs::BlobStore;
use crate::platform::clock::{Clock, KeyGenerator, SystemClock};
use crate::platform::config::{Config, ExecutionConfig};
use crate::platform::mail::Mailer;
use crate::platform::outbound::OutboundClient;
use crate::platform::telemetry::{self, Metrics};
use crate::services::bulk::Bulk;
use crate::services::connectors::{self, Connections};
use crate::services::execution::{Backoff, Execution, Foundation, Handlers, Settings};
use crate::services::files::Files;
use crate::services::identity::Identity;
use crate::services::instances::Instances;
use crate::services::operations::Operations;

/// How long requests that are under way may take to end; with the rest it stays below ten seconds.
const DRAIN: Duration = Duration::from_secs(8);
/// What then still runs, such as a script, is left to itself after this.
const LEAVE: Duration = Duration::from_secs(1);
/// How often gathered measurements are moved into their buckets.
const TIDY: Duration = Duration::from_secs(10);

/// How long the allocator keeps memory that is free, in milliseconds; its own choice is a second,
/// and then it needs to be asked for memory to notice that the second is over.
const PURGE_DELAY: &str = "MIMALLOC_PURGE_DELAY";
const PURGE_DELAY_MS: &str = "50";

/// The arguments.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    settings: SettingFlags,
}

impl Serve {
    pub(crate) fn run(self) -> Outcome {
        keep_little_memory();
        host(self.settings.load()?, Handlers::default())
    }
}

/// Begins anew, as the same process, with an allocator that soon gives back what is free: at rest
/// that is an eighth of what the program holds.
///
/// The allocator reads its settings before `main` begins, so only the environment reaches it. Where
/// this fails, or somebody has chosen another setting, the program goes on as it is.
fn keep_little_memory() {
    if std::env::var_os(PURGE_DELAY).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_default();
    let mut again = Command::new(program);
    let error = again.arg0(name).args(arguments).env(PURGE_DELAY, PURGE_DELAY_MS).exec();
    tracing::debug!(%error, "the allocator keeps its settings");
}

/// Runs the server until a signal says to stop. `handlers` run their jobs in this process, in
/// place of the product's own where the types are the same.
pub(crate) fn host(config: Config, handlers: Handlers) -> Outcome {
    telemetry::start_logging(&config.log).context("the log can't be written")?;
    let clock = Arc::new(SystemClock);
    let installation = Installation::open(&config, clock.now_ms())?;
    let keys = Arc::new(installation.keys(&*clock)?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the system gives no threads")?;
    let served = runtime.block_on(serve(config, clock, keys, &installation, handlers));
    runtime.shutdown_timeout(LEAVE);
    served.map(|()| ExitCode::SUCCESS)
}

/// Serves until a signal says to stop.
async fn serve(
    mut config: Config,
    clock: Arc<SystemClock>,
    keys: Arc<KeyGenerator>,
    installation: &Installation,
    handlers: Handlers,
) -> Result<(), Failure> {
    let stop = stop_signal()?;
    let listener = listen(config.server.listen).await?;
    // With port 0 the system chose one, and links name it.
    config.server.listen = listener.local_addr().context("the address listened on")?;
    let ending = CancellationToken::new();
    let app = compose(config, clock, keys, installation, handlers, &ending).await?;
    let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let listener = listener.tap_io(|connection| {
        // Answers are small; a connection where this fails works too.
        let _ = connection.set_nodelay(true);
    });
    let server = axum::serve(listener, service);
    let server = server.with_graceful_shutdown(ending.clone().cancelled_owned());
    let server = tokio::spawn(async move { server.await });
    announce(&app).await?;
    stop.cancelled().await;
    tracing::info!("stopping");
    app.live.close();
    app.execution.release_waiting();
    ending.cancel();
    if tokio::time::timeout(DRAIN, server).await.is_err() {
        tracing::warn!("some requests did not end in time and were cut off");
    }
    let execution = app.execution.clone();
    let stopped = tokio::task::spawn_blocking(move || execution.stop()).await;
    stopped.context("the turn loop did not end well")?;
    tracing::info!("stopped");
    Ok(())
}

/// Cancelled by Ctrl-C or SIGTERM.
fn stop_signal() -> Result<CancellationToken, Failure> {
    let stop = CancellationToken::new();
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        let mut signals = signal(kind).context("signals can't be received")?;
        let stop = stop.clone();
        tokio::spawn(async move {
            signals.recv().await;
            stop.cancel();
        });
    }
    Ok(stop)
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let error = anyhow!(error).context(format!(
            "can't listen on {address}; stop what listens there, or choose another address with \
             --listen"
        ));
        Failure::new(REFUSED, error)
    })
}

async fn compose(
    config: Config,
    clock: Arc<SystemClock>,
    keys: Arc<KeyGenerator>,
    installation: &Installation,
    handlers: Handlers,
    ending: &CancellationToken,
) -> Result<App, Failure> {
    let metrics = Metrics::start().context("nothing can be counted")?;
    tokio::spawn(tidy(metrics.clone()));
    let identity = Identity::open(
        installation.system.clone(),
        clock.clone(),
        Arc::clone(&keys),
        config.identity.clone(),
    );
    let identity = identity.await.context("the users can't be opened")?;
    let search = installation.search(&config)?;
    let foundation = Foundation {
        database: installation.domain.clone(),
        clock: clock.clone(),
        keys,
        handlers: connectors(&config, clock.clone())?.and(handlers),
    };
    let execution = Execution::start(foundation, settings(&config.execution)).await;
    let execution = execution.context("the engine can't be started")?;
    let blobs = BlobStore::open(&config.data.folder.join("files"));
    let blobs = blobs.context("the files can't be opened")?;
    let files = Files::open(execution.clone(), blobs, config.server.body_bytes).await;
    let live = LiveBus::new();
    // It ends by itself when told to; what it has not indexed then, the next start does.
    drop(search.spawn(execution.changes(), ending.clone()));
    let instances = Instances::new(execution.clone());
    let bulk = Bulk::new(execution.clone(), instances.clone());
    bulk.spawn(ending.clone());
    live_bridge::spawn(execution.changes(), live.clone(), ending.clone());
    Ok(App::new(Parts {
        config: Arc::new(config),
        clock,
        identity,
        instances,
        bulk,
        operations: Operations::new(execution.clone(), search.clone()),
        files: files.context("the files can't be opened")?,
        execution,
        search,
        live,
        metrics: Some(metrics),
    }))
}

fn connectors(config: &Config, clock: Arc<SystemClock>) -> Result<Handlers, Failure> {
    let outbound = OutboundClient::new(&config.outbound).context("no requests can be sent")?;
    let mailer = Mailer::new(&config.mail);
    let mailer = mailer.map_err(|error| Failure::new(UNREADABLE, error))?;
    let (scripts, zone) = ((&config.scripts).into(), TimeZone::system());
    Ok(connectors::handlers(Connections { outbound, mailer, scripts, clock, zone }))
}

fn settings(config: &ExecutionConfig) -> Settings {
    let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let ms = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    Settings {
        batch_size: size(config.batch_size),
        queue_length: size(config.queue_length),
        hot_instances: size(config.hot_instances),
        lease_ms: ms(config.lease_ms),
        backoff: Backoff { first_ms: ms(config.backoff_ms), max_ms: ms(config.backoff_max_ms) },
        zone: TimeZone::system(),
    }
}

async fn tidy(metrics: Metrics) {
    loop {
        tokio::time::sleep(TIDY).await;
        metrics.tidy();
    }
}

/// Prints the one line that says where to go, and with a fresh installation how to begin.
async fn announce(app: &App) -> Result<(), Failure> {
    let base = app.config.server.base_url();
    let token = app.identity.new_setup_token().await.context("the setup token can't be made")?;
    let version = env!("CARGO_PKG_VERSION");
    print_line(&match token {
        None => format!("flowstead {version} is ready at {base}"),
        Some(token) => {
            format!("flowstead {version} is ready, set it up at {base}/setup?token={token}")
        }
    });
    Ok(())
}

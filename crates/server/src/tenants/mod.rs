//! Tenants: the stores of spans and of log lines, and the queues of forwarding, once for each. The default tenant's are in
//! the data directory, each other's in a data directory of its own, `tenants/NAME` below that. Which services answer a
//! request is chosen by its token (`select`).

pub mod select;

use crate::config::Config;
use crate::config::tenants::TenantName;
use crate::forwarding::{ForwardError, Forwarding};
use crate::ingest::regroup::rebuild;
use crate::logs::{LogLimits, LogStore};
use crate::machine::Machine;
use crate::store::{Store, StoreError};
use std::path::{Path, PathBuf};

/// Where the data of tenants is, below the data directory.
const FOLDER: &str = "tenants";

/// Why a tenant's data cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// The store cannot be opened.
    #[error("cannot open the store in {directory}: {error}")]
    Store {
        /// Where it is.
        directory: String,
        /// Why.
        error: StoreError,
    },
    /// A target of forwarding cannot be had.
    #[error(transparent)]
    Forward(#[from] ForwardError),
}

/// What one tenant has stored, and where that goes on to. Nothing of it is shared with another.
pub struct Tenant {
    /// Its name.
    pub name: TenantName,
    /// Its spans.
    pub store: Store,
    /// Its log lines.
    pub logs: LogStore,
    /// The targets that get its data, with queues of their own.
    pub forwarding: Forwarding,
}

/// All tenants.
pub struct Tenants {
    /// That of tokens that name none, and of requests where no token is needed.
    pub default: Tenant,
    /// Those that tokens name, sorted by name.
    pub others: Vec<Tenant>,
}

impl Tenants {
    /// Opens the data of all tenants that the settings name and starts to forward. Blocks.
    pub fn open(config: &Config) -> Result<Self, TenantError> {
        let names = config.tenant_names();
        name_forgotten(&config.data_dir.join(FOLDER), &names);
        let default = Tenant::open(config, TenantName::default())?;
        let others = names.into_iter().filter(|name| !name.is_default());
        Ok(Tenants {
            default,
            others: others.map(|name| Tenant::open(config, name)).collect::<Result<_, _>>()?,
        })
    }

    /// The default tenant and the others.
    pub fn iter(&self) -> impl Iterator<Item = &Tenant> {
        std::iter::once(&self.default).chain(&self.others)
    }

    /// By which name a tenant is called in what the server says of itself; by none where there is only one.
    pub fn label(&self, tenant: &Tenant) -> Option<String> {
        (!self.others.is_empty()).then(|| tenant.name.to_string())
    }
}

impl Tenant {
    fn open(config: &Config, name: TenantName) -> Result<Self, TenantError> {
        let directory = directory_of(&config.data_dir, &name);
        if let Err(error) = make_private(&directory) {
            // The store knows better what is wrong, or works where the file system has no permissions.
            tracing::warn!("{} cannot be made private: {error}", directory.display());
        }
        let failed = |error| TenantError::Store { directory: directory.display().to_string(), error };
        let stores = config.tenant_names().len();
        let machine = Machine::look(&directory, stores as u64);
        let limits = config.limits(&name, &machine);
        if stores > 1 {
            tracing::info!("Tenant {name}: {}", limits.in_words());
        } else {
            tracing::info!("{}", limits.in_words());
        }
        // The directory is locked by the first, for both.
        let store = Store::open_merging(&directory, limits, rebuild).map_err(failed)?;
        let logs = LogStore::open(&directory.join("logs"), log_limits(config, &name, &machine));
        let logs = logs.map_err(failed)?;
        let targets: Vec<_> = config.forward.iter().filter(|target| target.is_for(&name)).cloned().collect();
        let forwarding = Forwarding::start(&targets, &directory)?;
        Ok(Tenant { name, store, logs, forwarding })
    }

    /// Ends forwarding and writes what waits. Blocks.
    pub fn close(&self) {
        self.forwarding.stop();
        self.store.close();
        self.logs.close();
    }
}

fn directory_of(data: &Path, name: &TenantName) -> PathBuf {
    if name.is_default() { data.to_owned() } else { data.join(FOLDER).join(name.as_str()) }
}

/// How many of a tenant's log lines are kept: as long as spans, in a tenth of what is free on its part of the disk unless
/// asked otherwise.
fn log_limits(config: &Config, name: &TenantName, machine: &Machine) -> LogLimits {
    let own = config.tenants.get(name).and_then(|own| own.max_log_disk);
    let free = machine.disk.map(|disk| (disk / 10).max(1 << 20));
    LogLimits {
        segment_bytes: config.segment_size,
        retention: config.retention(name),
        max_disk: own.or(config.max_log_disk).or(free).filter(|bytes| *bytes > 0),
        ..LogLimits::default()
    }
}

/// Makes a directory that its owner alone can enter, or takes others' permissions away.
fn make_private(directory: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700))?;
    }
    #[cfg(not(unix))]
    std::fs::create_dir_all(directory)?;
    Ok(())
}

/// Says which data belongs to no tenant any more: it is neither answered nor deleted.
fn name_forgotten(folder: &Path, names: &[TenantName]) {
    for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        let path = file.path();
        if path.is_dir() && names.iter().all(|known| known.as_str() != name) {
            tracing::warn!(
                "{} is the data of no tenant: name {name:?} in [[tokens]], or delete it",
                path.display()
            );
        }
    }
}

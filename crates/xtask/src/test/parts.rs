//! A Redis and a PostgreSQL from the system's packages for tests: each on a free port of this machine with a data folder of
//! its own, stopped and removed when dropped.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::process;
use crate::service::Service;
use crate::system::{self, REDIS};

/// The Debian package of PostgreSQL.
const POSTGRESQL: &str = "postgresql";
/// Where Debian puts its programs, one folder for each major version.
const POSTGRESQL_FOLDERS: &str = "/usr/lib/postgresql";
/// The user that owns the databases.
const USER: &str = "demo";
/// How long a server may take until it listens.
const PATIENCE: Duration = Duration::from_secs(60);

/// The servers. Fields are dropped in their order: the servers stop before their folder is removed.
pub struct TestDatabases {
    _redis: Service,
    _postgres: Service,
    /// `redis://127.0.0.1:PORT`; it has databases 0 to 1023.
    pub redis_url: String,
    /// `postgres://demo@127.0.0.1:PORT/postgres`
    pub database_url: String,
    /// PostgreSQL's command line, with which journeys make a schema for each demo.
    pub psql: PathBuf,
    _folder: Folder,
}

/// A folder that is removed when dropped.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("{} could not be removed: {error}", self.0.display());
        }
    }
}

impl TestDatabases {
    /// Starts both, after installing them where they are missing.
    pub fn start() -> Result<Self> {
        let redis_server = REDIS.get()?;
        let programs = postgres_programs()?;
        let path = std::env::temp_dir().join(format!("spandrel-parts-{}", std::process::id()));
        fs::create_dir_all(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        let folder = Folder(path);
        let (redis, redis_port) = redis(&redis_server, &folder.0)?;
        let (postgres, postgres_port) = postgres(&programs, &folder.0)?;
        Ok(Self {
            _redis: redis,
            _postgres: postgres,
            redis_url: format!("redis://127.0.0.1:{redis_port}"),
            database_url: format!("postgres://{USER}@127.0.0.1:{postgres_port}/postgres"),
            psql: programs.join("psql"),
            _folder: folder,
        })
    }
}

fn redis(program: &Path, folder: &Path) -> Result<(Service, u16)> {
    let port = free_port()?;
    let mut command = Command::new(program);
    command
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--databases", "1024"])
        .args(["--save", "", "--appendonly", "no", "--loglevel", "warning", "--dir"])
        .arg(folder);
    let mut service = Service::spawn("Redis", &mut command)?;
    wait_until_listening(&mut service, port)?;
    Ok((service, port))
}

fn postgres(programs: &Path, folder: &Path) -> Result<(Service, u16)> {
    let data = folder.join("postgresql");
    fs::create_dir_all(&data)?;
    let owner = other_user()?;
    if let Some((user, group)) = owner {
        std::os::unix::fs::chown(&data, Some(user), Some(group))?;
    }
    let mut initdb = command_as(owner, &programs.join("initdb"), &data);
    initdb.args(["--no-sync", "--auth", "trust", "--encoding", "UTF8", "--no-locale", "-U", USER, "-D"]);
    process::run(initdb.arg(&data).stdout(Stdio::null())).context("no database could be made")?;
    let port = free_port()?;
    let mut server = command_as(owner, &programs.join("postgres"), &data);
    server.arg("-D").arg(&data).args(["-p", &port.to_string()]);
    // Nothing of it has to survive, so nothing is forced onto the disk; no socket outside its folder.
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "max_connections=300",
        // What tests make fail is not shown.
        "log_min_messages=fatal",
    ] {
        server.args(["-c", setting]);
    }
    let mut service = Service::spawn("PostgreSQL", &mut server)?;
    wait_until_listening(&mut service, port)?;
    Ok((service, port))
}

/// PostgreSQL refuses to run as root: then user and group of `postgres`, which its package makes, else of `nobody`.
fn other_user() -> Result<Option<(u32, u32)>> {
    let id =
        |words: &[&str]| -> Option<u32> { process::answer(Command::new("id").args(words))?.parse().ok() };
    if id(&["-u"]) != Some(0) {
        return Ok(None);
    }
    let user = ["postgres", "nobody"].iter().find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?)));
    user.map(Some).ok_or_else(|| anyhow!("PostgreSQL does not run as root, and there is no user `nobody`"))
}

fn command_as(owner: Option<(u32, u32)>, program: &Path, folder: &Path) -> Command {
    use std::os::unix::process::CommandExt as _;
    let mut command = Command::new(program);
    command.current_dir(folder).env_remove("PGDATA").env_remove("PGPORT");
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}

/// The folder of `initdb` and `postgres`: that of the PATH, else the newest version's.
fn postgres_programs() -> Result<PathBuf> {
    if let Some(found) = find_postgres() {
        return Ok(found);
    }
    system::install(&[POSTGRESQL])?;
    find_postgres()
        .ok_or_else(|| anyhow!("initdb is missing: install it with `apt-get install {POSTGRESQL}`"))
}

fn find_postgres() -> Option<PathBuf> {
    // The programs find their libraries beside the file that a link points at.
    let on_path = system::on_path("initdb").and_then(|path| path.canonicalize().ok());
    let on_path = on_path.and_then(|path| path.parent().map(Path::to_path_buf));
    let versions = fs::read_dir(POSTGRESQL_FOLDERS).ok().into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin")))
        })
        .filter(|(_, folder)| folder.join("initdb").is_file())
        .max();
    on_path.filter(|folder| folder.join("postgres").is_file()).or(newest.map(|(_, folder)| folder))
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn wait_until_listening(service: &mut Service, port: u16) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        service.check()?;
        if Instant::now() >= end {
            bail!("nothing listens on port {port} after {PATIENCE:?}");
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

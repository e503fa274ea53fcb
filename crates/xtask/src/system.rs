//! System programs: Chromium and its driver, Node, Python. Used as found, else installed with apt, else an error that
//! names the command which installs them.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Result, anyhow};

use crate::process;

/// A system program that tests need.
pub struct Need {
    /// Its name in messages.
    pub name: &'static str,
    /// An environment variable with its path, which comes before the PATH.
    variable: &'static str,
    /// Its names on the PATH, best first.
    programs: &'static [&'static str],
    /// The Debian packages that contain it.
    packages: &'static [&'static str],
    /// Oldest major version that works, 0 for any.
    oldest: u32,
}

/// The browser.
pub const CHROMIUM: Need = Need {
    name: "Chromium",
    variable: "CHROMIUM",
    programs: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    packages: &["chromium"],
    oldest: 0,
};
/// The program through which wasm tests control the browser.
pub const CHROMEDRIVER: Need = Need {
    name: "chromedriver",
    variable: "CHROMEDRIVER",
    programs: &["chromedriver", "chromium.chromedriver"],
    packages: &["chromium-driver"],
    oldest: 0,
};
/// The second browser of the end-to-end tests.
pub const FIREFOX: Need = Need {
    name: "Firefox",
    variable: "FIREFOX",
    programs: &["firefox-esr", "firefox"],
    packages: &["firefox-esr"],
    oldest: 128,
};
/// Controls MiniBrowser, which comes with it: WebKit, the third browser of the end-to-end tests.
pub const WEBKIT_DRIVER: Need = Need {
    name: "WebKitWebDriver",
    variable: "WEBKIT_DRIVER",
    programs: &["WebKitWebDriver"],
    packages: &["webkit2gtk-driver"],
    oldest: 0,
};
/// A screen for MiniBrowser, which cannot do without.
pub const XVFB: Need =
    Need { name: "Xvfb", variable: "XVFB", programs: &["Xvfb"], packages: &["xvfb"], oldest: 0 };
/// Runs the end-to-end tests, wasm-opt and the stock JavaScript SDK.
pub const NODE: Need = Need {
    name: "Node",
    variable: "NODE",
    programs: &["node", "nodejs"],
    packages: &["nodejs", "npm"],
    oldest: 20,
};
/// Cache and queue of the demo, where its tests run with real parts.
pub const REDIS: Need = Need {
    name: "Redis",
    variable: "REDIS_SERVER",
    programs: &["redis-server"],
    packages: &["redis-server"],
    oldest: 0,
};
/// Part of Node, except in some distributions.
pub const NPM: Need =
    Need { name: "npm", variable: "NPM", programs: &["npm"], packages: &["npm"], oldest: 0 };
/// Runs the stock Python SDK.
pub const PYTHON: Need = Need {
    name: "Python",
    variable: "PYTHON",
    programs: &["python3"],
    packages: &["python3", "python3-venv"],
    oldest: 3,
};

impl Need {
    /// The program, if it is there and new enough.
    pub fn find(&self) -> Option<PathBuf> {
        let named = std::env::var_os(self.variable).map(PathBuf::from).filter(|path| path.is_file());
        let found = named.or_else(|| self.programs.iter().find_map(|program| on_path(program)))?;
        (self.oldest == 0 || major(&found)? >= self.oldest).then_some(found)
    }

    /// The program as found, or after installing it with apt; else an error that names the command which installs it.
    pub fn get(&self) -> Result<PathBuf> {
        if let Some(found) = self.find() {
            return Ok(found);
        }
        install(self.packages)?;
        self.find().ok_or_else(|| self.missing("installing it did not help"))
    }

    fn missing(&self, why: &str) -> anyhow::Error {
        let newer = if self.oldest > 0 { format!(" {} or newer", self.oldest) } else { String::new() };
        anyhow!(
            "{}{newer} is missing ({why}). Install it with `apt-get install {}`, or set {} to its path",
            self.name,
            self.packages.join(" "),
            self.variable
        )
    }
}

/// The first file of that name on the PATH.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}

/// The first number in what `program --version` prints.
fn major(program: &PathBuf) -> Option<u32> {
    let text = process::answer(Command::new(program).arg("--version"))?;
    let digits: String =
        text.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Installs Debian packages as root, or through sudo where that asks for no password.
pub fn install(packages: &[&str]) -> Result<()> {
    let wish = format!("apt-get install {}", packages.join(" "));
    let apt = on_path("apt-get")
        .ok_or_else(|| anyhow!("needed: what `{wish}` brings on Debian; apt-get is not here"))?;
    let root = process::answer(Command::new("id").arg("-u")).as_deref() == Some("0");
    let sudo = !root && process::answer(Command::new("sudo").args(["-n", "true"])).is_some();
    if !root && !sudo {
        return Err(anyhow!("needed: run `sudo {wish}`"));
    }
    let apt_get = || {
        let mut command = Command::new(if sudo { "sudo".into() } else { apt.clone().into_os_string() });
        if sudo {
            command.args(["-n", "apt-get"]);
        }
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    println!("Installing {} with apt (about a minute)", packages.join(", "));
    static LISTS: OnceLock<bool> = OnceLock::new();
    LISTS.get_or_init(|| process::run(apt_get().args(["-qq", "update"])).is_ok());
    process::run(apt_get().args(["-qq", "-y", "--no-install-recommends", "install"]).args(packages))
        .map_err(|error| error.context(format!("run `{wish}` yourself")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_the_command_that_installs_it() {
        let need =
            Need { name: "Flux", variable: "FLUX", programs: &[], packages: &["flux", "flux-x"], oldest: 7 };
        assert!(need.find().is_none());
        let text = need.missing("none here").to_string();
        assert!(text.contains("Flux 7 or newer is missing"), "{text}");
        assert!(text.contains("apt-get install flux flux-x"), "{text}");
        assert!(text.contains("set FLUX"), "{text}");
    }
}

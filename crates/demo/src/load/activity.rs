//! A little traffic of the demo itself, so that there is something to see: requests at a steady rate.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::mix::{Mix, Mode, PlannedRequest};

/// The highest rate, in requests per minute.
const MAX_PER_MINUTE: f64 = 6000.0;
/// How many requests may be under way at once; slow services make the loop wait.
const MAX_UNDER_WAY: usize = 16;
/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Traffic that is being made.
pub(crate) struct Activity {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Starts the loop; `None` where the rate is not above 0.
pub(crate) fn start(gateway: &str, per_minute: f64, seed: u64) -> Result<Option<Activity>, reqwest::Error> {
    if per_minute.is_nan() || per_minute <= 0.0 {
        return Ok(None);
    }
    let pause = 60.0 / per_minute.min(MAX_PER_MINUTE);
    crate::runtime::install_tls();
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .no_proxy()
        .user_agent(concat!("spandrel-traffic/", env!("CARGO_PKG_VERSION")))
        .build()?;
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(repeat(client, gateway.to_owned(), pause, seed, stopped));
    Ok(Some(Activity { stop, task }))
}

impl Activity {
    /// Makes no more requests and waits for those under way.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(true);
        if let Err(error) = self.task.await {
            tracing::error!("the traffic loop failed: {error}");
        }
    }
}

async fn repeat(
    client: reqwest::Client,
    gateway: String,
    pause: f64,
    seed: u64,
    mut stopped: watch::Receiver<bool>,
) {
    let mut mix = Mix::new(Mode::Activity, seed, 1);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut under_way = JoinSet::new();
    loop {
        while under_way.len() >= MAX_UNDER_WAY {
            under_way.join_next().await;
        }
        while under_way.try_join_next().is_some() {}
        let request = request(&client, &gateway, &mix.next());
        under_way.spawn(async move {
            if let Err(error) = request.send().await {
                tracing::debug!("a request of the traffic loop failed: {error}");
            }
        });
        let wait = Duration::from_secs_f64(pause * (0.5 + random.f64()));
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = stopped.wait_for(|stop| *stop) => break,
        }
    }
    while under_way.join_next().await.is_some() {}
}

/// A planned request to a gateway.
pub(crate) fn request(
    client: &reqwest::Client,
    gateway: &str,
    planned: &PlannedRequest,
) -> reqwest::RequestBuilder {
    let url = format!("{gateway}{}", planned.path);
    let request = match &planned.body {
        Some(body) => client.post(url).json(body),
        None => client.get(url),
    };
    match planned.fault {
        Some(fault) => request.header(crate::faults::HEADER, fault),
        None => request,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rate_makes_no_traffic() {
        assert!(start("http://127.0.0.1:1", 0.0, 1).unwrap().is_none());
        assert!(start("http://127.0.0.1:1", f64::NAN, 1).unwrap().is_none());
    }
}

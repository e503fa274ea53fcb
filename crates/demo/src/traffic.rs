//! A little traffic, so that there is something to see: seeded orders at a steady rate, some of them wrong on purpose.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// The highest rate, in orders per minute.
pub(crate) const MAX_PER_MINUTE: f64 = 6000.0;
/// How many orders may be under way at once; a slow shop makes the loop wait, not pile up.
const MAX_UNDER_WAY: usize = 16;
/// How long one order may take.
const TIMEOUT: Duration = Duration::from_secs(10);

const CUSTOMERS: [&str; 6] = ["ada", "grace", "edsger", "barbara", "alan", "margaret"];
const GOODS: [(&str, &str, f64); 5] = [
    ("item-1", "Widget", 29.99),
    ("item-2", "Bolt, box of 50", 4.50),
    ("item-3", "Bracket", 12.50),
    ("item-4", "Ball bearing", 8.25),
    ("item-5", "Drive belt", 17.99),
];
const METHODS: [&str; 4] = ["credit_card", "debit_card", "paypal", "bank_transfer"];

/// Traffic that is being made.
pub(crate) struct Traffic {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Starts the loop; `None` where the rate is not above 0.
pub(crate) fn start(
    gateway: SocketAddr,
    per_minute: f64,
    seed: u64,
) -> Result<Option<Traffic>, reqwest::Error> {
    if per_minute.is_nan() || per_minute <= 0.0 {
        return Ok(None);
    }
    let pause = 60.0 / per_minute.min(MAX_PER_MINUTE);
    // Fails where it was done before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .no_proxy()
        .user_agent(concat!("spandrel-traffic/", env!("CARGO_PKG_VERSION")))
        .build()?;
    let (stop, stopped) = watch::channel(false);
    let random = fastrand::Rng::with_seed(seed);
    let task = tokio::spawn(run(client, gateway, pause, random, stopped));
    Ok(Some(Traffic { stop, task }))
}

impl Traffic {
    /// Makes no more orders and waits for those under way.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(true);
        if let Err(error) = self.task.await {
            tracing::error!("the traffic loop failed: {error}");
        }
    }
}

async fn run(
    client: reqwest::Client,
    gateway: SocketAddr,
    pause: f64,
    mut random: fastrand::Rng,
    mut stopped: watch::Receiver<bool>,
) {
    let mut under_way = JoinSet::new();
    loop {
        while under_way.len() >= MAX_UNDER_WAY {
            under_way.join_next().await;
        }
        while under_way.try_join_next().is_some() {}
        let (path, body) = next(&mut random);
        let request = client.post(format!("http://{gateway}{path}")).json(&body);
        under_way.spawn(async move {
            // The answer is in the trace; here only that the gateway was not there is worth a word.
            if let Err(error) = request.send().await {
                tracing::debug!("an order of the traffic loop failed: {error}");
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

/// The next request: of a hundred, some six fail inside, three ask for too much and three are wrong.
fn next(random: &mut fastrand::Rng) -> (&'static str, Value) {
    let mut order = order(random);
    match random.u32(..100) {
        0..4 => {
            order["service"] = json!("payment");
            ("/orders/simulate-error", order)
        }
        4..6 => {
            order["service"] = json!("inventory");
            ("/orders/simulate-error", order)
        }
        6..9 => {
            order["items"][0]["quantity"] = json!(500);
            ("/orders", order)
        }
        9..12 => {
            order["payment_method"] = json!("seashells");
            ("/orders", order)
        }
        _ => ("/orders", order),
    }
}

fn order(random: &mut fastrand::Rng) -> Value {
    let lines = 1 + random.usize(..3);
    let mut goods = GOODS;
    random.shuffle(&mut goods);
    let items: Vec<Value> = goods
        .iter()
        .take(lines)
        .map(|(id, name, price)| {
            let quantity = 1 + random.u32(..3);
            json!({"id": id, "name": name, "price": price, "quantity": quantity})
        })
        .collect();
    json!({
        "user_id": random.choice(CUSTOMERS),
        "items": items,
        "payment_method": random.choice(METHODS),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_orders() {
        let draw = |seed| {
            let mut random = fastrand::Rng::with_seed(seed);
            (0..20).map(|_| next(&mut random)).collect::<Vec<_>>()
        };
        assert_eq!(draw(3), draw(3));
        assert_ne!(draw(3), draw(4));
    }

    #[test]
    fn most_orders_are_good_and_some_are_not() {
        let mut random = fastrand::Rng::with_seed(1);
        let all: Vec<_> = (0..500).map(|_| next(&mut random)).collect();
        let simulated = all.iter().filter(|(path, _)| path.ends_with("error"));
        let wrong = all.iter().filter(|(_, order)| order["payment_method"] == "seashells");
        let (simulated, wrong) = (simulated.count(), wrong.count());
        assert!((10..60).contains(&simulated), "{simulated} simulated");
        assert!((5..40).contains(&wrong), "{wrong} wrong");
    }

    #[test]
    fn no_rate_makes_no_traffic() {
        let gateway = SocketAddr::from(([127, 0, 0, 1], 1));
        assert!(start(gateway, 0.0, 1).unwrap().is_none());
        assert!(start(gateway, f64::NAN, 1).unwrap().is_none());
    }
}

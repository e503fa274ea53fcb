//! A service whose calls are captured, and what the collector then says of them.
//!
//! Start a collector (`cargo run -p spandrel-server`), then `cargo run -p spandrel-evaltrack --example capture`.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use spandrel_evaltrack::Client;
use std::time::Duration;
use tower::ServiceExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base = std::env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:16686/eval-track".to_owned());
    let client = Client::builder(&base).service("example").build()?;

    // A layer captures every call of the routes below it.
    let router = Router::new().route("/hello", get(|| async { "hello" })).layer(client.capture_response());
    for _ in 0..10 {
        let response = router.clone().oneshot(Request::get("/hello").body(Body::empty())?).await?;
        axum::body::to_bytes(response.into_body(), 1 << 20).await?;
    }

    // A function is captured with its arguments and its result.
    let half = |number: u32| async move {
        if number.is_multiple_of(2) { Ok(number / 2) } else { Err(format!("{number} is odd")) }
    };
    for number in 0..10 {
        // The records say which of them failed.
        let _ = client.capture("half", &number, half(number)).await;
    }

    client.flush(Duration::from_secs(5)).await;
    #[allow(clippy::print_stdout)]
    for function in client.aggregate(1000).await? {
        println!(
            "{:20} {:5} calls {:5.1} % errors, median {:?}",
            function.function_name,
            function.calls,
            100.0 * function.error_rate(),
            function.percentile(0.5).unwrap_or_default()
        );
    }
    let counts = client.close(Duration::from_secs(5)).await;
    tracing::info!("{counts:?}");
    Ok(())
}

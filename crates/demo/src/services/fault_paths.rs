//! What the faults of inventory and of order do beside the normal work.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};

use super::stock::{COUNT_RESERVED, HELD, ONE, Product};
use crate::data::database::Database;
use crate::faults::{Fault, fault_of};
use crate::runtime::{Call, Problem, Propagate, Service};

/// Rows of a loop with a query for each.
const ROWS: usize = 20;
/// Statements at once where the pool is exhausted.
const STATEMENTS: usize = 12;
/// Spans of a fan-out.
const FAN_OUT: usize = 5_000;
/// Calls one after the other, or at once.
const CALLS: usize = 8;
/// Memory that a request holds under memory pressure: blocks of 8 MiB.
const BLOCKS: usize = 8;
const BLOCK: usize = 8 << 20;

/// Items that exist from the start, in turn.
fn item(number: usize) -> String {
    format!("item-{}", number % 5 + 1)
}

/// Faults of inventory.
///
/// # Errors
/// 500 where the database fails.
pub(crate) async fn of_inventory(
    service: &Arc<Service>,
    database: &Arc<Database>,
    cx: &Context,
) -> Result<(), Problem> {
    match fault_of(cx) {
        Some(Fault::NPlusOne) => {
            for row in 0..ROWS {
                database.run(service, cx, ONE, &[item(row).into()]).await?;
            }
        }
        Some(Fault::NPlusOneInterleaved) => {
            for row in 0..ROWS / 2 {
                database.run(service, cx, ONE, &[item(row).into()]).await?;
                database.run(service, cx, COUNT_RESERVED, &[item(row).into()]).await?;
            }
        }
        Some(Fault::PoolExhausted) => {
            let mut running = tokio::task::JoinSet::new();
            for row in 0..STATEMENTS {
                let (service, database, cx) = (Arc::clone(service), Arc::clone(database), cx.clone());
                running.spawn(
                    async move { database.run_holding(&service, &cx, HELD, &[item(row).into()]).await },
                );
            }
            for outcome in running.join_all().await {
                outcome?;
            }
        }
        Some(Fault::FanOut) => fan_out(service, cx).await,
        _ => {}
    }
    Ok(())
}

/// All spans start before the first ends; one takes much longer than the others.
async fn fan_out(service: &Service, cx: &Context) {
    let all: Vec<Context> = (0..FAN_OUT)
        .map(|number| {
            let shelf = KeyValue::new("shelf.number", i64::try_from(number).unwrap_or(i64::MAX));
            service.span(cx, SpanKind::Internal, "check shelf", vec![shelf])
        })
        .collect();
    let mut left = all.into_iter();
    let longest = left.next();
    tokio::time::sleep(Duration::from_millis(10)).await;
    for shelf in left {
        shelf.span().end();
    }
    tokio::time::sleep(Duration::from_millis(120)).await;
    if let Some(longest) = longest {
        longest.span().end();
    }
}

/// Faults of order.
///
/// # Errors
/// The problem of inventory.
pub(crate) async fn of_order(service: &Arc<Service>, cx: &Context) -> Result<(), Problem> {
    let product = |number: usize| Call::get("inventory", "/products/{id}").with_id(&item(number));
    match fault_of(cx) {
        Some(Fault::SequentialCalls) => {
            // Five items and no item twice, so that no call repeats another.
            for number in 0..5 {
                let _: Product = service.call(cx, product(number), None::<&()>).await?;
            }
        }
        Some(Fault::IdenticalCalls) => {
            for _ in 0..6 {
                let _: Product = service.call(cx, product(0), None::<&()>).await?;
            }
        }
        Some(Fault::UnsampledBranch) => {
            let mut running = tokio::task::JoinSet::new();
            for number in 0..CALLS {
                let (service, cx) = (Arc::clone(service), cx.clone());
                let mut call = product(number);
                if number % 2 == 1 {
                    call.propagate = Propagate::Unsampled;
                }
                running.spawn(async move { service.call::<Product>(&cx, call, None::<&()>).await });
            }
            for outcome in running.join_all().await {
                outcome?;
            }
        }
        Some(Fault::UnendedSpan) => {
            let checking = service.internal(cx, "check loyalty");
            checking.span().set_attribute(KeyValue::new(crate::runtime::UNENDED, true));
            service.pace.work(15.0).await;
            checking.span().end();
        }
        Some(Fault::MemoryPressure) => build_report(service, cx).await,
        _ => {}
    }
    Ok(())
}

/// Holds 64 MiB for a moment; each block is written to, so that it is there.
async fn build_report(service: &Service, cx: &Context) {
    let building = service.internal(cx, "build report");
    let mut held: Vec<Vec<u8>> = Vec::new();
    for _ in 0..BLOCKS {
        held.push(vec![1; BLOCK]);
        let bytes = held.iter().map(Vec::len).sum::<usize>();
        let mut attributes = vec![KeyValue::new("allocated.bytes", i64::try_from(bytes).unwrap_or(i64::MAX))];
        attributes.extend(resident().map(|bytes| KeyValue::new("process.memory.usage", bytes)));
        building.span().add_event("memory allocated", attributes);
        service.pace.work(10.0).await;
    }
    building.span().end();
}

/// The memory that this process has in use, bytes, where the system tells it.
fn resident() -> Option<i64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: i64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

//! A real Redis and a real PostgreSQL in place of the embedded parts, where `SPANDREL_TEST_REDIS_URL` and
//! `SPANDREL_TEST_DATABASE_URL` name them. `cargo xtask test --only parts` starts both and sets the variables.

use std::sync::atomic::{AtomicU32, Ordering};

use spandrel_demo::Settings;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

/// The next database of Redis, and the next schema of PostgreSQL.
static NEXT: AtomicU32 = AtomicU32::new(1);

/// Whether the variables name both.
pub fn are_real() -> bool {
    redis().is_some() && database().is_some()
}

fn redis() -> Option<String> {
    std::env::var("SPANDREL_TEST_REDIS_URL").ok().filter(|url| !url.is_empty())
}

fn database() -> Option<String> {
    std::env::var("SPANDREL_TEST_DATABASE_URL").ok().filter(|url| !url.is_empty())
}

/// Gives one demo an empty database of Redis and an empty schema of PostgreSQL.
pub async fn take(settings: &mut Settings) {
    let (Some(redis_url), Some(database_url)) = (redis(), database()) else { return };
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let redis_url = format!("{redis_url}/{number}");
    let client = redis::Client::open(redis_url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("FLUSHDB").exec_async(&mut connection).await.unwrap();
    settings.redis_url = Some(redis_url);

    let schema = format!("test_{}_{number}", std::process::id());
    let mut connection = PgConnection::connect(&database_url).await.unwrap();
    connection.execute(AssertSqlSafe(format!("CREATE SCHEMA {schema}"))).await.unwrap();
    connection.close().await.unwrap();
    settings.database_url = Some(format!("{database_url}?options[search_path]={schema}"));
}

//! Request bodies, read within limits on their size, their memory and their time.

use super::Refusal;
use super::memory::MemoryReservation;
use axum::body::Bytes;
use http_body::Body;
use http_body_util::BodyExt;
use std::fmt::Display;
use std::time::Duration;
use tokio::time::Instant;

/// A larger body may take longer than the time for any: this many of its bytes have to arrive per second.
const BYTES_PER_SECOND: u32 = 32 << 10;

/// How large a body may be, and how long it may take whatever its size.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes.
    pub bytes: usize,
    /// Time.
    pub time: Duration,
}

/// Reads a body within its limits. Memory is taken as the bytes arrive, whatever length was announced.
pub async fn read<B>(
    Limits { bytes: limit, time }: Limits,
    body: &mut B,
    announced: Option<usize>,
    reserved: &mut MemoryReservation,
) -> Result<Vec<u8>, Refusal>
where
    B: Body<Data = Bytes, Error: Display> + Unpin,
{
    if announced.is_some_and(|announced| announced > limit) {
        return Err(Refusal::TooLarge(limit));
    }
    let start = Instant::now();
    let mut bytes = Vec::new();
    loop {
        let end = start + time + Duration::from_secs(bytes.len() as u64) / BYTES_PER_SECOND;
        let frame = tokio::time::timeout_at(end, body.frame()).await.map_err(|_| Refusal::TooSlow)?;
        let Some(frame) = frame else { return Ok(bytes) };
        let frame = frame.map_err(|error| Refusal::Malformed(format!("the body cannot be read: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > limit {
            return Err(Refusal::TooLarge(limit));
        }
        reserved.extend(&mut bytes, &data, announced.unwrap_or(limit))?;
    }
}

#[cfg(test)]
mod tests {
    use super::super::memory::Memory;
    use super::*;
    use http_body::Frame;
    use http_body_util::StreamBody;
    use std::convert::Infallible;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_dribbles_is_given_up_and_a_steady_one_is_not() {
        let body = |bytes: usize, every: Duration, count: u32| {
            let frames = futures_util::stream::unfold(0, move |sent| async move {
                tokio::time::sleep(every).await;
                let frame = Ok::<_, Infallible>(Frame::data(Bytes::from(vec![0; bytes])));
                (sent < count).then_some((frame, sent + 1))
            });
            StreamBody::new(Box::pin(frames))
        };
        let memory = Memory::new(10 << 20);
        let limits = Limits { bytes: 4 << 20, time: Duration::from_secs(10) };
        let mut dribble = body(1, Duration::from_secs(1), 1000);
        let dribble = read(limits, &mut dribble, None, &mut memory.reservation()).await;
        assert!(matches!(dribble, Err(Refusal::TooSlow)));
        let mut steady = body(64 << 10, Duration::from_secs(1), 40);
        assert_eq!(read(limits, &mut steady, None, &mut memory.reservation()).await.unwrap().len(), 40 << 16);
    }
}

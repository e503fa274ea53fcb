//! The memory that requests may take: what they bring, what that is inflated to, and what is built from it.

use super::Refusal;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that are reserved at a time, so that small additions do not each go to the semaphore.
const STEP: usize = 64 << 10;

/// The memory that all requests share.
#[derive(Clone)]
pub struct Memory {
    kibibytes: Arc<Semaphore>,
    most: usize,
}

impl Memory {
    /// So many bytes, rounded up to kibibytes.
    pub fn new(bytes: usize) -> Self {
        let most = bytes.div_ceil(1024).min(Semaphore::MAX_PERMITS);
        Memory { kibibytes: Arc::new(Semaphore::new(most)), most: most * 1024 }
    }

    /// Bytes that are reserved now.
    pub fn held(&self) -> usize {
        self.most.saturating_sub(self.kibibytes.available_permits() * 1024)
    }

    /// An account of one request, with nothing in it.
    pub fn reservation(&self) -> MemoryReservation {
        MemoryReservation { memory: self.clone(), permits: None, reserved: 0, used: 0 }
    }
}

/// The account of one request: what it uses is reserved first, and given back when this is dropped.
pub struct MemoryReservation {
    memory: Memory,
    permits: Option<OwnedSemaphorePermit>,
    reserved: usize,
    used: usize,
}

impl MemoryReservation {
    /// Bytes that all requests together may take.
    pub fn most(&self) -> usize {
        self.memory.most
    }

    /// Reserves memory before it is allocated. The refusal is permanent where all memory would not suffice, and temporary
    /// where other requests hold it.
    pub fn take(&mut self, bytes: usize) -> Result<(), Refusal> {
        let used = self.used.saturating_add(bytes);
        if used > self.reserved {
            self.reserve(used)?;
        }
        self.used = used;
        Ok(())
    }

    /// Releases what was taken. It stays reserved for this request, which will soon take more.
    pub fn release(&mut self, bytes: usize) {
        self.used = self.used.saturating_sub(bytes);
    }

    fn reserve(&mut self, used: usize) -> Result<(), Refusal> {
        if used > self.memory.most {
            return Err(Refusal::TooMuch(self.memory.most));
        }
        let rounded = used.next_multiple_of(STEP).min(self.memory.most);
        if self.reserve_exact(rounded) || self.reserve_exact(used) { Ok(()) } else { Err(Refusal::Busy) }
    }

    fn reserve_exact(&mut self, bytes: usize) -> bool {
        let Ok(more) = u32::try_from((bytes - self.reserved).div_ceil(1024)) else { return false };
        let Ok(permits) = self.memory.kibibytes.clone().try_acquire_many_owned(more) else { return false };
        self.reserved += more as usize * 1024;
        match &mut self.permits {
            Some(held) => held.merge(permits),
            None => self.permits = Some(permits),
        }
        true
    }

    /// Appends to a list whose memory is taken from here as it grows.
    #[inline]
    pub fn push<T>(&mut self, list: &mut Vec<T>, item: T) -> Result<(), Refusal> {
        if list.len() == list.capacity() {
            self.grow(list)?;
        }
        list.push(item);
        Ok(())
    }

    #[cold]
    fn grow<T>(&mut self, list: &mut Vec<T>) -> Result<(), Refusal> {
        let more = list.capacity().max(16);
        self.take(more.saturating_mul(size_of::<T>()))?;
        list.reserve_exact(more);
        Ok(())
    }

    /// Makes room for `more` bytes at the end of a buffer that will not hold more than `most`.
    pub fn extend(&mut self, buffer: &mut Vec<u8>, more: &[u8], most: usize) -> Result<(), Refusal> {
        let length = buffer.len() + more.len();
        if length > buffer.capacity() {
            let capacity = (buffer.capacity() * 2).min(most).max(length);
            self.take(capacity - buffer.capacity())?;
            buffer.reserve_exact(capacity - buffer.len());
        }
        buffer.extend_from_slice(more);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_shared_and_comes_back() {
        let memory = Memory::new(1 << 20);
        let mut first = memory.reservation();
        first.take(600 << 10).unwrap();
        assert!((600 << 10..700 << 10).contains(&memory.held()), "{}", memory.held());
        let mut second = memory.reservation();
        assert!(matches!(second.take(600 << 10), Err(Refusal::Busy)), "others hold it");
        assert!(matches!(second.take(2 << 20), Err(Refusal::TooMuch(_))), "there is never so much");
        first.release(300 << 10);
        first.take(300 << 10).unwrap();
        drop(first);
        second.take(1 << 20).unwrap();
        drop(second);
        assert_eq!(memory.held(), 0);
    }

    #[test]
    fn lists_are_paid_for_as_they_grow() {
        let memory = Memory::new(100 << 10);
        let mut reserved = memory.reservation();
        let mut list = Vec::new();
        let refused = (0..100_000u64).find_map(|number| reserved.push(&mut list, number).err());
        assert!(matches!(refused, Some(Refusal::TooMuch(_))));
        assert!((4096..=12_800).contains(&list.len()), "{}", list.len());
        let (mut buffer, mut reserved) = (Vec::new(), Memory::new(1 << 20).reservation());
        for _ in 0..100 {
            reserved.extend(&mut buffer, &[7; 1000], 100_000).unwrap();
        }
        assert_eq!((buffer.len(), buffer.capacity()), (100_000, 100_000));
    }
}

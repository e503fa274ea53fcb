//! Columns of numbers, of any of the types that a typed array can hold.

/// A column that is to be taken or filled.
#[derive(Debug)]
pub enum ColumnMut<'a> {
    /// Numbers of 32 bits.
    U32(&'a mut Vec<u32>),
    /// Numbers of 64 bits.
    U64(&'a mut Vec<u64>),
}

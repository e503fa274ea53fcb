//! Enums whose values have names in addresses.

/// An enum whose values have names in addresses (or in storage) and labels.
pub trait Named: Copy + PartialEq + 'static {
    /// All values with their names and their labels, in the order in which they are offered. The default is the first; where
    /// its name is empty, it is not written to addresses.
    const ALL: &'static [(Self, &'static str, &'static str)];

    /// The name of this value.
    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(value, ..)| *value == self).map_or("", |(_, name, _)| name)
    }

    /// The label of this value, as the user interface shows it.
    fn label(self) -> &'static str {
        Self::ALL.iter().find(|(value, ..)| *value == self).map_or("", |(.., label)| label)
    }

    /// The value with this name, whatever its case; the default for any other name.
    fn from_name(name: &str) -> Self {
        let is_it = |(_, other, _): &&(Self, &str, &str)| other.eq_ignore_ascii_case(name);
        Self::ALL.iter().find(is_it).unwrap_or(&Self::ALL[0]).0
    }
}

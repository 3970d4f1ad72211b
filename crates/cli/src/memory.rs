//! An amount of memory, as it stands on the command line.

use std::str::FromStr;

use clap::Args;

/// A number of bytes, written with its unit: 2GB, 512MB, 1.5GiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory(u64);

/// The units and their bytes.
const UNITS: &[(&str, f64)] = &[
    ("GiB", 1_073_741_824.0),
    ("MiB", 1_048_576.0),
    ("GB", 1e9),
    ("MB", 1e6),
];

impl Memory {
    /// How many bytes this is.
    pub fn bytes(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl FromStr for Memory {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let split = UNITS
            .iter()
            .find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, bytes)));
        let bytes = split.and_then(|(number, bytes)| {
            let number: f64 = number.trim_end().parse().ok()?;
            (number.is_finite() && number > 0.0).then_some(number * bytes)
        });
        let said = || format!("`{text}` is no amount of memory; write it as 2GB, 512MB or 1.5GiB");
        bytes.map(|bytes| Self(bytes as u64)).ok_or_else(said)
    }
}

/// How much memory rows may take.
#[derive(Args, Clone, Copy, Debug)]
pub struct MemoryArgs {
    /// The memory to keep rows in, such as 512MB or 4GB; what is more goes to temporary files, and the result does not depend on it
    #[arg(long, default_value = "2GB", value_name = "SIZE")]
    pub memory: Memory,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_a_unit() {
        let bytes = |text: &str| text.parse::<Memory>().map(Memory::bytes);
        assert_eq!(bytes("2GB"), Ok(2_000_000_000));
        assert_eq!(bytes("1.5 GiB"), Ok(1_610_612_736));
        for text in ["2", "GB", "-1GB", "0MB", "NaNGB", "2TB", ""] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}

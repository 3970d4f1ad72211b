//! The ledger as TensorBoard reads it: a TFRecord file of `Event` messages, written by hand.
//!
//! The format: TensorFlow's `event.proto` and `record_writer.cc`.
//! Times in it are the steps, since no output has a clock in it.

use super::steps::Entry;

/// The file: TensorBoard looks for `tfevents` in a name.
pub(crate) const FILE: &str = "events.out.tfevents.0.polyculture";

/// The bytes of the file.
pub(crate) fn file(entries: &[Entry]) -> Vec<u8> {
    // Field 3 of an event is the version of the file.
    let mut file = record(&event(0, &message(3, b"brain.Event:2")));
    for entry in entries {
        let scalars = [
            ("train/loss", Some(entry.loss_nats)),
            ("train/learning_rate", entry.learning_rate),
            ("train/grad_norm", Some(entry.grad_norm)),
            ("train/epoch", entry.epoch),
            ("eval/loss", entry.validation_loss_nats),
        ];
        let values = scalars.into_iter().filter_map(|(tag, value)| {
            let mut scalar = message(1, tag.as_bytes());
            scalar.push(2 << 3 | FIXED_32);
            scalar.extend((value? as f32).to_le_bytes());
            Some(message(1, &scalar))
        });
        // Field 5 of an event is a summary, field 1 of that a value.
        let summary = message(5, &values.collect::<Vec<_>>().concat());
        file.extend(record(&event(entry.step as u64, &summary)));
    }
    file
}

/// Wire types of protocol buffers.
const VARINT: u8 = 0;
const FIXED_64: u8 = 1;
const BYTES: u8 = 2;
const FIXED_32: u8 = 5;

/// An event of a step: its time, the step, and what happened.
fn event(step: u64, what: &[u8]) -> Vec<u8> {
    let mut event = vec![1 << 3 | FIXED_64];
    event.extend((step as f64).to_le_bytes());
    event.push(2 << 3 | VARINT);
    event.extend(varint(step));
    event.extend(what);
    event
}

/// A field that holds bytes: a text or another message.
fn message(field: u8, bytes: &[u8]) -> Vec<u8> {
    let mut message = vec![field << 3 | BYTES];
    message.extend(varint(bytes.len() as u64));
    message.extend(bytes);
    message
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A TFRecord: the length and the bytes, each with its masked checksum.
fn record(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u64).to_le_bytes();
    let mut record = length.to_vec();
    record.extend(masked(&length).to_le_bytes());
    record.extend(bytes);
    record.extend(masked(bytes).to_le_bytes());
    record
}

fn masked(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// The checksum of Castagnoli (RFC 3720, appendix B.4), bit by bit: ledgers are short.
fn crc32c(bytes: &[u8]) -> u32 {
    let shifted = |crc: u32| (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg());
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| shifted(crc))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_has_its_published_values() {
        // RFC 3720, B.4: 32 zeros, 32 ones, and the usual nine digits.
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn numbers_are_packed_seven_bits_a_byte() {
        assert_eq!(varint(1), [1]);
        assert_eq!(varint(300), [0xac, 2]);
    }

    #[test]
    fn an_event_worked_by_hand() {
        let first = &file(&[])[..];
        // 8 bytes of length, 4 of checksum, then time (1 + 8), step (1 + 1) and version (2 + 13).
        assert_eq!(first.len(), 12 + 26 + 4);
        assert_eq!(&first[..8], &26u64.to_le_bytes());
        assert_eq!(&first[12 + 13..38], b"brain.Event:2");
    }
}

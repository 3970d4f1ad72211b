//! Shapes of decoders that are trained from scratch.

/// The presets that can be made from scratch, with their sizes.
pub(super) const PRESETS: [(&str, Shape); 3] = [
    (
        "tiny",
        Shape {
            hidden: 32,
            inner: 64,
            layers: 2,
            heads: 4,
            kv_heads: 2,
            vocabulary: 320,
            positions: 256,
        },
    ),
    (
        "1m",
        Shape {
            hidden: 128,
            inner: 352,
            layers: 4,
            heads: 4,
            kv_heads: 4,
            vocabulary: 1024,
            positions: 512,
        },
    ),
    (
        "10m",
        Shape {
            hidden: 320,
            inner: 864,
            layers: 8,
            heads: 5,
            kv_heads: 5,
            vocabulary: 4096,
            positions: 1024,
        },
    ),
];

pub(super) struct Shape {
    pub(super) hidden: usize,
    pub(super) inner: usize,
    pub(super) layers: usize,
    pub(super) heads: usize,
    pub(super) kv_heads: usize,
    pub(super) vocabulary: usize,
    pub(super) positions: usize,
}

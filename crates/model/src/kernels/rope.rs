//! Rotary position embeddings, in the half-split form of Llama (`rotate_half`).

/// The cosines and sines of every position and frequency.
#[derive(Clone, Debug)]
pub(crate) struct Rope {
    half: usize,
    cosines: Vec<f32>,
    sines: Vec<f32>,
}

impl Rope {
    /// The table for `positions` positions of the given inverse frequencies.
    ///
    /// Angles are products in f32, as the published models were trained with.
    pub(crate) fn new(inverse_frequencies: &[f32], positions: usize) -> Self {
        let angles = (0..positions)
            .flat_map(|position| inverse_frequencies.iter().map(move |f| position as f32 * f));
        let (cosines, sines) = angles
            .map(|angle| (f64::from(angle).cos() as f32, f64::from(angle).sin() as f32))
            .unzip();
        Self {
            half: inverse_frequencies.len(),
            cosines,
            sines,
        }
    }

    /// Turns one head's vector to `position`.
    pub(crate) fn turn(&self, head: &mut [f32], position: usize) {
        self.rotate(head, position, 1.0);
    }

    /// Turns it back, which is also the gradient of turning.
    pub(crate) fn turn_back(&self, head: &mut [f32], position: usize) {
        self.rotate(head, position, -1.0);
    }

    fn rotate(&self, head: &mut [f32], position: usize, sign: f32) {
        let at = position * self.half..(position + 1) * self.half;
        let angles = self.cosines[at.clone()].iter().zip(&self.sines[at]);
        let (low, high) = head.split_at_mut(self.half);
        for ((low, high), (cosine, sine)) in low.iter_mut().zip(high).zip(angles) {
            let (x, y, sine) = (*low, *high, sign * *sine);
            *low = x * *cosine - y * sine;
            *high = y * *cosine + x * sine;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turning_by_a_right_angle_swaps_the_halves() {
        let rope = Rope::new(&[std::f32::consts::FRAC_PI_2], 2);
        let mut head = [3.0, 4.0];
        rope.turn(&mut head, 1);
        assert!((head[0] + 4.0).abs() < 1e-6 && (head[1] - 3.0).abs() < 1e-6);
        rope.turn_back(&mut head, 1);
        assert!((head[0] - 3.0).abs() < 1e-6 && (head[1] - 4.0).abs() < 1e-6);
    }
}

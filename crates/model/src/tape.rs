//! Reverse differentiation over flat buffers: what training needs of it, and no more.
//!
//! candle's own drops gradients silently in its fused operations, adds every gradient to zeros and
//! waits for its threads in a spin at each of these sums. Here a rule writes into the one buffer of
//! the gradient, on the thread it runs on, and sums have one order.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::{Deref, Range};
use std::rc::Rc;

use candle_core::{CpuStorage, Storage, Tensor};

use crate::Error;
use crate::kernels::norm::add;

/// Gradients by the name of their tensor; a tensor that the loss does not reach is absent.
pub(crate) type Gradients = BTreeMap<String, Vec<f32>>;

/// A matrix that was computed, and how; a vector is a matrix of one row.
#[derive(Clone)]
pub(crate) struct Value(Rc<Node>);

struct Node {
    /// Grows with every value of a thread, so that what was computed later is differentiated first.
    order: u64,
    columns: usize,
    values: Values,
    inputs: Vec<Value>,
    rule: Option<Box<dyn Rule>>,
    /// The name of a tensor that is trained.
    name: Option<String>,
    /// Whether a gradient is wanted here or further down.
    wants: bool,
}

enum Values {
    Own(Vec<f32>),
    /// A parameter, and where its numbers lie.
    Shared(Tensor, Range<usize>),
}

/// How the gradient of a result becomes that of what it was computed from.
pub(crate) trait Rule {
    /// Hands the gradients of `inputs` to `sink`, given that of the result.
    fn backward(&self, inputs: &[Value], grad: Vec<f32>, sink: &mut Sink);
}

thread_local! {
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

fn next() -> u64 {
    NEXT.with(|next| {
        next.set(next.get() + 1);
        next.get()
    })
}

impl Value {
    /// A tensor of a model; with a name it is trained, and its gradient is found under it.
    pub(crate) fn parameter(tensor: &Tensor, name: Option<&str>) -> Result<Self, Error> {
        let range = {
            let (storage, layout) = tensor.storage_and_layout();
            match (&*storage, layout.contiguous_offsets()) {
                (Storage::Cpu(CpuStorage::F32(_)), Some((from, to))) => from..to,
                _ => {
                    return Err(Error::request(
                        "a parameter is not made of contiguous f32 numbers in CPU memory",
                    ));
                }
            }
        };
        Ok(Self(Rc::new(Node {
            order: next(),
            columns: tensor.dims().last().copied().unwrap_or(1),
            values: Values::Shared(tensor.clone(), range),
            inputs: Vec::new(),
            rule: None,
            name: name.map(str::to_owned),
            wants: name.is_some(),
        })))
    }

    /// What `rule` can be applied to backwards: rows of `columns` numbers made from `inputs`.
    pub(crate) fn computed(
        values: Vec<f32>,
        columns: usize,
        inputs: Vec<Self>,
        rule: impl Rule + 'static,
    ) -> Self {
        let wants = inputs.iter().any(Self::wants);
        Self(Rc::new(Node {
            order: next(),
            columns,
            values: Values::Own(values),
            // What nobody asks the gradient of need not be kept.
            inputs: if wants { inputs } else { Vec::new() },
            rule: if wants { Some(Box::new(rule)) } else { None },
            name: None,
            wants,
        }))
    }

    /// Its numbers, row after row.
    pub(crate) fn read(&self) -> Read<'_> {
        match &self.0.values {
            Values::Own(values) => Read::Own(values),
            Values::Shared(tensor, range) => {
                Read::Shared(Box::new(tensor.storage_and_layout().0), range.clone())
            }
        }
    }

    /// Numbers of a row.
    pub(crate) fn columns(&self) -> usize {
        self.0.columns
    }

    /// Whether its gradient is asked for.
    pub(crate) fn wants(&self) -> bool {
        self.0.wants
    }

    /// The gradients of all named tensors, given that of this value.
    ///
    /// Results are let go as soon as they are passed, so memory falls while this runs.
    pub(crate) fn backward(self, grad: Vec<f32>) -> Gradients {
        let mut sink = Sink::default();
        let mut found = Gradients::new();
        sink.give(&self, grad);
        drop(self);
        while let Some((_, (value, grad))) = sink.open.pop_last() {
            match (&value.0.name, &value.0.rule) {
                (Some(name), _) => match found.get_mut(name) {
                    Some(sum) => add(sum, &grad),
                    None => drop(found.insert(name.clone(), grad)),
                },
                (None, Some(rule)) => rule.backward(&value.0.inputs, grad, &mut sink),
                (None, None) => {}
            }
        }
        found
    }
}

/// Access to the numbers of a value.
pub(crate) enum Read<'a> {
    /// Of a result.
    Own(&'a [f32]),
    /// Of a parameter.
    Shared(Box<dyn Deref<Target = Storage> + 'a>, Range<usize>),
}

impl Deref for Read<'_> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match self {
            Self::Own(values) => values,
            Self::Shared(storage, range) => match &***storage {
                Storage::Cpu(CpuStorage::F32(values)) => &values[range.clone()],
                // `parameter` lets no other through.
                _ => &[],
            },
        }
    }
}

/// Where the gradients of inputs go: each value has one buffer, whoever adds to it.
#[derive(Default)]
pub(crate) struct Sink {
    open: BTreeMap<u64, (Value, Vec<f32>)>,
}

impl Sink {
    /// Adds a gradient; the first one is taken as it is.
    pub(crate) fn give(&mut self, to: &Value, grad: Vec<f32>) {
        if !to.wants() {
            return;
        }
        match self.open.get_mut(&to.0.order) {
            Some((_, sum)) => add(sum, &grad),
            None => drop(self.open.insert(to.0.order, (to.clone(), grad))),
        }
    }

    /// The buffer of a gradient to add to, zeros at first; `None` where nobody asks for it.
    pub(crate) fn room(&mut self, of: &Value) -> Option<&mut [f32]> {
        if !of.wants() {
            return None;
        }
        let zeros = || (of.clone(), vec![0.0; of.read().len()]);
        Some(&mut self.open.entry(of.0.order).or_insert_with(zeros).1)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    /// The product of two numbers.
    struct Product;

    impl Rule for Product {
        fn backward(&self, inputs: &[Value], grad: Vec<f32>, sink: &mut Sink) {
            let [a, b] = [&inputs[0], &inputs[1]];
            sink.give(a, vec![grad[0] * b.read()[0]]);
            let slope = grad[0] * a.read()[0];
            if let Some(room) = sink.room(b) {
                room[0] += slope;
            }
        }
    }

    fn product(a: &Value, b: &Value) -> Value {
        let values = vec![a.read()[0] * b.read()[0]];
        Value::computed(values, 1, vec![a.clone(), b.clone()], Product)
    }

    fn number(value: f32, name: Option<&str>) -> Value {
        let tensor = Tensor::from_vec(vec![value], 1, &Device::Cpu).expect("one number");
        Value::parameter(&tensor, name).expect("f32")
    }

    #[test]
    fn gradients_of_a_value_that_is_used_twice_are_added() {
        // y = (x · x) · (x · c): the slope of c x³ at x = 2, c = 5 is 3 · 5 · 4 = 60.
        let (x, c) = (number(2.0, Some("x")), number(5.0, None));
        let y = product(&product(&x, &x), &product(&x, &c));
        assert_eq!(y.read()[0], 40.0);
        let gradients = y.backward(vec![1.0]);
        assert_eq!(gradients, [("x".to_owned(), vec![60.0])].into());
    }

    #[test]
    fn what_is_not_trained_is_not_differentiated() {
        let (x, c) = (number(2.0, None), number(5.0, None));
        let y = product(&x, &c);
        assert!(!y.wants() && y.0.inputs.is_empty());
        assert!(y.backward(vec![1.0]).is_empty());
    }

    #[test]
    fn two_values_of_one_name_share_a_gradient() {
        let y = product(&number(3.0, Some("x")), &number(3.0, Some("x")));
        assert_eq!(y.backward(vec![2.0])["x"], [12.0]);
    }
}

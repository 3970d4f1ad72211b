//! From what is asked to the mixes: sources are read once, then each mix is drawn and written.

use std::collections::BTreeMap;

use arrow::array::{Array as _, AsArray as _};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use dataset::{RowEquation, Run, Writer, columns};
use numeric::Share;
use serde_json::Value;

use crate::STAGE;
use crate::arguments::Args;
use crate::arrange::{Part, arranged};
use crate::designs::{self, Asked, Available};
use crate::draw::Lengths;
use crate::output::Output;
use crate::plan::{Drawn, Plan};
use crate::pool::{Looking, Pool};
use crate::request::{Request, Target};
use crate::sources;
use crate::units::{Counter, Unit};

/// The sources, each in its order.
pub(crate) struct Mixing<'a> {
    args: &'a Args,
    pools: Vec<Pool>,
    names: Vec<String>,
    orders: Vec<Vec<u32>>,
    lengths: Vec<Lengths>,
    /// What each row is sorted by first, where the result has such an order.
    keys: Option<Vec<Vec<u64>>>,
    counter: Counter,
    memory: usize,
}

impl<'a> Mixing<'a> {
    /// Reads the sources.
    pub(crate) fn read(args: &'a Args, request: &Request) -> anyhow::Result<Self> {
        let counter = Counter::new(&args.tokenizer)?;
        // Half for the rows of all sources, a quarter for those that are about to be written.
        let memory = args.memory.memory.bytes() / 4;
        let stratify = args.stratify.as_deref().unwrap_or(columns::LABEL.name);
        let looking = Looking {
            how: &args.reading.reading(),
            stratify: (stratify != "none").then_some(stratify),
            unit: args.unit,
            counter: &counter,
            memory: 2 * memory / request.sources.len(),
        };
        let read = |(role, sources): &(crate::pool::Role, Vec<dataset::Source>)| {
            Pool::read(sources, role.clone(), &looking)
        };
        let pools = request.sources.iter().map(read);
        let pools = pools.collect::<anyhow::Result<Vec<_>>>()?;
        let (mut orders, mut lengths) = (Vec::new(), Vec::new());
        for pool in &pools {
            let (order, length) = pool.ordered(args.seed.seed)?;
            orders.push(order);
            lengths.push(length);
        }
        let mut mixing = Self {
            args,
            names: pools.iter().map(|pool| pool.role.name.clone()).collect(),
            pools,
            orders,
            lengths,
            keys: None,
            counter,
            memory,
        };
        mixing.cut();
        mixing.keys = mixing.read_keys()?;
        Ok(mixing)
    }

    /// Leaves of the human rows the first of their order, as --real-fraction says.
    fn cut(&mut self) {
        let Some(share) = self.args.real_fraction else {
            return;
        };
        let rows = share.of(self.orders[0].len());
        self.orders[0].truncate(rows);
        self.lengths[0].truncate(rows);
    }

    /// What the rows are sorted by first, source by source.
    fn read_keys(&self) -> anyhow::Result<Option<Vec<Vec<u64>>>> {
        let Some(column) = self.args.order.column() else {
            return Ok(None);
        };
        let mut all = Vec::with_capacity(self.pools.len());
        for pool in &self.pools {
            let mut keys = Vec::with_capacity(pool.len());
            let kind = pool
                .rows
                .schema()
                .field_with_name(column)
                .map(arrow::datatypes::Field::data_type);
            let numbers = kind.is_ok_and(|kind| kind.is_numeric() || *kind == DataType::Null);
            if !numbers {
                let known = dataset::column_names(pool.rows.schema());
                let said =
                    anyhow::anyhow!("{} has no column of numbers `{column}`", pool.rows.name());
                return Err(cli::with_hint(said, format!("its columns are: {known}")));
            }
            pool.rows.each(|batch, _| {
                if let Some(values) = batch.column_by_name(column) {
                    let values = cast(values, &DataType::Float64)?;
                    let values = values.as_primitive::<Float64Type>();
                    let value = |row| values.is_valid(row).then(|| values.value(row));
                    keys.extend((0..batch.num_rows()).map(|row| self.args.order.key(value(row))));
                }
                anyhow::Ok(())
            })?;
            all.push(keys);
        }
        Ok(Some(all))
    }

    /// Which rows make up the mix, or why there are not enough.
    pub(crate) fn draw(&self, target: &Target) -> anyhow::Result<Result<Drawn, String>> {
        let plan = self.plan(target.proportion)?;
        let most = self.args.repeat as usize;
        Ok(plan.draw(&self.names, &self.lengths, self.args.unit, most))
    }

    fn design(&self) -> &str {
        self.args.design.as_deref().unwrap_or("fixed-total")
    }

    fn plan(&self, proportion: Option<Share>) -> anyhow::Result<Plan> {
        let args = self.args;
        let sizes: Vec<u64> = self.lengths.iter().map(Lengths::total).collect();
        if !args.source.is_empty() {
            return sources::plan(
                &args.source,
                &sizes,
                args.total,
                args.temperature.unwrap_or(1.0),
            );
        }
        if let Some(protocol) = args.protocol {
            return protocol.plan(&sizes, args.total, args.keep);
        }
        let design = designs::named(self.design())?;
        let asked = Asked {
            proportion,
            total: args.total,
            ratio: args.ratio,
        };
        let available = Available {
            real: sizes[0],
            synthetic: sizes[1],
        };
        Ok((design.plan)(&asked, available)?.into())
    }

    /// Refuses rows that two sources have.
    pub(crate) fn refuse_shared_rows(&self) -> anyhow::Result<()> {
        for (at, pool) in self.pools.iter().enumerate() {
            for before in &self.pools[..at] {
                pool.refuse_rows_of(before)?;
            }
        }
        Ok(())
    }

    /// Writes one mix; the closing line.
    pub(crate) fn write(&self, target: &Target, drawn: &Drawn) -> anyhow::Result<String> {
        let parts: Vec<Part<'_>> = (0..self.pools.len())
            .map(|at| Part {
                pool: &self.pools[at],
                order: &self.orders[at],
                taken: drawn.taken[at],
                keys: self.keys.as_ref().map(|keys| keys[at].as_slice()),
            })
            .collect();
        let placed = arranged(&parts, &self.args.order, self.args.seed.seed);
        let output = Output {
            pools: &self.pools,
            placed: &placed,
            memory: self.memory,
            counter: &self.counter,
        };
        let schema = output.schema()?;
        let mut writer = Writer::create(&target.sink, &schema)?;
        let tokens = output.write(&mut writer, &schema)?;
        let rows = self.equation(drawn);
        let said = self.closing_line(&rows, drawn, tokens.as_deref());
        writer.finish(&Run {
            stage: STAGE.name,
            arguments: self.arguments(target, drawn, tokens.as_deref())?,
            seed: Some(self.args.seed.seed.number()),
            inputs: self
                .pools
                .iter()
                .flat_map(|pool| pool.rows.inputs().to_vec())
                .collect(),
            rows,
            drops: self.unused(drawn),
        })?;
        Ok(said)
    }

    fn equation(&self, drawn: &Drawn) -> RowEquation {
        let rows_in: u64 = self.pools.iter().map(|pool| pool.len() as u64).sum();
        let (chosen, out) = (drawn.chosen() as u64, drawn.rows() as u64);
        RowEquation::Mixed {
            rows_in,
            chosen,
            unused: rows_in - chosen,
            repeats: out - chosen,
            out,
        }
    }

    fn unused(&self, drawn: &Drawn) -> BTreeMap<String, u64> {
        let rows = self.pools.iter().zip(&drawn.taken);
        let unused = rows.map(|(pool, taken)| {
            let unused = pool.len() - taken.chosen();
            (format!("unused-{}", pool.role.name), unused as u64)
        });
        unused.filter(|(_, rows)| *rows > 0).collect()
    }

    /// What was asked, and beside it what became of it.
    fn arguments(
        &self,
        target: &Target,
        drawn: &Drawn,
        tokens: Option<&[u64]>,
    ) -> anyhow::Result<BTreeMap<String, Value>> {
        let mut arguments = cli::arguments(self.args)?;
        if self.args.source.is_empty() && self.args.protocol.is_none() {
            arguments.insert("design".to_owned(), self.design().into());
        }
        if let Some(share) = target.proportion {
            arguments.insert("proportion".to_owned(), share.fraction().into());
        }
        if self.pools.len() == 2 && self.args.source.is_empty() {
            let [real, synthetic] = [0, 1].map(|at| drawn.taken[at].rows());
            arguments.insert("chosen-real".to_owned(), real.into());
            arguments.insert("chosen-synthetic".to_owned(), synthetic.into());
        }
        if drawn.plan.proportion.is_some() {
            arguments.insert("realised-proportion".to_owned(), realised(drawn).into());
        }
        arguments.insert("sources".to_owned(), drawn.told(&self.names, tokens));
        Ok(arguments)
    }

    fn closing_line(&self, rows: &RowEquation, drawn: &Drawn, tokens: Option<&[u64]>) -> String {
        let mut said = format!("{rows}; ");
        match drawn.plan.proportion {
            Some(asked) => {
                let synthetic: u64 = drawn.taken[1..].iter().map(|taken| taken.amount).sum();
                let total = drawn.taken[0].amount + synthetic;
                let unit = match self.args.unit {
                    Unit::Rows => "",
                    Unit::Tokens => " tokens",
                };
                let realised = realised(drawn);
                said += &format!(
                    "synthetic {synthetic}/{total}{unit} = {realised:.4} (asked {asked:.4})"
                );
            }
            None => {
                let amounts = self.names.iter().zip(&drawn.taken);
                let total: u64 = drawn.taken.iter().map(|taken| taken.amount).sum();
                let told = amounts.map(|(name, taken)| format!("{name} {}/{total}", taken.amount));
                said += &told.collect::<Vec<_>>().join(", ");
            }
        }
        if let Some(tokens) = tokens.filter(|_| self.args.unit == Unit::Rows) {
            let (synthetic, total): (u64, u64) = (tokens[1..].iter().sum(), tokens.iter().sum());
            if drawn.plan.proportion.is_some() {
                said += &format!("; {synthetic}/{total} tokens");
            } else {
                said += &format!("; {total} tokens");
            }
        }
        said
    }
}

/// The synthetic share of the result, which is the asked one up to the rounding to whole rows.
fn realised(drawn: &Drawn) -> f64 {
    let total: u64 = drawn.taken.iter().map(|taken| taken.amount).sum();
    (total - drawn.taken[0].amount) as f64 / total as f64
}

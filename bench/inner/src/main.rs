//! Does one work by its name, for a profiler to look at; without a name, lists all.

use std::error::Error;
use std::hint::black_box;
use std::io::Write as _;

use registry_bench_inner::{Prepared, WORKS};

fn main() -> Result<(), Box<dyn Error>> {
    let Some(name) = std::env::args().nth(1) else {
        let mut out = std::io::stdout().lock();
        return Ok(WORKS.iter().try_for_each(|work| writeln!(out, "{}", work.name))?);
    };
    let work = WORKS.iter().find(|work| work.name == name).ok_or("there is no such work")?;
    let prepared = (work.prepare)()?;
    // What is only made once, such as the tree of a date, is not to be counted.
    prepared();
    counted_work(&prepared);
    Ok(())
}

/// The profiler counts while this function runs, and knows it by its name.
#[inline(never)]
fn counted_work(prepared: &Prepared) {
    prepared();
    black_box(());
}

//! How long each inner work takes.

use criterion::{Criterion, criterion_group, criterion_main};
use registry_bench_inner::WORKS;

#[expect(clippy::expect_used, reason = "a work that can't be prepared ends the run")]
fn all(criterion: &mut Criterion) {
    for work in WORKS {
        let prepared = (work.prepare)().expect(work.name);
        criterion.bench_function(work.name, |bencher| bencher.iter(&prepared));
    }
}

criterion_group!(time, all);
criterion_main!(time);

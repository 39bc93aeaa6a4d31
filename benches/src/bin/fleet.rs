//! Establishes 1,000 links at once and prints the process's peak memory and CPU time.
//!
//! `cargo run --release -p heroku-data-link-benches --bin fleet -- [LINKS]`

use std::fs;

use heroku_data_link_benches::{Failure, block_on, establish_fleet, peak_kib};

fn main() -> Result<(), Failure> {
    let links = std::env::args().nth(1).map_or(Ok(1000), |text| text.parse())?;
    block_on(establish_fleet(links))?;
    let peak = peak_kib("self")?;
    println!("{links} links: {peak} KiB at the peak, {} ms of CPU", cpu_ms()?);
    Ok(())
}

/// User and system time of this process, in ticks of 10 ms.
fn cpu_ms() -> Result<u64, Failure> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The fields after the name, which is in parentheses and may hold anything.
    let (_, fields) = stat.rsplit_once(") ").ok_or("no fields")?;
    let field = |index: usize| -> Result<u64, Failure> {
        Ok(fields.split(' ').nth(index).ok_or("too few fields")?.parse()?)
    };
    Ok((field(11)? + field(12)?) * 10)
}

use std::{fmt, vec};

use serde::Serialize;

use super::block::{Block, Role};
use crate::model::{Cidr, CidrSet};

/// Two blocks that have an address in common and must not.
///
/// Of two networks that overlap, one contains the other, or they are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Conflict<'a> {
    /// The one that contains the other.
    pub outer: Block<'a>,
    /// The one whose every address is in the outer one, too.
    pub inner: Block<'a>,
}

impl fmt::Display for Conflict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} overlaps {}", self.outer, self.inner)
    }
}

/// A block, and what else its space or VPC has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) block: Block<'a>,
    /// The other one of the same space.
    pub(super) sibling: Option<Block<'a>>,
    /// All blocks of its VPC.
    pub(super) vpc: Option<&'a CidrSet>,
}

/// The conflicts of a plan, each once, in the order of the inner block's addresses.
///
/// One sweep over the sorted blocks: each step costs as much as it gives. `count` only sums up.
#[derive(Debug, Clone)]
pub struct Conflicts<'a> {
    /// What is still to come, what contains before what is contained.
    entries: vec::IntoIter<Entry<'a>>,
    current: Option<Entry<'a>>,
    /// For each role, the blocks before the current one that contain it, outermost first.
    open: [Vec<Block<'a>>; Role::ALL.len()],
    /// How many conflicts of the current block have been given.
    given: usize,
}

impl<'a> Conflicts<'a> {
    pub(super) fn new(mut entries: Vec<Entry<'a>>) -> Self {
        // Stable, so that equal blocks stay in the order of the plan.
        entries.sort_by_key(|entry| order(&entry.block));
        Self { entries: entries.into_iter(), current: None, open: Default::default(), given: 0 }
    }

    /// Goes on to the next block; `false` if there is none.
    fn advance(&mut self) -> bool {
        if let Some(Entry { block, .. }) = self.current.take() {
            self.open[block.role as usize].push(block);
        }
        self.given = 0;
        self.current = self.entries.next();
        let Some(Entry { block, .. }) = &self.current else {
            return false;
        };
        // Networks are nested or apart: what has ended is on top, and all below contains the rest.
        for open in &mut self.open {
            while open.last().is_some_and(|outer| outer.cidr.last() < block.cidr.first()) {
                open.pop();
            }
        }
        true
    }

    /// The outer blocks of the current block's conflicts, in runs.
    fn outer(&self) -> impl Iterator<Item = &[Block<'a>]> {
        self.current.iter().flat_map(|Entry { block, sibling, .. }| {
            let before = |other: &&Block<'_>| {
                order(other) < order(block) && other.cidr.contains(&block.cidr)
            };
            let sibling = sibling.as_ref().filter(before).map_or(&[][..], std::slice::from_ref);
            let roles = block.role.conflicts_with().iter();
            roles.map(|role| self.open[*role as usize].as_slice()).chain([sibling])
        })
    }

    fn nth_of_current(&self, mut n: usize) -> Option<Conflict<'a>> {
        let inner = self.current.as_ref()?.block;
        for run in self.outer() {
            if let Some(outer) = run.get(n) {
                return Some(Conflict { outer: *outer, inner });
            }
            n -= run.len();
        }
        None
    }
}

/// The order of the sweep.
fn order(block: &Block<'_>) -> (Cidr, Role) {
    (block.cidr, block.role)
}

impl<'a> Iterator for Conflicts<'a> {
    type Item = Conflict<'a>;

    fn next(&mut self) -> Option<Conflict<'a>> {
        loop {
            if let Some(conflict) = self.nth_of_current(self.given) {
                self.given += 1;
                return Some(conflict);
            }
            if !self.advance() {
                return None;
            }
        }
    }

    /// Without visiting each conflict.
    fn count(mut self) -> usize {
        let mut count = 0;
        loop {
            count += self.outer().map(<[_]>::len).sum::<usize>() - self.given;
            if !self.advance() {
                return count;
            }
        }
    }
}

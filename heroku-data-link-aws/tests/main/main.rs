//! The dialect of the adapter against canned answers, and its behaviour against moto.

mod moto;
mod pass;
mod wire;

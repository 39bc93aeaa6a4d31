//! The suites of AWS's traits.


//! Lists of the Platform API, a range at a time.

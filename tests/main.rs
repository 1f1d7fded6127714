//! The only test binary. Each module is one area; a test in `tidy` checks that none is forgotten.

mod tidy;

//! What FEEL promises: tables of expressions and their values, limits, and the seams to JSON.

mod cases;
mod limits;
mod seams;

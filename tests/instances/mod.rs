//! Process instances on a running engine, on both databases.

mod api;
mod bulk;
mod calling;
mod changing;
mod listing;
mod looking;
mod overview;
mod pages;
mod repair;
mod running;
mod signals;
mod starts;
mod time_travel;

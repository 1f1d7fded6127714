//! Flowstead: one binary that runs a company's processes. The five rooms, in reading order.

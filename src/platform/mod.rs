//! What the product stands on: storage, clocks, blobs, search, mail; it knows nothing of the product.

pub mod store;

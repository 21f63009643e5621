//! Deployment history from small entries in the real shapes, with names of our own.

mod deploys;
mod readiness;
mod samples;
mod shapes;
mod splits;

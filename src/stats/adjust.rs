//! p-values of several tests, corrected for their number.
//!
//! In: p-values in any order. Out: adjusted p-values in the same order, to be compared with the same level.
//! Holm bounds the chance of any false alarm, Benjamini–Hochberg the share of false alarms among all alarms.

/// Holm's step-down adjustment (S. Holm, 1979).
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let order = ascending(p_values);
    let mut adjusted = vec![0.0; p_values.len()];
    let mut least: f64 = 0.0;
    for (rank, index) in order.iter().enumerate() {
        least = least.max(p_values[*index] * count(p_values.len() - rank)).min(1.0);
        adjusted[*index] = least;
    }
    adjusted
}

/// Benjamini and Hochberg's step-up adjustment (1995).
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let order = ascending(p_values);
    let mut adjusted = vec![0.0; p_values.len()];
    let mut most: f64 = 1.0;
    for (rank, index) in order.iter().enumerate().rev() {
        most = most.min(p_values[*index] * count(p_values.len()) / count(rank + 1));
        adjusted[*index] = most;
    }
    adjusted
}

fn ascending(p_values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    order
}

fn count(tests: usize) -> f64 {
    super::number(tests as u64)
}

//! Chance from a seed: the same seed gives the same incident on every machine.

/// A small generator (`SplitMix64`, public domain); its quality is ample for choosing words and gaps.
pub struct Dice(u64);

impl Dice {
    /// Starts from a seed and the name of what is simulated, so that two kinds differ under one seed.
    pub fn new(seed: u64, name: &str) -> Self {
        let folded = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let mut dice = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ folded);
        dice.roll();
        dice
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low + 1).expect("low is at most high");
        low + i64::try_from(self.roll() % span).expect("below the span")
    }

    /// True in `percent` of a hundred.
    pub fn chance(&mut self, percent: i64) -> bool {
        self.range(1, 100) <= percent
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let last = i64::try_from(from.len()).expect("short lists") - 1;
        from[usize::try_from(self.range(0, last)).expect("not negative")]
    }

    /// `length` characters of an alphabet.
    pub fn word(&mut self, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| self.pick(&letters)).collect()
    }

    /// Lower-case hexadecimal digits.
    pub fn hex(&mut self, length: usize) -> String {
        self.word("0123456789abcdef", length)
    }
}

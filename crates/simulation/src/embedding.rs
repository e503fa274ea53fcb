//! Embeddings by feature hashing: words and parts of words are hashed into a vector of fixed length, so that texts with
//! common words are near each other. No model and no training, and the same text always gives the same vector.

/// The length of a vector.
pub const DIMENSIONS: usize = 512;

/// The embedding of a text, of length 1 (all zeros for a text without words).
pub fn embed(text: &str) -> [f32; DIMENSIONS] {
    let mut vector = [0.0; DIMENSIONS];
    for word in words(text) {
        add(&mut vector, &word, 1.0);
        // Parts of three letters bring words of one stem together.
        let letters: Vec<char> = word.chars().collect();
        for part in letters.windows(3) {
            add(&mut vector, &part.iter().collect::<String>(), 0.3);
        }
    }
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
    vector
}

/// The cosine of the angle between two embeddings.
pub fn similarity(one: &[f32; DIMENSIONS], other: &[f32; DIMENSIONS]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// Words in lower case, without those of one or two letters.
pub fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| word.chars().count() > 2)
        .map(str::to_lowercase)
}

/// One bit of the hash is the sign, so that words that meet in one place cancel out as often as they add up.
fn add(vector: &mut [f32; DIMENSIONS], feature: &str, weight: f32) {
    let hash = fnv(feature.as_bytes());
    let sign = if hash & 1 == 0 { 1.0 } else { -1.0 };
    if let Some(value) = vector.get_mut((hash >> 1) as usize % DIMENSIONS) {
        *value += sign * weight;
    }
}

/// FNV-1a, 64 bits.
pub fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_common_words_are_nearer() {
        let question = embed("How do sampled spans reach the collector?");
        let near = embed("A collector receives spans; sampling decides which.");
        let far = embed("The customer pays by bank transfer.");
        assert!(similarity(&question, &near) > similarity(&question, &far) + 0.1);
        assert!((similarity(&near, &near) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn a_text_without_words_is_near_to_nothing() {
        assert_eq!(similarity(&embed("?!"), &embed("spans")), 0.0);
    }
}

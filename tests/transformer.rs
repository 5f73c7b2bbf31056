//! A transformer with causal attention learns who speaks, from real utterances of different lengths.

#[path = "common/examples.rs"]
mod examples;

/// Guessing names one in nine right, 41; the nearest mean frame of the training data names 347.
#[test]
fn it_names_speakers_as_they_speak() {
    let output = examples::example("transformer").args(["--epochs", "15"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let right = |line: &str| line.split_once("moments: ")?.1.split_once(' ')?.0.parse::<u32>().ok();
    let right: Vec<u32> = text.lines().filter_map(right).collect();
    assert!(right.len() == 4 && right[3] >= 330 && right[3] > right[0], "{text}");
}

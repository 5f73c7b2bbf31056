use super::*;

/// A training as it usually goes.
fn typical(epochs: u64) -> History {
    let mut history = History::new();
    for epoch in 1..=epochs {
        let t = epoch as f32;
        history.push(Record {
            epoch,
            step: 938 * epoch,
            learning_rate: 1e-3 * 0.9f32.powf(t),
            train_loss: 0.02 + 0.45 / t.powf(1.3),
            train_accuracy: Some(1.0 - 0.11 / t.powf(1.2)),
            test_loss: Some(0.05 + 0.2 / t + 0.003 * t),
            test_accuracy: Some(0.99 - 0.05 / t),
            seconds: 3.25,
        });
    }
    history
}

fn read(text: &str) -> Result<History, HistoryError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.csv");
    std::fs::write(&path, text).unwrap();
    History::read_csv(&path)
}

fn message(text: &str) -> String {
    let message = read(text).unwrap_err().to_string();
    message.split_once("history.csv").unwrap().1.to_owned()
}

const HEADER: &str = "epoch,step,learning_rate,train_loss,train_accuracy,test_loss,test_accuracy,seconds\n";

#[test]
fn best_prefers_test_accuracy_then_test_loss_then_training_loss() {
    let of = |records: &[Record]| History { records: records.to_vec() }.best().map(|record| record.epoch);
    let record = |epoch, train_loss, test_loss, test_accuracy| Record {
        epoch,
        train_loss,
        test_loss,
        test_accuracy,
        ..Record::default()
    };
    assert_eq!(of(&[]), None);
    assert_eq!(
        of(&[record(1, 3.0, None, None), record(2, 1.0, None, None), record(3, 1.0, None, None)]),
        Some(2)
    );
    assert_eq!(of(&[record(1, 3.0, Some(1.0), None), record(2, 1.0, Some(2.0), None)]), Some(1));
    let accurate = [record(1, 3.0, Some(1.0), Some(0.5)), record(2, 1.0, Some(2.0), Some(0.6))];
    assert_eq!(of(&accurate), Some(2));
    assert_eq!(of(&[record(1, f32::NAN, None, None), record(2, 5.0, None, None)]), Some(2));
    assert_eq!(of(&[record(1, f32::NAN, None, None)]), None);
}

#[test]
fn a_table_comes_back_as_it_was() {
    let mut history = typical(5);
    history.push(Record { epoch: 6, train_loss: f32::INFINITY, learning_rate: 1e-38, ..Record::default() });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.csv");
    for history in [history, History::new()] {
        history.write_csv(&path).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().starts_with(HEADER));
        assert_eq!(History::read_csv(&path).unwrap(), history);
    }
}

#[test]
fn columns_are_found_by_name() {
    let history = read("note,seconds, train_loss,learning_rate,step,epoch\nx,9,0.5,0.1,10,1\n").unwrap();
    let want = Record { epoch: 1, step: 10, learning_rate: 0.1, train_loss: 0.5, ..Record::default() };
    assert_eq!(history.records, [Record { seconds: 9.0, ..want }]);
}

#[test]
fn wrong_tables() {
    assert_eq!(
        message("epoch,step\n1,2\n"),
        ", byte 0: the column `learning_rate` is missing; there are [\"epoch\", \"step\"]"
    );
    let rows = format!("{HEADER}1,10,0.1,0.5,,,,3\n2,20,0.1,much,,,,3\n");
    assert_eq!(message(&rows), ", byte 101: `train_loss` in line 3 is \"much\", but should be a number");
    let rows = format!("{HEADER}1.5,10,0.1,0.5,,,,3\n");
    assert_eq!(message(&rows), ", byte 83: `epoch` in line 2 is \"1.5\", but should be a whole number");
    let rows = format!("{HEADER}1,10,0.1,0.5,?,,,3\n");
    assert!(message(&rows).ends_with("`train_accuracy` in line 2 is \"?\", but should be a number or empty"));
    assert!(message(&format!("{HEADER}1,10\n")).contains("line: 2, byte: 83"));
}

#[test]
fn a_file_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing/history.csv");
    for result in [typical(2).write_csv(&missing), History::read_csv(&missing).map(drop)] {
        let error = result.unwrap_err();
        assert!(matches!(error.kind, HistoryErrorKind::Io(_)));
        assert!(error.to_string().starts_with(&*missing.to_string_lossy()));
    }
    for ending in ["svg", "png"] {
        let error = typical(2).plot(missing.with_extension(ending)).unwrap_err();
        assert!(matches!(error.kind, HistoryErrorKind::Io(_)), "{error}");
    }
}

#[test]
fn plots() {
    let folder = tempfile::tempdir().unwrap();
    // Kept where it can be looked at, if wanted.
    let keep = std::env::var_os("CASTIRON_PLOTS").map(std::path::PathBuf::from);
    let folder = keep.as_deref().unwrap_or(folder.path());
    let mut diverged = History::new();
    for (epoch, train_loss) in [(1, 2.0), (2, 8e20), (3, f32::INFINITY), (4, f32::NAN)] {
        diverged.push(Record { epoch, train_loss, ..Record::default() });
    }
    let mut nothing_finite = History::new();
    nothing_finite.push(Record { train_loss: f32::NAN, ..Record::default() });
    let histories = [
        ("one", typical(1)),
        ("typical", typical(12)),
        ("long", typical(200)),
        ("diverged", diverged),
        ("nan", nothing_finite),
    ];
    for (name, history) in histories {
        let (svg, png) = (folder.join(name).with_extension("svg"), folder.join(name).with_extension("PNG"));
        history.plot(&svg).unwrap();
        history.plot(&png).unwrap();
        let svg = std::fs::read_to_string(svg).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("epoch"));
        assert_eq!(svg.contains("accuracy in %"), history.records[0].test_accuracy.is_some());
        assert!(std::fs::read(png).unwrap().starts_with(b"\x89PNG"));
    }
}

#[test]
fn plots_that_cannot_be() {
    let folder = tempfile::tempdir().unwrap();
    let plot = |history: History, name: &str| {
        let error = history.plot(folder.path().join(name)).unwrap_err().to_string();
        error.split_once("history").unwrap().1.to_owned()
    };
    assert_eq!(plot(typical(1), "history.jpg"), ".jpg: a plot is a .svg or a .png file");
    assert_eq!(plot(typical(1), "history"), ": a plot is a .svg or a .png file");
    assert_eq!(plot(History::new(), "history.svg"), ".svg: there are no epochs to plot");
    assert!(!folder.path().join("history.svg").exists());
}

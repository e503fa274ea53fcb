//! Files that are opened together as one set of traces.

use super::Answer;
use crate::model::TraceSummary;
use crate::units::Problem;

/// Collects the results of files. Unreadable files do not affect the others.
#[derive(Debug, Default)]
pub struct FileSet {
    summaries: Vec<TraceSummary>,
    warnings: Vec<String>,
    opened: usize,
    /// The error of the first unreadable file.
    problem: Option<Problem>,
    problems: Vec<String>,
}

impl FileSet {
    /// Whether no file was opened yet, so that the next one replaces previously opened files.
    pub fn is_empty(&self) -> bool {
        self.opened == 0
    }

    /// Adds the result for a file: [`Answer::Opened`] or an error. Its warnings get its name.
    pub fn add(&mut self, name: &str, answer: Answer) {
        match answer {
            Answer::Opened { summaries, warnings } => {
                self.opened += 1;
                // If another file had a part of a trace, the summary is that of the merged trace.
                for summary in summaries {
                    match self.summaries.iter_mut().find(|known| known.key() == summary.key()) {
                        Some(known) => *known = summary,
                        None => self.summaries.push(summary),
                    }
                }
                self.warnings.extend(warnings.into_iter().map(|warning| format!("{name}: {warning}")));
            }
            Answer::Failed(problem) => {
                self.problems.push(format!("{name} could not be opened: {}", problem.happened));
                self.problem.get_or_insert(problem);
            }
            _ => {}
        }
    }

    /// The traces of all files, with a warning for each unreadable one; the error if all are unreadable.
    pub fn finish(mut self) -> Answer {
        match self.problem {
            Some(problem) if self.opened == 0 => Answer::Failed(problem),
            _ => {
                self.warnings.extend(self.problems);
                Answer::Opened { summaries: self.summaries, warnings: self.warnings }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::ProblemKind;

    #[test]
    fn warnings_and_errors_name_their_files() {
        let mut set = FileSet::default();
        set.add("a.json", Answer::Opened { summaries: Vec::new(), warnings: vec!["it ends early".into()] });
        set.add(
            "b.json",
            Answer::Failed(Problem::new(ProblemKind::Unreadable, "open b.json", "It is empty.")),
        );
        let Answer::Opened { warnings, .. } = set.finish() else { panic!("one of them was opened") };
        assert_eq!(warnings, ["a.json: it ends early", "b.json could not be opened: It is empty."]);
    }
}

//! Files that are opened together: one set of traces.

use super::Answer;
use crate::model::TraceSummary;
use crate::units::Problem;

/// Gathers what came of each file. A file that cannot be read does not keep the others from opening.
#[derive(Debug, Default)]
pub struct FileSet {
    summaries: Vec<TraceSummary>,
    warnings: Vec<String>,
    opened: usize,
    /// The first file that could not be read.
    problem: Option<Problem>,
    problems: Vec<String>,
}

impl FileSet {
    /// Whether no file was opened yet: the next one replaces the files that were open before.
    pub fn is_empty(&self) -> bool {
        self.opened == 0
    }

    /// Adds what came of the file of that name: [`Answer::Opened`] or a failure.
    pub fn add(&mut self, name: &str, answer: Answer) {
        match answer {
            Answer::Opened { summaries, warnings } => {
                self.opened += 1;
                // A trace of which another file held a part comes again, with the spans of both.
                for summary in summaries {
                    match self.summaries.iter_mut().find(|known| known.key() == summary.key()) {
                        Some(known) => *known = summary,
                        None => self.summaries.push(summary),
                    }
                }
                self.warnings.extend(warnings);
            }
            Answer::Failed(problem) => {
                self.problems.push(format!("{name} could not be opened: {}", problem.happened));
                self.problem.get_or_insert(problem);
            }
            _ => {}
        }
    }

    /// The traces of all files, with a warning for each file that could not be read; its failure where none could.
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

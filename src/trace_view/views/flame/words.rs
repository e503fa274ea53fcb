//! What is said of a frame: in the tip at the pointer, and to screen readers.

use super::super::super::counted::counted;
use super::load::LoadedFrames;
use spandrel_trace::analysis::child_coverage::ChildCoverage;
use spandrel_trace::analysis::flame::FrameUnit;
use spandrel_trace::units::{count, display_name, duration, percent};

/// A frame in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameWords {
    /// Operation.
    pub name: String,
    /// Service.
    pub service: String,
    /// Times, counts and shares, one fact each.
    pub facts: Vec<String>,
}

impl FrameWords {
    /// The words of a frame.
    pub fn of(loaded: &LoadedFrames, frame: usize) -> Self {
        let (frames, outline) = (&loaded.frames, &loaded.outline);
        let span = frames.span(frame);
        let length = frames.end(outline, frame) - frames.start(outline, frame);
        let share = percent(length as f64 / frames.total(outline) as f64);
        let (spans, errors) = frames.counts(outline, frame);
        let mut facts = Vec::new();
        match frames.own(frame) {
            None => {
                let duration_of = outline.duration_of(span);
                let own = duration_of.saturating_sub(ChildCoverage::of(outline, span).total());
                facts.push(format!("{}, {share} of the trace", duration(duration_of)));
                facts.push(format!("Self {}", duration(own)));
                facts.push(format!("Starts at {}", duration(outline.start[span as usize])));
                if errors > 0 {
                    facts.push("Error".to_owned());
                }
            }
            Some(own) => {
                let measure = |amount: u64| match frames.unit {
                    FrameUnit::Time => duration(amount),
                    FrameUnit::Spans => count(amount),
                };
                facts.push(format!("Total {}, {share}", measure(length)));
                if frames.lane_of(frame) >= frames.middle as usize {
                    facts.push(format!("Self {}", measure(own)));
                }
                facts.push(counted(spans as usize, "span", "spans"));
                if errors > 0 {
                    facts.push(counted(errors as usize, "error", "errors"));
                }
            }
        }
        let (name, service) = (
            display_name(outline.name_of(span)).to_owned(),
            display_name(outline.service_of(span)).to_owned(),
        );
        FrameWords { name, service, facts }
    }

    /// All of it as one sentence.
    pub fn sentence(&self) -> String {
        let FrameWords { name, service, facts } = self;
        let facts = facts.join(", ");
        format!("{name}, {service}: {facts}")
    }
}

//! The services as a whole.

use crate::exchange::{SimulatedAnswer, SimulatedRequest};
use crate::recorder::{Run, SimulatedSpan};
use crate::services::gateway;
use crate::state::State;

/// The services, with what they keep between requests: stock, answered questions, circuit breakers.
#[derive(Clone, Debug, Default)]
pub struct Simulation(State);

impl Simulation {
    /// Answers a request, and gives the spans of all services, those of work after the answer included. Their times are
    /// those of the request and later. Requests for lists make no spans.
    pub fn answer(&mut self, request: &SimulatedRequest) -> (SimulatedAnswer, Vec<SimulatedSpan>) {
        gateway::answer(Run::new(&mut self.0, request.seed, request.start_unix), request)
    }
}

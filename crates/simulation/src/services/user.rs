//! The user service: users by id. Whoever is not known is a customer of the lowest tier.

use super::call::{Call, Propagate};
use crate::problem::Problem;
use crate::recorder::{Cx, Run};
use crate::statements::FIND_USER;

/// Users that are there from the start, and their tiers.
const USERS: [(&str, &str); 5] =
    [("1", "gold"), ("2", "standard"), ("3", "standard"), ("demo-user", "gold"), ("ada", "gold")];

impl Run<'_> {
    /// Reads a customer's tier.
    ///
    /// # Errors
    /// The problem of the user service.
    pub(super) fn customer(
        &mut self,
        cx: Cx,
        user_id: &str,
        propagate: Propagate,
    ) -> Result<&'static str, Problem> {
        let mut call = Call::get("user", "/customers/{id}").with_id(user_id);
        call.propagate = propagate;
        self.call(cx, &call, |run, server, _| {
            let known = USERS.iter().find(|(id, _)| *id == user_id);
            run.set(server, "user.id", user_id);
            run.statement(server, &FIND_USER, i64::from(known.is_some()));
            run.set(server, "user.is_known", known.is_some());
            Ok((200, known.map_or("standard", |(_, tier)| tier)))
        })
    }
}

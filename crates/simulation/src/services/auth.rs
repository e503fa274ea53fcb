//! The auth service: takes the user of a request as a guest, since the page sends no token.

use super::call::Call;
use crate::problem::Problem;
use crate::recorder::{Cx, Run};

impl Run<'_> {
    /// Asks auth who sends a request.
    ///
    /// # Errors
    /// The problem of auth.
    pub(super) fn verify(&mut self, cx: Cx, user_id: &str) -> Result<(), Problem> {
        self.call(cx, &Call::post("auth", "/verify"), |run, server, _| {
            let checking = run.internal(server, "verify token");
            run.work(2.0);
            run.set(checking, "user.id", user_id);
            run.set(checking, "auth.method", "guest");
            run.end(checking);
            Ok((200, ()))
        })
    }
}

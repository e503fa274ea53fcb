//! An order on its way through the services. The form itself is read by what the simulated services read it with.

use serde::{Deserialize, Serialize};
pub(crate) use spandrel_simulation::order_form::{
    FailingService, OrderForm, OrderItem, PAYMENT_METHODS, cents, units,
};
use utoipa::ToSchema;

/// An order as the gateway passes it on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OrderRequest {
    #[serde(flatten)]
    pub(crate) form: OrderForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failing: Option<FailingService>,
}

/// A placed order as it is answered.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct OrderPlaced {
    pub(crate) order_id: String,
    #[schema(example = "confirmed")]
    pub(crate) status: String,
    /// In whole currency units.
    #[schema(example = 59.98)]
    pub(crate) total: f64,
    /// 32 hexadecimal digits, absent where tracing is switched off.
    pub(crate) trace_id: Option<String>,
}

//! The page from the door: the trace is asked for, its way here is shown, and what went wrong is said.

use super::address;
use super::colours::slots_of;
use super::detail::Whole;
use super::opened::{Ask, Opened};
use super::session::Session;
use crate::route::{Route, TraceView, replace, use_route};
use crate::state::use_data;
use crate::ui::problem::ProblemView;
use leptos::prelude::*;
use spandrel_trace::model::Outline;
use spandrel_trace::units::{Problem, SpanId};
use std::rc::Rc;
use std::sync::Arc;

//! The operations of a trace as a graph: a box for each, a curve for the calls from one to another.

use super::{GraphScene, Node};
use crate::analysis::dependencies::{Failures, RatedLink};
use crate::analysis::operations::OperationGraph;
use crate::units::{compact, display_name, duration};

impl GraphScene {
    /// Lays out the operations of a trace. Boxes are in the order of `graph.operations`.
    pub fn of_operations(graph: &OperationGraph) -> Self {
        let nodes = graph
            .operations
            .iter()
            .map(|operation| {
                let service = display_name(&operation.service);
                let own = duration(operation.own);
                Node {
                    name: display_name(&operation.name).to_owned(),
                    served: operation.spans,
                    error_share: Some(operation.errors as f64 / operation.spans.max(1) as f64),
                    note: format!("{service} · {} × · self {own}", compact(operation.spans)),
                    ..Node::default()
                }
            })
            .collect();
        let name =
            |index: u32| graph.operations.get(index as usize).map(|it| it.name.clone()).unwrap_or_default();
        let links: Vec<RatedLink> = graph
            .calls
            .iter()
            .map(|call| RatedLink {
                parent: name(call.caller),
                child: name(call.callee),
                calls: call.calls,
                failures: Failures::Counted(call.errors),
            })
            .collect();
        let ends: Vec<(u32, u32)> = graph.calls.iter().map(|call| (call.caller, call.callee)).collect();
        let mut scene = GraphScene::laid_out(nodes, &links, &ends);
        for (edge, call) in scene.edges.iter_mut().zip(&graph.calls) {
            edge.critical = call.critical > 0;
        }
        scene
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::critical_path::CriticalPath;
    use crate::analysis::narrowed::SpanFilter;
    use crate::analysis::operations::operation_graph;
    use crate::testing::trace;

    #[test]
    fn a_box_says_how_often_and_how_long_an_operation_was_at_work() {
        let trace = trace(
            "
            web: GET /          [==========]
              db: select !       [==]
              db: select              [====]
            ",
        );
        let (outline, filter) = (trace.outline(), SpanFilter::default());
        let graph = operation_graph(outline, &CriticalPath::of(outline), &filter);
        let scene = GraphScene::of_operations(&graph);
        let nodes: Vec<_> = scene.nodes.iter().map(|it| (it.name.as_str(), it.note.as_str())).collect();
        assert_eq!(nodes, [("select", "db · 2 × · self 8 ms"), ("GET /", "web · 1 × · self 3 ms")]);
        assert_eq!((scene.edges.len(), scene.edges[0].label.as_str()), (1, "2 · 50 %"));
        assert!(scene.edges[0].critical);
        assert!(scene.nodes[1].center.x < scene.nodes[0].center.x, "callers are left of callees");
        assert_eq!(GraphScene::of_operations(&OperationGraph::default()), GraphScene::default());
    }
}

//! Attribute names of older semantic conventions and what replaces them.
//!
//! From the deprecated attributes of OpenTelemetry's semantic conventions (registry, 1.38) and the mapping of OpenTracing's
//! (<https://opentelemetry.io/docs/specs/semconv/>). Deprecated attributes that do not affect queries are omitted.

/// The name that replaces an old one: empty where nothing does; `None` for names that are not old.
pub fn replacement(key: &str) -> Option<&'static str> {
    let at = CONVENTIONS.binary_search_by_key(&key, |(old, _)| old).ok()?;
    Some(CONVENTIONS[at].1)
}

/// Old and new names, sorted by the old one.
pub(super) const CONVENTIONS: &[(&str, &str)] = &[
    ("code.filepath", "code.file.path"),
    ("code.function", "code.function.name"),
    ("code.lineno", "code.line.number"),
    ("code.namespace", "code.function.name"),
    ("container.labels", "container.label"),
    ("db.cassandra.table", "db.collection.name"),
    ("db.connection_string", "server.address"),
    ("db.cosmosdb.container", "db.collection.name"),
    ("db.instance", "db.namespace"),
    ("db.mongodb.collection", "db.collection.name"),
    ("db.name", "db.namespace"),
    ("db.operation", "db.operation.name"),
    ("db.redis.database_index", "db.namespace"),
    ("db.sql.table", "db.collection.name"),
    ("db.statement", "db.query.text"),
    ("db.system", "db.system.name"),
    ("db.type", "db.system.name"),
    ("db.user", ""),
    ("deployment.environment", "deployment.environment.name"),
    ("enduser.role", "user.roles"),
    ("faas.execution", "faas.invocation_id"),
    ("faas.id", "cloud.resource_id"),
    ("gen_ai.system", "gen_ai.provider.name"),
    ("gen_ai.usage.completion_tokens", "gen_ai.usage.output_tokens"),
    ("gen_ai.usage.prompt_tokens", "gen_ai.usage.input_tokens"),
    ("http.client_ip", "client.address"),
    ("http.flavor", "network.protocol.version"),
    ("http.host", "server.address"),
    ("http.method", "http.request.method"),
    ("http.request_content_length", "http.request.body.size"),
    ("http.resend_count", "http.request.resend_count"),
    ("http.response_content_length", "http.response.body.size"),
    ("http.scheme", "url.scheme"),
    ("http.server_name", "server.address"),
    ("http.status_code", "http.response.status_code"),
    ("http.target", "url.path"),
    ("http.url", "url.full"),
    ("http.user_agent", "user_agent.original"),
    ("message_bus.destination", "messaging.destination.name"),
    ("messaging.conversation_id", "messaging.message.conversation_id"),
    ("messaging.destination", "messaging.destination.name"),
    ("messaging.kafka.consumer_group", "messaging.consumer.group.name"),
    ("messaging.kafka.partition", "messaging.destination.partition.id"),
    ("messaging.message_id", "messaging.message.id"),
    ("messaging.operation", "messaging.operation.type"),
    ("net.host.ip", "network.local.address"),
    ("net.host.name", "server.address"),
    ("net.host.port", "server.port"),
    ("net.peer.ip", "network.peer.address"),
    ("net.peer.name", "server.address"),
    ("net.peer.port", "server.port"),
    ("net.protocol.name", "network.protocol.name"),
    ("net.protocol.version", "network.protocol.version"),
    ("net.sock.host.addr", "network.local.address"),
    ("net.sock.host.port", "network.local.port"),
    ("net.sock.peer.addr", "network.peer.address"),
    ("net.sock.peer.port", "network.peer.port"),
    ("net.transport", "network.transport"),
    ("otel.library.name", "otel.scope.name"),
    ("otel.library.version", "otel.scope.version"),
    ("peer.address", "network.peer.address"),
    ("peer.hostname", "server.address"),
    ("peer.ipv4", "network.peer.address"),
    ("peer.ipv6", "network.peer.address"),
    ("peer.port", "server.port"),
    ("telemetry.auto.version", "telemetry.distro.version"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_no_replacement_is_old() {
        assert!(CONVENTIONS.is_sorted_by(|a, b| a.0 < b.0));
        for (old, new) in CONVENTIONS {
            assert_eq!(replacement(new), None, "{old} is replaced by {new}, which is old");
        }
        assert_eq!(replacement("http.method"), Some("http.request.method"));
        assert_eq!(replacement("db.user"), Some(""));
        assert_eq!(replacement("http.request.method"), None);
    }
}

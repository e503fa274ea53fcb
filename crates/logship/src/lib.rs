//! Ships log records to Datadog, Grafana Loki, CloudWatch Logs or any REST endpoint.

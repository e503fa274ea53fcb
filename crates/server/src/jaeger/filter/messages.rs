//! `jaeger.expression.v1`: a filter as it comes over gRPC. Its JSON is what the API over HTTP takes, so that both are read
//! by one reader. Source of the field numbers: jaeger-idl, `proto/expression/v1/expression.proto`.

use serde::Serialize;

/// An operator and what it is applied to.
#[derive(Clone, PartialEq, Serialize, prost::Message)]
pub struct Call {
    /// Its name, such as `eq`.
    #[prost(string, tag = "1")]
    pub op: String,
    /// Its operands.
    #[prost(message, repeated, tag = "2")]
    pub args: Vec<Expression>,
}

/// An operand.
#[derive(Clone, PartialEq, Serialize, prost::Message)]
#[serde(transparent)]
pub struct Expression {
    /// Exactly one of its forms.
    #[prost(oneof = "Term", tags = "1, 2, 3, 4, 5, 6")]
    pub term: Option<Term>,
}

/// The forms of an operand.
#[derive(Clone, PartialEq, Serialize, prost::Oneof)]
#[serde(rename_all = "lowercase")]
pub enum Term {
    /// An attribute.
    #[prost(message, tag = "1")]
    Attr(AttributeReference),
    /// A field that every span has.
    #[prost(message, tag = "2")]
    Field(FieldReference),
    /// The events or links of a span.
    #[prost(message, tag = "3")]
    Nested(NestedReference),
    /// One constant.
    #[prost(message, tag = "4")]
    Scalar(Scalar),
    /// Several constants of one type.
    #[prost(message, tag = "5")]
    List(List),
    /// A call within this one.
    #[prost(message, tag = "6")]
    Call(Call),
}

/// Names an attribute.
#[derive(Clone, PartialEq, Serialize, prost::Message)]
pub struct AttributeReference {
    /// Its key.
    #[prost(string, tag = "1")]
    pub key: String,
    /// Where it belongs: `span`, `resource`, `scope`, `event`, `link`, or empty.
    #[prost(string, tag = "2")]
    pub level: String,
}

/// Names a field.
#[derive(Clone, PartialEq, Serialize, prost::Message)]
pub struct FieldReference {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Where it belongs.
    #[prost(string, tag = "2")]
    pub level: String,
}

/// Names what hangs below a span.
#[derive(Clone, PartialEq, Serialize, prost::Message)]
pub struct NestedReference {
    /// `event` or `link`.
    #[prost(string, tag = "1")]
    pub level: String,
}

/// A constant.
#[derive(Clone, PartialEq, Serialize, prost::Message)]
pub struct Scalar {
    /// As text.
    #[prost(string, tag = "1")]
    pub value: String,
    /// `string`, `int`, `double`, `bool`, or empty.
    #[prost(string, tag = "2")]
    pub r#type: String,
}

/// Constants.
#[derive(Clone, PartialEq, Serialize, prost::Message)]
pub struct List {
    /// As text.
    #[prost(string, repeated, tag = "1")]
    pub values: Vec<String>,
    /// The type of all, as of a [`Scalar`].
    #[prost(string, tag = "2")]
    pub r#type: String,
}

//! What RESP3 adds to a reply, apart from what the reply says.

use crate::support::Value;

/// The kinds of a reply and of all in it, in no order.
pub fn shape(value: &Value) -> String {
    let of = |name: &str, items: &mut dyn Iterator<Item = String>| {
        let mut items: Vec<String> = items.collect();
        items.sort();
        items.dedup();
        format!("{name}({})", items.join(" "))
    };
    match value {
        Value::Simple(_) => "simple".to_owned(),
        Value::Error(_) => "error".to_owned(),
        Value::Int(_) => "integer".to_owned(),
        Value::Bulk(_) => "text".to_owned(),
        Value::Nil => "nil".to_owned(),
        Value::Double(_) => "double".to_owned(),
        Value::Bool(_) => "boolean".to_owned(),
        Value::BigNumber(_) => "big".to_owned(),
        Value::Verbatim(format, _) => format!("verbatim {format}"),
        Value::Array(items) => of("array", &mut items.iter().map(shape)),
        Value::Set(items) => of("set", &mut items.iter().map(shape)),
        Value::Push(items) => of("push", &mut items.iter().map(shape)),
        Value::Map(pairs) => {
            let pair = |(key, value): &(Value, Value)| [shape(key), shape(value)].join(":");
            of("map", &mut pairs.iter().map(pair))
        }
    }
}

/// The reply as RESP2 has it.
pub fn in_resp2(value: &Value) -> Value {
    let all = |items: &[Value]| items.iter().map(in_resp2).collect();
    match value {
        Value::Array(items) | Value::Set(items) | Value::Push(items) => Value::Array(all(items)),
        Value::Map(pairs) => {
            let both = |(key, value): &(Value, Value)| [in_resp2(key), in_resp2(value)];
            Value::Array(pairs.iter().flat_map(both).collect())
        }
        Value::Double(text) | Value::BigNumber(text) => Value::Bulk(text.clone().into()),
        Value::Bool(is_true) => Value::Int(i64::from(*is_true)),
        Value::Verbatim(_, text) => Value::Bulk(text.clone()),
        other => other.clone(),
    }
}

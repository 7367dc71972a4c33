//! How many rows are wanted, written into the statement instead of bound to it. PostgreSQL keeps a plan only if
//! it is no dearer than those for the very values, and a plan for any number of rows always is: so every
//! statement with a bound `LIMIT` was planned each time it ran, which costs as much as reading a page.

use sea_orm::{Statement, Value, Values};

/// The same statement with its limits in its text. Only limits are unsigned: no column is.
pub(super) fn written(mut statement: Statement) -> Statement {
    let Some(Values(values)) = &mut statement.values else { return statement };
    if values.iter().all(|value| limit(value).is_none()) {
        return statement;
    }
    let mut bound = 0;
    let place = |value: &Value| {
        limit(value).map_or_else(
            || {
                bound += 1;
                format!("${bound}")
            },
            |limit| limit.to_string(),
        )
    };
    let places: Vec<String> = values.iter().map(place).collect();
    values.retain(|value| limit(value).is_none());
    statement.sql = with_places(&statement.sql, &places);
    statement
}

const fn limit(value: &Value) -> Option<u64> {
    if let Value::BigUnsigned(limit) = value { *limit } else { None }
}

/// The text with the first of `places` for `$1`, the second for `$2` and so on; what is quoted stays.
fn with_places(sql: &str, places: &[String]) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut quote = None;
    let mut rest = sql;
    while let Some(at) = rest.find(['$', '\'', '"']) {
        let (before, found) = rest.split_at(at);
        let (sign, after) = found.split_at(1);
        text.push_str(before);
        rest = after;
        if quote.is_some() || sign != "$" {
            text.push_str(sign);
            quote = match quote {
                None => Some(sign),
                Some(open) if open == sign => None,
                open => open,
            };
            continue;
        }
        let digits = after.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(after.len());
        let place = after[..digits].parse::<usize>().ok();
        match place.and_then(|place| places.get(place.checked_sub(1)?)) {
            Some(place) => {
                text.push_str(place);
                rest = &after[digits..];
            }
            None => text.push_str(sign),
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use sea_orm::DbBackend;

    use super::*;

    #[test]
    fn limits_are_written_and_all_else_stays_bound() {
        let sql =
            "SELECT \"a$1\", '$2''$3' FROM (SELECT $1 LIMIT $2) UNION (SELECT $3 LIMIT $4) $10 $";
        let values: [Value; 4] = [7.into(), 51_u64.into(), "x".into(), 201_u64.into()];
        let statement = written(Statement::from_sql_and_values(DbBackend::Postgres, sql, values));
        assert_eq!(
            statement.sql,
            "SELECT \"a$1\", '$2''$3' FROM (SELECT $1 LIMIT 51) UNION (SELECT $2 LIMIT 201) $10 $"
        );
        assert_eq!(statement.values, Some(Values(vec![7.into(), "x".into()])));
    }
}

//! What a report says, in the one form that is hashed, and the receipt that proves it was said.

use serde::Serialize;

/// A report's content. As JSON in the canonical form of RFC 8785: members in order of name, no
/// spaces, whole numbers; so partners can recompute its SHA-256 from what they sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    /// The partner's own total of certificates issued up to the end of the period.
    pub cumulative_issued: u64,
    /// The lines in order of unit code.
    pub lines: Vec<ContentLine>,
    /// The partner's code.
    pub partner: String,
    /// The month, `2024-05`.
    pub period: String,
    /// Why an earlier statement is corrected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The statement that is corrected, like `VNPT/2024-05/1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<String>,
}

/// One commune's counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ContentLine {
    /// Issued for the first time.
    pub issued: u32,
    /// Renewed.
    pub renewed: u32,
    /// Revoked.
    pub revoked: u32,
    /// The commune's code on the period's boundaries.
    pub unit: String,
}

impl Content {
    /// The canonical text.
    #[must_use]
    pub fn canonical(mut self) -> String {
        self.lines.sort_by(|left, right| left.unit.cmp(&right.unit));
        // Plain structs of numbers and texts can always be written.
        serde_json::to_string(&self).unwrap_or_default()
    }
}

/// What the registry signs when it takes a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The number of the audit event that records the report.
    pub audit_position: i64,
    /// SHA-256 of the canonical content, in lower-case hexadecimal.
    pub content_sha256: String,
    /// When it was taken, in seconds since 1970.
    pub iat: i64,
    /// The partner's code.
    pub partner: String,
    /// The month, `2024-05`.
    pub period: String,
    /// The report, like `VNPT/2024-05/1`.
    pub report: String,
    /// Which statement about the month it is, from 1.
    pub revision: u32,
}

/// Whoever signs receipts; holds the key for as long as one report is being taken.
pub trait Notary: Send + Sync {
    /// The receipt as a JWS in compact form (RFC 7515); `None` if the key can't sign.
    fn attest(&self, receipt: &Receipt) -> Option<String>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_text_has_members_in_order_and_lines_by_unit() {
        let line = |unit: &str, issued| ContentLine {
            issued,
            renewed: 0,
            revoked: 1,
            unit: unit.to_owned(),
        };
        let content = Content {
            cumulative_issued: 53_210,
            lines: vec![line("31333", 2), line("31321", 1)],
            partner: "VNPT".into(),
            period: "2024-05".into(),
            reason: Some("đếm sót \"xã\"".into()),
            supersedes: None,
        };
        assert_eq!(
            content.canonical(),
            "{\"cumulativeIssued\":53210,\"lines\":[{\"issued\":1,\"renewed\":0,\"revoked\":1,\"unit\":\"31321\"},\
             {\"issued\":2,\"renewed\":0,\"revoked\":1,\"unit\":\"31333\"}],\"partner\":\"VNPT\",\"period\":\"2024-05\",\
             \"reason\":\"đếm sót \\\"xã\\\"\"}"
        );
    }
}

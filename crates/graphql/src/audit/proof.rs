//! Checkpoints and proofs, in the forms of C2SP and RFC 9162.

use async_graphql::{Object, SimpleObject};
use registry_domain::audit::Digest;
use registry_persistence as store;

use crate::access::{AccessScope, needs};
use crate::scalar::{DateTime, Total};

/// A signed checkpoint of the log (điểm kiểm tra đã ký).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::AuditRead]))]
pub(crate) struct AuditCheckpoint {
    /// How many events it is about (số sự kiện).
    size: Total,
    /// When it was signed (thời điểm ký).
    at: DateTime,
    /// The signed note (nội dung đã ký): origin, size, root, and signatures, as C2SP's
    /// tlog-checkpoint has it. Keep it: what it signs can be held against the log for ever.
    note: String,
}

impl From<store::AuditCheckpoint> for AuditCheckpoint {
    fn from(checkpoint: store::AuditCheckpoint) -> Self {
        let store::AuditCheckpoint { size, at, note } = checkpoint;
        Self { size: Total(size), at: DateTime(at), note }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct AuditInclusionProof(pub(crate) store::AuditInclusion);

/// A proof that a leaf is in a tree (bằng chứng có trong cây), as in RFC 9162, 2.1.3.
#[Object(directive = needs::apply(vec![AccessScope::AuditRead]))]
impl AuditInclusionProof {
    /// The place of the leaf (vị trí của lá), from 0.
    async fn index(&self) -> Total {
        Total(self.0.index)
    }

    /// The number of leaves of the tree (kích thước cây).
    async fn size(&self) -> Total {
        Total(self.0.size)
    }

    /// The leaf's hash in base64 (mã băm của lá).
    async fn leaf_hash(&self) -> String {
        self.0.leaf.to_base64()
    }

    /// The hashes beside the way up in base64 (các mã băm dọc đường), from the leaf's.
    async fn hashes(&self) -> Vec<String> {
        self.0.hashes.iter().copied().map(Digest::to_base64).collect()
    }
}

/// A proof that a tree begins with all of an earlier one (bằng chứng nhất quán), as in RFC 9162, 2.1.4.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::AuditRead]))]
pub(crate) struct AuditConsistencyProof {
    /// The size of the earlier tree (kích thước cây trước).
    pub(super) from: Total,
    /// The size of the later tree (kích thước cây sau).
    pub(super) to: Total,
    /// The hashes in base64 (các mã băm).
    pub(super) hashes: Vec<String>,
}

//! Trusted documents: the texts that a registry in trusted mode executes. Never changed, only added.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;

use registry_domain::time::Instant;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sha2::{Digest, Sha256};

use crate::entity::trusted_document::{Column, Entity, Model};
use crate::personal::hex;
use crate::writer::{Command, Row, Writer, bounded};
use crate::{Store, StoreError, WriteError};

/// The SHA-256 of a document's text, which is its name everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DocumentHash([u8; 32]);

/// The text was not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 hexadecimal digits / mã băm gồm 64 chữ số thập lục phân")]
pub struct NotADocumentHash;

impl DocumentHash {
    /// The hash of a text, byte for byte.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }
}

impl fmt::Display for DocumentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for DocumentHash {
    type Err = NotADocumentHash;

    fn from_str(text: &str) -> Result<Self, NotADocumentHash> {
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NotADocumentHash);
        }
        let mut hash = [0; 32];
        for (at, byte) in hash.iter_mut().enumerate() {
            let digits = text.get(2 * at..2 * at + 2).ok_or(NotADocumentHash)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| NotADocumentHash)?;
        }
        Ok(Self(hash))
    }
}

/// A document to be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDocument {
    /// What people call it.
    pub name: String,
    /// The text that clients send, byte for byte.
    pub text: String,
}

/// A document that is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedDocument {
    /// What clients call it.
    pub hash: DocumentHash,
    /// What people call it.
    pub name: String,
    /// The text.
    pub text: String,
    /// When it was added.
    pub added_at: Instant,
    /// By whom.
    pub added_by: String,
}

/// Adds documents. One that is there already stays as it is.
#[derive(Debug)]
pub struct AddDocuments(pub Vec<Row<NewDocument>>);

impl Command for AddDocuments {
    const ACTION: &'static str = "document.add";
    type Plan = HashMap<DocumentHash, NewDocument>;
    type Outcome = u64;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, _: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let documents =
            self.0.into_iter().map(|row| (DocumentHash::of(&row.value.text), row.value));
        Ok(documents.collect())
    }

    /// How many were not there before.
    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<u64, StoreError> {
        let mut rows: Vec<Model> = plan
            .into_iter()
            .map(|(hash, document)| Model {
                sha256: hash.to_string(),
                name: document.name,
                text: document.text,
                added_at: writer.now,
                added_by: writer.principal.actor().to_owned(),
            })
            .collect();
        let hashes = rows.iter().map(|row| row.sha256.as_str());
        let known: HashSet<String> = Entity::find()
            .select_only()
            .column(Column::Sha256)
            .filter(Column::Sha256.is_in(hashes))
            .into_tuple()
            .all(&writer.transaction)
            .await?
            .into_iter()
            .collect();
        rows.retain(|row| !known.contains(&row.sha256));
        writer.record::<Entity>(&rows).await?;
        Ok(rows.len() as u64)
    }
}

impl Store {
    /// All trusted documents, by name.
    pub async fn trusted_documents(&self) -> Result<Vec<TrustedDocument>, StoreError> {
        let rows = Entity::find().order_by_asc(Column::Name).order_by_asc(Column::Sha256);
        let rows = rows.all(&self.inner.connections.readers).await?;
        let documents = rows.into_iter().map(|row| {
            let hash = row
                .sha256
                .parse()
                .map_err(|_| StoreError::damaged("hash of a trusted document"))?;
            let Model { name, text, added_at, added_by, .. } = row;
            Ok(TrustedDocument { hash, name, text, added_at, added_by })
        });
        documents.collect()
    }
}

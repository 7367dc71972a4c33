//! The keys that sign tokens: every instance that has the data key can sign, and no private key
//! lies in clear anywhere.

use std::fmt;

use registry_domain::access::Scope;
use registry_domain::time::Instant;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use zeroize::Zeroizing;

use crate::entity::signing_key::{Column, Entity, Model};
use crate::writer::{Command, Writer};
use crate::{Reader, Store, StoreError, WriteError};

const PURPOSE: &str = "signing key";

/// The public half of a key and its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its name.
    pub kid: String,
    /// The public half.
    pub public: Vec<u8>,
    /// Since when it signs.
    pub created_at: Instant,
    /// Since when it signs no more, if it was followed by another.
    pub retired_at: Option<Instant>,
}

/// Both halves of a key.
#[derive(Clone)]
pub struct KeyPair {
    /// Its name.
    pub kid: String,
    /// The public half.
    pub public: Vec<u8>,
    /// The private half, in whatever form the signer reads.
    pub private: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// Lets a new key sign from now on.
#[derive(Debug)]
pub enum AddSigningKey {
    /// If no key signs yet.
    First(KeyPair),
    /// In place of the present one, which still verifies what it signed.
    Next(KeyPair),
}

impl Command for AddSigningKey {
    const ACTION: &'static str = "key.rotate";
    const CHANGES_STANDING: bool = true;
    type Plan = Option<KeyPair>;
    /// The name of the key that signs now.
    type Outcome = String;

    fn subjects(&self) -> usize {
        1
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        let active = writer.locking(active()).one(&writer.transaction).await?;
        Ok(match (self, active) {
            (Self::First(_), Some(_)) => None,
            (Self::First(key) | Self::Next(key), _) => Some(key),
        })
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let Some(key) = plan else {
            let active = active().one(&writer.transaction).await?;
            return active.map(|row| row.kid).ok_or_else(|| StoreError::damaged(PURPOSE));
        };
        let retired = Entity::update_many()
            .col_expr(Column::RetiredAt, Expr::value(writer.now))
            .filter(Column::RetiredAt.is_null());
        writer.update(retired).await?;
        let sealed = writer.sealer().seal_secret(PURPOSE, &key.kid, &key.private)?;
        let row = Model {
            kid: key.kid.clone(),
            public_key: key.public,
            sealed_private_key: sealed,
            created_at: writer.now,
            retired_at: None,
        };
        writer.record::<Entity>(&[row]).await?;
        Ok(key.kid)
    }
}

/// Two instances that start at once may each have made a first key: all use the same one of them.
fn active() -> sea_orm::Select<Entity> {
    Entity::find()
        .filter(Column::RetiredAt.is_null())
        .order_by_desc(Column::CreatedAt)
        .order_by_asc(Column::Kid)
}

impl Store {
    /// The key that signs now, both halves; none in a new registry. One that another instance retired
    /// may sign for as long as [`Store::standing`] is used.
    pub async fn signing_key(&self) -> Result<Option<KeyPair>, StoreError> {
        let standing = self.standing().await?;
        let Some(row) = &standing.signing else { return Ok(None) };
        let private = self.inner.sealer.open_secret(PURPOSE, &row.kid, &row.sealed_private_key)?;
        Ok(Some(KeyPair { kid: row.kid.clone(), public: row.public_key.clone(), private }))
    }
}

impl Reader {
    /// All keys, newest first. Needs `admin`.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.require(Scope::Admin)?;
        Ok(all(&self.connection).await?.into_iter().map(Into::into).collect())
    }
}

impl From<Model> for SigningKey {
    fn from(row: Model) -> Self {
        let Model { kid, public_key: public, created_at, retired_at, .. } = row;
        Self { kid, public, created_at, retired_at }
    }
}

/// All keys, newest first.
pub(crate) async fn all(connection: &impl ConnectionTrait) -> Result<Vec<Model>, StoreError> {
    let select = Entity::find().order_by_desc(Column::CreatedAt).order_by_asc(Column::Kid);
    Ok(select.all(connection).await?)
}

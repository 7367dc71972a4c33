//! `token`: one row per token that was issued here.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "token")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) jti: String,
    pub(crate) actor: String,
    pub(crate) role: String,
    pub(crate) scopes: String,
    pub(crate) partner: Option<String>,
    pub(crate) unit_id: Option<i32>,
    pub(crate) read_only: bool,
    pub(crate) issued_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) issued_by: String,
    pub(crate) revoked_at: Option<DateTime<Utc>>,
    pub(crate) revoked_by: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

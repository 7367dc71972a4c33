//! `trusted_document`: a text that is executed in trusted mode.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "trusted_document")]
pub(crate) struct Model {
    /// In hexadecimal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) sha256: String,
    pub(crate) name: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) text: String,
    pub(crate) added_at: DateTime<Utc>,
    pub(crate) added_by: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

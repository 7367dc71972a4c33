//! `certificate`: one row per single certificate. Its holder is a keyed hash.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "certificate")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) issuer: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) serial: String,
    pub(crate) partner: String,
    pub(crate) holder_hash: Vec<u8>,
    pub(crate) unit_id: i32,
    /// The month of the day of issue.
    pub(crate) month: i32,
    pub(crate) issued_on: Date,
    pub(crate) valid_from: Date,
    pub(crate) valid_until: Date,
    pub(crate) is_renewal: bool,
    /// Whether the certificate itself was sent and an authority's signature found on it.
    pub(crate) is_checked: bool,
    pub(crate) status: String,
    pub(crate) status_on: Date,
    pub(crate) registered_at: DateTime<Utc>,
    pub(crate) registered_by: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// `certificate_status_change`: one row per change after the registration.
pub(crate) mod status_change {
    use chrono::{DateTime, Utc};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "certificate_status_change")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) issuer: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) serial: String,
        /// The audit event that records the change.
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) event: i64,
        pub(crate) recorded_at: DateTime<Utc>,
        pub(crate) status: String,
        pub(crate) status_on: Date,
        #[sea_orm(column_type = "Text")]
        pub(crate) reason: String,
        pub(crate) actor: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

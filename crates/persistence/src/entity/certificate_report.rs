//! `certificate_report`: one row per statement of a partner about a month.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "certificate_report")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) partner: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) month: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) revision: i32,
    pub(crate) state: String,
    /// The partner's version at the newest change of this row.
    pub(crate) change: i64,
    pub(crate) submitted_at: DateTime<Utc>,
    pub(crate) submitted_by: String,
    pub(crate) cumulative_issued: i64,
    pub(crate) expected_issued: i64,
    pub(crate) issued: i64,
    pub(crate) renewed: i64,
    pub(crate) revoked: i64,
    pub(crate) line_count: i32,
    pub(crate) content_sha256: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) receipt: String,
    /// The revision that it corrects.
    pub(crate) supersedes: Option<i32>,
    #[sea_orm(column_type = "Text")]
    pub(crate) reason: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub(crate) signature: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub(crate) signed_body: Option<String>,
    pub(crate) accepted_at: Option<DateTime<Utc>>,
    pub(crate) ended_at: Option<DateTime<Utc>>,
    pub(crate) decided_at: Option<DateTime<Utc>>,
    pub(crate) decided_by: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub(crate) decision_reason: Option<String>,
    pub(crate) withdrawn_by: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub(crate) withdrawal_reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// `certificate_report_line`: the counts of one commune.
pub(crate) mod line {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "certificate_report_line")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) partner: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) month: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) revision: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) unit_id: i32,
        pub(crate) issued: i32,
        pub(crate) renewed: i32,
        pub(crate) revoked: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// `period_closing`: one row per closing of a period.
pub(crate) mod closing {
    use chrono::{DateTime, Utc};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "period_closing")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) month: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) closed_at: DateTime<Utc>,
        pub(crate) closed_by: String,
        pub(crate) reopened_at: Option<DateTime<Utc>>,
        pub(crate) reopened_by: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// `certificate_version`: how often something has changed what counts, by what has.
pub(crate) mod version {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "certificate_version")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) subject: String,
        pub(crate) version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

//! `institution`: one row per school or bank, its present state.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "institution")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) number: i32,
    pub(crate) kind: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) name: String,
    /// The name as it is searched and sorted by.
    #[sea_orm(column_type = "Text")]
    pub(crate) folded_name: String,
    pub(crate) hamlet_id: i32,
    pub(crate) opened_on: Date,
    pub(crate) closed_on: Option<Date>,
    pub(crate) effective_on: Date,
    pub(crate) version: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// `institution_version`: one row per change, the first being the registration.
pub(crate) mod version {
    use chrono::{DateTime, Utc};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "institution_version")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) number: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) version: i32,
        pub(crate) recorded_at: DateTime<Utc>,
        pub(crate) actor: String,
        pub(crate) effective_on: Date,
        pub(crate) hamlet_id: i32,
        #[sea_orm(column_type = "Text")]
        pub(crate) name: String,
        pub(crate) is_open: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// `institution_feature`: one row per criterion fulfilled or service offered, and first day. Only its
/// end is added later, once.
pub(crate) mod feature {
    use chrono::{DateTime, Utc};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "institution_feature")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) number: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) feature: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) valid_from: Date,
        pub(crate) valid_until: Option<Date>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(crate) evidence: Option<String>,
        pub(crate) recorded_at: DateTime<Utc>,
        pub(crate) recorded_by: String,
        pub(crate) ended_at: Option<DateTime<Utc>>,
        pub(crate) ended_by: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(crate) end_reason: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

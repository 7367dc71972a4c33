//! `community_team`: one row per team, its present state.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "community_team")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) number: i32,
    pub(crate) unit_id: i32,
    /// Whether the unit is a hamlet; else it is a commune.
    pub(crate) is_hamlet: bool,
    pub(crate) members: i16,
    pub(crate) founded_on: Date,
    pub(crate) dissolved_on: Option<Date>,
    pub(crate) effective_on: Date,
    pub(crate) version: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// `community_team_version`: one row per change of a team, the first being its registration.
pub(crate) mod version {
    use chrono::{DateTime, Utc};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "community_team_version")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) number: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) version: i32,
        pub(crate) recorded_at: DateTime<Utc>,
        pub(crate) actor: String,
        pub(crate) effective_on: Date,
        pub(crate) members: i16,
        pub(crate) dissolved_on: Option<Date>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// `team_activity`: one row per statement about a team's help; never changed but for when another
/// took its place.
pub(crate) mod activity {
    use chrono::{DateTime, Utc};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "team_activity")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) team: i32,
        /// Months since year 0.
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) month: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) hamlet_id: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) revision: i32,
        pub(crate) people: i32,
        pub(crate) recorded_at: DateTime<Utc>,
        pub(crate) actor: String,
        pub(crate) superseded_at: Option<DateTime<Utc>>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// `training_session`: one row per session; nothing of it changes but that it may be cancelled.
pub(crate) mod training {
    use chrono::{DateTime, Utc};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "training_session")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) number: i32,
        pub(crate) hamlet_id: i32,
        pub(crate) held_on: Date,
        pub(crate) topic: String,
        pub(crate) audience: String,
        pub(crate) attendees: i32,
        pub(crate) title: Option<String>,
        pub(crate) recorded_at: DateTime<Utc>,
        pub(crate) actor: String,
        pub(crate) cancelled_at: Option<DateTime<Utc>>,
        pub(crate) cancelled_by: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(crate) cancellation_reason: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

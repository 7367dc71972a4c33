//! The audit log: events, what they are about, the tree over them, its checkpoints and its key.

/// `audit_event`: one row per write, refused write and reading of personal data in clear.
pub(crate) mod event {
    use chrono::{DateTime, Utc};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_event")]
    pub(crate) struct Model {
        #[sea_orm(primary_key)]
        pub(crate) id: i32,
        pub(crate) recorded_at: DateTime<Utc>,
        pub(crate) actor: String,
        pub(crate) token: Option<String>,
        pub(crate) action: String,
        pub(crate) request_id: Option<String>,
        /// How many records the event is about.
        pub(crate) subjects: i32,
        /// What personal data was read for.
        pub(crate) purpose: Option<String>,
        /// Why nothing was written: rules and places, as JSON.
        pub(crate) refusal: Option<String>,
        /// The lines of what changed, packed.
        pub(crate) changes: Option<Vec<u8>>,
        pub(crate) changes_size: Option<i32>,
        /// The root of the tree over the lines.
        pub(crate) changes_root: Option<Vec<u8>>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {
        #[sea_orm(
            belongs_to = "super::place::Entity",
            from = "Column::Id",
            to = "super::place::Column::Event"
        )]
        Place,
        #[sea_orm(
            belongs_to = "super::waiting::Entity",
            from = "Column::Id",
            to = "super::waiting::Column::Event"
        )]
        Waiting,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// `audit_waiting`: events that were written and have no place yet.
pub(crate) mod waiting {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_waiting")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) event: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// `audit_place`: which event has a place in the log, and what else events are looked for by.
pub(crate) mod place {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_place")]
    pub(crate) struct Model {
        /// From 0, without a gap.
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) sequence: i64,
        pub(crate) event: i32,
        pub(crate) actor: String,
        pub(crate) action: String,
        pub(crate) token: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// `audit_mention`: which events are about a record, a unit or a period.
pub(crate) mod mention {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_mention")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) subject: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) sequence: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// `audit_tile`: the hashes of the tree, 256 of one level a row.
pub(crate) mod tile {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_tile")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) level: i16,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) place: i64,
        pub(crate) hashes: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// `audit_checkpoint`: signed notes about the tree, by its size.
pub(crate) mod checkpoint {
    use chrono::{DateTime, Utc};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_checkpoint")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) size: i64,
        pub(crate) recorded_at: DateTime<Utc>,
        #[sea_orm(column_type = "Text")]
        pub(crate) note: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// `log_key`: the one key that signs checkpoints.
pub(crate) mod log_key {
    use chrono::{DateTime, Utc};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "log_key")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: i32,
        #[sea_orm(column_type = "Text")]
        pub(crate) verifier: String,
        /// Sealed.
        pub(crate) sealed_signer: Vec<u8>,
        pub(crate) recorded_at: DateTime<Utc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

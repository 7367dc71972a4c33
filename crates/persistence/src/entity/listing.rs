//! `listing`: a product on a marketplace; its states and its monthly sales.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "listing")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) number: i32,
    pub(crate) product: i32,
    pub(crate) marketplace: String,
    pub(crate) url: String,
    pub(crate) price: i64,
    pub(crate) shown_stars: Option<i16>,
    pub(crate) status: String,
    pub(crate) listed_on: Date,
    pub(crate) effective_on: Date,
    pub(crate) version: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// `listing_version`.
pub(crate) mod version {
    use chrono::{DateTime, Utc};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "listing_version")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) number: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) version: i32,
        pub(crate) recorded_at: DateTime<Utc>,
        pub(crate) actor: String,
        pub(crate) price: i64,
        pub(crate) status: String,
        pub(crate) effective_on: Date,
        #[sea_orm(column_type = "Text", nullable)]
        pub(crate) reason: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// `listing_sales`: what was sold in a month, one row per correction; the one that counts is not superseded.
pub(crate) mod sales {
    use chrono::{DateTime, Utc};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "listing_sales")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) listing: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) month: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) revision: i32,
        pub(crate) orders: i32,
        pub(crate) items: i32,
        pub(crate) revenue: i64,
        pub(crate) recorded_at: DateTime<Utc>,
        pub(crate) actor: String,
        pub(crate) superseded_at: Option<DateTime<Utc>>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

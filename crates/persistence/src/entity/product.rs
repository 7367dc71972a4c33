//! `product`: what is sold, with its newest rating; its states, ratings and words.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) number: i32,
    pub(crate) seller: i32,
    pub(crate) name: String,
    pub(crate) folded_name: String,
    pub(crate) name_words: i32,
    pub(crate) category: String,
    pub(crate) registered_on: Date,
    pub(crate) stars: Option<i16>,
    pub(crate) decided_on: Option<Date>,
    pub(crate) expires_on: Option<Date>,
    pub(crate) decision: Option<String>,
    pub(crate) version: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// `product_version`.
pub(crate) mod version {
    use chrono::{DateTime, Utc};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "product_version")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) number: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) version: i32,
        pub(crate) recorded_at: DateTime<Utc>,
        pub(crate) actor: String,
        pub(crate) name: String,
        pub(crate) category: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// `product_rating`: one row per decision.
pub(crate) mod rating {
    use chrono::{DateTime, Utc};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "product_rating")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) product: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) decided_on: Date,
        pub(crate) stars: i16,
        pub(crate) expires_on: Date,
        pub(crate) decision: String,
        pub(crate) recorded_at: DateTime<Utc>,
        pub(crate) actor: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// `product_word`: the words that a product is found by.
pub(crate) mod word {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "product_word")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) word: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) product: i32,
        pub(crate) weight: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

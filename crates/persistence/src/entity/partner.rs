//! Partners, their public keys and authorities, and what they have shown already.

/// `partner`: one row per partner.
pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "partner")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) code: String,
        pub(crate) name: String,
        pub(crate) suspended: bool,
        pub(crate) agreement_reference: Option<String>,
        pub(crate) agreed_from: Option<Date>,
        pub(crate) agreed_until: Option<Date>,
        pub(crate) signatures_required: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// `partner_key`: the public keys that a partner signs its assertions with.
pub(crate) mod key {
    use chrono::{DateTime, Utc};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "partner_key")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) partner: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) kid: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) jwk: String,
        pub(crate) added_at: DateTime<Utc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// `partner_authority`: the authorities that a partner's certificates may be signed by.
pub(crate) mod authority {
    use chrono::{DateTime, Utc};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "partner_authority")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) partner: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) place: i32,
        pub(crate) der: Vec<u8>,
        pub(crate) added_at: DateTime<Utc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// `client_assertion`: assertions that were redeemed and have not expired.
pub(crate) mod assertion {
    use chrono::{DateTime, Utc};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "client_assertion")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) partner: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) jti: String,
        pub(crate) expires_at: DateTime<Utc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

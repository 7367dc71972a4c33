//! Full-text search of products: the words they are found by, and the statement that ranks them.
//!
//! An index of words in plain SQL instead of each engine's own full-text search: ranks are whole
//! numbers that both engines compute alike, and PostgreSQL needs no extension.

use registry_domain::search::{SearchText, weighted_words};
use sea_orm::sea_query::{
    Asterisk, Expr, ExprTrait, Func, JoinType, Query, SelectStatement, SimpleExpr, UnionType,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::entity::product::{Column, Entity, Model, word};
use crate::entity::seller::Model as Seller;
use crate::page::begins_word;
use crate::writer::Writer;
use crate::{StoreError, bulk};

/// The subquery of found products.
const HITS: &str = "hits";

/// Writes the words of a product, in place of those before; with its seller's name.
pub(super) async fn index(
    writer: &Writer,
    product: &Model,
    seller: &str,
) -> Result<(), StoreError> {
    word::Entity::delete_many()
        .filter(word::Column::Product.eq(product.number))
        .exec(&writer.transaction)
        .await?;
    index_new(writer, &[(product, seller)]).await
}

/// Writes the words of products that have none.
pub(super) async fn index_new(
    writer: &Writer,
    products: &[(&Model, &str)],
) -> Result<(), StoreError> {
    let words = products.iter().flat_map(|(product, seller)| {
        let words = weighted_words(&product.name, seller).into_iter();
        words.map(|(word, weight)| word::Model {
            word,
            product: product.number,
            weight: weight as i32,
        })
    });
    bulk::insert::<word::Entity>(&writer.transaction, &words.collect::<Vec<_>>(), "").await
}

/// Writes the words of a seller's products anew, however many there are.
pub(super) async fn index_seller(writer: &Writer, seller: &Seller) -> Result<(), StoreError> {
    let own = Query::select()
        .column(Column::Number)
        .from(Entity)
        .and_where(Expr::col(Column::Seller).eq(seller.number))
        .to_owned();
    word::Entity::delete_many()
        .filter(Expr::col(word::Column::Product).in_subquery(own))
        .exec(&writer.transaction)
        .await?;
    let products = Entity::find().filter(Column::Seller.eq(seller.number));
    let products = products.all(&writer.transaction).await?;
    let named: Vec<_> = products.iter().map(|product| (product, seller.name.as_str())).collect();
    index_new(writer, &named).await
}

/// Joins `select`, which has the table of products, with those that are found.
pub(super) fn join_hits(select: &mut SelectStatement, search: &SearchText) {
    let found = Expr::col((HITS, "product")).equals((Entity, Column::Number));
    select.join_subquery(JoinType::InnerJoin, hits(search), HITS, found);
}

/// How far a found product is from what was typed: smaller is better. Hits count before the length
/// of the name.
pub(super) fn distance(search: &SearchText) -> SimpleExpr {
    let in_order = begins_word(&Expr::col((Entity, Column::FoldedName)), &search.phrase());
    let bonus: SimpleExpr = Expr::case(in_order, SearchText::PHRASE).finally(0).into();
    let score = Expr::col((HITS, "score")).add(bonus);
    Expr::col((Entity, Column::NameWords)).sub(score.mul(1_000))
}

/// The products of which every word typed begins a word, each with the sum of what they count for.
fn hits(search: &SearchText) -> SelectStatement {
    let mut parts = search.words().iter().map(|typed| best(typed));
    let mut terms = parts.next().unwrap_or_default();
    for part in parts {
        terms.union(UnionType::All, part);
    }
    let words = i64::try_from(search.words().len()).unwrap_or_default();
    Query::select()
        .column("product")
        .expr_as(Func::sum(Expr::col("best")), "score")
        .from_subquery(terms, "terms")
        .group_by_col("product")
        .and_having(Expr::col(Asterisk).count().eq(words))
        .to_owned()
}

/// What one word typed counts for, by product.
fn best(typed: &str) -> SelectStatement {
    use word::Column::{Product, Weight, Word};
    let whole = Expr::case(Expr::col(Word).eq(typed), Expr::col(Weight).mul(2));
    let counts: SimpleExpr = whole.finally(Expr::col(Weight)).into();
    Query::select()
        .column(Product)
        .expr_as(Func::max(counts), "best")
        .from(word::Entity)
        .and_where(Expr::col(Word).gte(typed))
        .and_where(Expr::col(Word).lt(format!("{typed}\u{10FFFF}")))
        .group_by_col(Product)
        .to_owned()
}

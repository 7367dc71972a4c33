-- $1 words, $2 the same joined by blanks, $3 today
WITH found AS (
    SELECT product, sum(best) AS score
    FROM (
        SELECT typed.word, product_word.product,
            max(product_word.weight * CASE WHEN product_word.word = typed.word THEN 2 ELSE 1 END) AS best
        FROM unnest($1::text[]) AS typed (word)
        JOIN product_word ON product_word.word >= typed.word COLLATE "C"
            AND product_word.word < typed.word || U&'\+10FFFF' COLLATE "C"
        GROUP BY typed.word, product_word.product
    ) AS matched
    GROUP BY product
    HAVING count(*) = cardinality($1)
), listed AS MATERIALIZED (
    SELECT listing.number, listing.price, listing.marketplace, product.name, product.category,
        seller.name AS seller, seller.hamlet_id,
        CASE WHEN product.expires_on > $3 THEN product.stars END AS stars,
        product.name_words - 1000 * (found.score + CASE
            WHEN product.folded_name LIKE $2 || '%' OR product.folded_name LIKE '% ' || $2 || '%' THEN 16
            ELSE 0
        END) AS distance
    FROM found
    JOIN product ON product.number = found.product
    JOIN listing ON listing.product = product.number
    JOIN seller ON seller.number = product.seller
    WHERE listing.status = 'ACTIVE'
)
SELECT json_build_object('listings', json_build_object(
    'totalCount', (SELECT count(*) FROM listed),
    'nodes', (
        SELECT coalesce(json_agg(json_build_object(
            'code', registry_code('LS', page.number),
            'priceVnd', page.price,
            'product', json_build_object('name', page.name, 'category', page.category),
            'seller', json_build_object('name', page.seller),
            'marketplace', json_build_object('code', page.marketplace, 'name', marketplace.name)
        ) ORDER BY page.distance, page.number), '[]')
        FROM (SELECT * FROM listed ORDER BY distance, number LIMIT 50) AS page
        JOIN marketplace ON marketplace.code = page.marketplace
    ),
    'facets', json_build_object(
        'marketplace', (
            SELECT coalesce(json_agg(json_build_object(
                'marketplace', json_build_object('code', marketplace), 'count', count
            ) ORDER BY count DESC, marketplace COLLATE "C"), '[]')
            FROM (SELECT marketplace, count(*) FROM listed GROUP BY marketplace) AS kind
        ),
        'category', (
            SELECT coalesce(json_agg(json_build_object('category', category, 'count', count)
                ORDER BY count DESC, array_position(ARRAY['FRESH_FOOD', 'RAW_FOOD', 'PROCESSED_FOOD',
                    'SEASONING', 'DRINK', 'HERBAL', 'HANDICRAFT', 'ORNAMENTAL', 'TOURISM'], category)), '[]')
            FROM (SELECT category::text, count(*) FROM listed GROUP BY category) AS kind
        ),
        'stars', (
            SELECT coalesce(json_agg(json_build_object('stars', stars, 'count', count)
                ORDER BY stars DESC NULLS LAST), '[]')
            FROM (SELECT stars, count(*) FROM listed GROUP BY stars) AS kind
        ),
        'unit', (
            SELECT coalesce(json_agg(json_build_object(
                'unit', json_build_object('name', name), 'count', count
            ) ORDER BY count DESC, place), '[]')
            FROM (
                SELECT commune.name, commune.place, count(*)
                FROM listed
                JOIN unit_parentage within ON within.unit_id = listed.hamlet_id AND within.valid_until IS NULL
                JOIN unit commune ON commune.id = within.parent_id
                GROUP BY commune.id
            ) AS kind
        )
    )
))::text
